/** What locks, elections and registrations take of a client: leases, transactions, ranges and watches, and nothing else. */
import type { PutResult, TxnResult } from '../../kv/commands/results.ts';
import type { ConnectionClock } from '../../ports/clock.ts';
import type { Lease } from '../leases/lease.ts';
import { OWN_KEYS_FOLLOWED_MAX } from '../limits.ts';
import { onAbort } from '../on-abort.ts';
import {
  type Bytes,
  type CallOptions,
  expectWholeCharacters,
  type LeaseOptions,
  type PutOptions,
  type RangeQuery,
  type TxnInput,
  type WatchQuery,
} from '../values/client-input.ts';
import type { RangeAnswer } from '../values/reply-reading.ts';
import type { Watch } from '../watching/watch.ts';
import { Turns } from './turns.ts';

export interface CoordinatedStore {
  grantLease(asked: LeaseOptions): Promise<Lease>;
  put(key: Bytes, value: Bytes, options?: PutOptions): Promise<PutResult>;
  txn(txn: TxnInput, options?: CallOptions): Promise<TxnResult>;
  range(query: RangeQuery): Promise<RangeAnswer>;
  watch(query: WatchQuery): Watch;
  /** Resolves after so many milliseconds, or as soon as the signal is aborted. */
  pause(ms: number, signal: AbortSignal): Promise<void>;
  /** Of the keys that stand for what is held, so many are watched at a time. */
  readonly followedKeys: Turns;
}

export interface ObserveOptions {
  /** Ends the iteration. */
  readonly signal?: AbortSignal;
}

export function storeOf(
  client: Omit<CoordinatedStore, 'pause' | 'followedKeys'>,
  clock: Pick<ConnectionClock, 'setIdleTimeout' | 'clearTimeout'>,
): CoordinatedStore {
  return {
    followedKeys: new Turns(OWN_KEYS_FOLLOWED_MAX),
    grantLease: (asked) => client.grantLease(asked),
    put: (key, value, options) => client.put(key, value, options),
    txn: (txn, options) => client.txn(txn, options),
    range: (query) => client.range(query),
    watch: (query) => client.watch(query),
    pause: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const over = (): void => {
          clock.clearTimeout(timer);
          release();
          resolve();
        };
        const timer = clock.setIdleTimeout(over, ms);
        const release = onAbort(signal, over);
      }),
  };
}

/** What is iterated ends with the loop, or with the caller's signal, also while it waits. */
export function whileIterated<Item>(
  begin: (ended: AbortSignal) => AsyncGenerator<Item, void, undefined>,
  signal: AbortSignal | undefined,
): AsyncIterableIterator<Item> {
  const left = new AbortController();
  const ended = signal === undefined ? left.signal : AbortSignal.any([signal, left.signal]);
  const items = begin(ended);
  const over = { done: true, value: undefined } as const;
  return {
    next: () =>
      items.next().catch((error: unknown) => {
        if (ended.aborted) return over;
        throw error;
      }),
    return: async () => {
      left.abort();
      await items.return();
      return over;
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

/** No name is the beginning of another: a slash within it is written otherwise. Throws a `TypeError` for what is no name (EM17). */
export function prefixOf(kind: 'locks' | 'elections' | 'services', name: string): string {
  return `raftchart/${kind}/${segmentOf('a lock, an election or a service needs a name', name)}/`;
}

/** Text without a slash. Whoever names nothing by mistake would share `undefined` with all who do likewise. */
export function segmentOf(wanted: string, name: unknown): string {
  if (typeof name !== 'string' || name === '') throw new TypeError(`${wanted}, which is text`);
  expectWholeCharacters('a name or an address', name);
  return encodeURIComponent(name);
}
