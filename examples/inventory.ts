/**
 * A shop that must not sell one order twice, as its programmer wrote it first, and as it should be. In calm weather
 * both are right. A caller that hears nothing repeats its order, though, and the first attempt may have been
 * carried out: `forgetful` then sells again, `careful` answers as it did before.
 */
import { defineMachine } from 'raftchart';
import {
  type Judge,
  type MachineAnswer,
  type MachineCall,
  machineSubject,
} from 'raftchart/testing';

const STOCK = 10_000;

interface Order {
  readonly id: string;
  readonly count: number;
}

interface Shop {
  stock: number;
  /** What was left after each order, by its id. */
  readonly orders: Map<string, number>;
}

const initial = (): Shop => ({ stock: STOCK, orders: new Map() });
const queries = { stock: (shop: Shop): number => shop.stock };

function sell(shop: Shop, { id, count }: Order): number {
  if (shop.stock < count) throw new Error('sold out');
  shop.stock -= count;
  shop.orders.set(id, shop.stock);
  return shop.stock;
}

export const forgetful = defineMachine({ initial, commands: { order: sell }, queries });

export const careful = defineMachine({
  initial,
  commands: { order: (shop, order: Order) => shop.orders.get(order.id) ?? sell(shop, order) },
  queries,
});

type Call = MachineCall<typeof careful.commands, typeof queries>;
type Answer = MachineAnswer<typeof careful.commands, typeof queries>;

/** No answer may show fewer in stock than are left when every order placed by then is sold once. */
const sellsOnce: Judge<Call, Answer> = (history) => {
  for (const { output, returnedAt } of history) {
    if (output === null || !output.ok || returnedAt === null) continue;
    const placed = new Map<string, number>();
    for (const { input, calledAt } of history) {
      if (input.type === 'command' && calledAt < returnedAt)
        placed.set(input.input.id, input.input.count);
    }
    const left = [...placed.values()].reduce((stock, count) => stock - count, STOCK);
    if (output.value >= left) continue;
    const fault = `${output.value} are in stock, and ${left} are left when each order is sold once`;
    return { fault, isDecided: true };
  }
  return { fault: null, isDecided: true };
};

/** Clients order, look at the stock now and then, and repeat an order whose outcome they do not know. */
export const shopOf = (machine: typeof careful) =>
  machineSubject({
    machine,
    draw: (random, { client, sequence }, previous) => {
      if (previous?.type === 'unknown') return previous.input;
      if (random.chance(0.3)) return { type: 'query', name: 'stock' };
      const order = { id: `${client}.${sequence}`, count: random.integer(1, 3) };
      return { type: 'command', name: 'order', input: order };
    },
    judge: sellsOnce,
  });
