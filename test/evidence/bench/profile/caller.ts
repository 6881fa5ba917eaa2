/**
 * The process that asks: callers of one client, in a closed loop, as it is told. A process of its own, so that its profile
 * is the client's and nothing else's.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../../../src/client/index.ts';
import { closedLoop } from '../../closed-loop.ts';
import { keyOf, LOAD_KEYS, VALUE_BYTES } from '../rivals/rival.ts';
import type { Order, Word } from './load.ts';

const VALUE = new Uint8Array(VALUE_BYTES).fill(0x61);
const WARM_UP_MS = 3_000;
const client = connect({ endpoints: process.argv.slice(2), timeoutMs: 10_000 });

async function carryOut({ ask, callers, seconds }: Order): Promise<void> {
  const call = (caller: number, time: number): Promise<unknown> => {
    const key = keyOf((caller + time * callers) % LOAD_KEYS);
    return ask === 'put' ? client.put(key, VALUE) : client.get(key);
  };
  await closedLoop(callers, call, pause(WARM_UP_MS));
  const over = pause(seconds * 1_000);
  say('begun');
  say(await closedLoop(callers, call, over));
}

function say(word: Word): void {
  process.send?.(word);
}

process.on('message', (order: Order) => void carryOut(order));
process.once('disconnect', () => void client.close().then(() => process.exit(0)));
