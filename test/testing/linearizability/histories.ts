/** Short ways to write a history down, and long ones to check the effort with. */
import type {
  KeyValueInput,
  KeyValueOutput,
} from '../../../src/testing/linearizability/models/key-value.ts';
import type {
  RegisterInput,
  RegisterOutput,
} from '../../../src/testing/linearizability/models/register.ts';
import type { Operation } from '../../../src/testing/linearizability/operation.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';

export type RegisterOperation = Operation<RegisterInput, RegisterOutput>;
export type KeyValueOperation = Operation<KeyValueInput, KeyValueOutput>;

/** The positions of a call and its return, or of a call whose outcome is unknown. */
export type Span = readonly [number, number] | readonly [number];

/** An operation by itself: its client is named after its call. */
export function operation<Input, Output>(
  [calledAt, returnedAt]: Span,
  input: Input,
  output: Output,
): Operation<Input, Output> {
  const isUnknown = returnedAt === undefined;
  const base = { client: `c${calledAt}`, input, calledAt };
  return isUnknown ? { ...base, output: null, returnedAt: null } : { ...base, output, returnedAt };
}

export function write(value: string, span: Span): RegisterOperation {
  return operation<RegisterInput, RegisterOutput>(span, { type: 'write', value }, { type: 'done' });
}

export function read(value: string | null, span: Span): RegisterOperation {
  return operation<RegisterInput, RegisterOutput>(span, { type: 'read' }, { type: 'value', value });
}

interface StoreOptions {
  readonly seed: string;
  readonly operations: number;
  readonly clients: number;
  readonly keys: number;
  /** The share of writes with an unknown outcome, in `[0, 1]`; half of those take effect, sooner or later. */
  readonly unknown: number;
}

/** What clients would have seen of a store that works: every value is written once. */
export function storeHistory(options: StoreOptions): readonly KeyValueOperation[] {
  const random = new SeededRandom(options.seed);
  const store = new Map<string, string>();
  const late: KeyValueInput[] = [];
  const history: KeyValueOperation[] = [];
  const freeFrom = new Array<number>(options.clients).fill(0);
  let instant = 0;
  for (let at = 1; at <= options.operations; at += 1) {
    const isFreeFrom = Math.min(...freeFrom);
    const client = freeFrom.indexOf(isFreeFrom);
    instant = Math.max(instant + 100, isFreeFrom + 2);
    const calledAt = Math.max(isFreeFrom + 1, instant - random.integer(1, 400));
    const returnedAt = instant + random.integer(1, 100 * options.clients);
    const input = storeInput(random, at, options.keys);
    const isUnknown = input.type === 'put' && random.chance(options.unknown);
    freeFrom[client] = returnedAt;
    if (isUnknown && random.chance(0.5)) late.push(input);
    const output = isUnknown ? null : take(store, input);
    history.push({ client, input, output, calledAt, returnedAt });
    if (late.length > 0 && random.chance(0.2)) take(store, late.shift() ?? input);
  }
  return history;
}

function storeInput(random: SeededRandom, at: number, keys: number): KeyValueInput {
  const key = `key ${random.integer(1, keys)}`;
  return random.chance(0.5) ? { type: 'get', key } : { type: 'put', key, value: `value ${at}` };
}

function take(store: Map<string, string>, input: KeyValueInput): KeyValueOutput {
  if (input.type === 'put') store.set(input.key, input.value);
  if (input.type === 'put') return { type: 'done', changed: true };
  return { type: 'value', value: store.get(input.key) ?? null };
}
