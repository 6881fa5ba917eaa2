/**
 * A program that takes a lock of the client library again and again, and writes under its number while it holds it: each such write must
 * find its place the first of all in line (P08), as the history of the store tells it.
 */
import type { Lock } from '../../../client/coordination/lock.ts';
import type { KvClient } from '../../../client/kv-client.ts';
import { RaftError } from '../../../core/errors.ts';
import type { WatchRevision } from '../../../kv/watching/watch-event.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { World } from '../world/world.ts';

interface LockCallerOptions {
  readonly world: World;
  readonly number: number;
  readonly random: SeededRandom;
  readonly client: KvClient;
  readonly process: SimulatedProcess;
  readonly ttlMs: number;
  /** The average pause between two deeds, in milliseconds. */
  readonly pauseMs: number;
}

const LOCK = 'held';
const LINE = `raftchart/locks/${LOCK}/`;
const WRITTEN = 'lock-caller/fencing';
/** Bound: writes of one holder. */
const WRITES_MAX = 6;

const decoder = new TextDecoder();

export class LockCaller {
  readonly #options: LockCallerOptions;
  #ended = new AbortController();
  #isActive = false;
  #endPause: () => void = () => {};

  constructor(options: LockCallerOptions) {
    this.#options = options;
    this.#ended.abort();
  }

  get isIdle(): boolean {
    return !this.#isActive;
  }

  start(): void {
    if (this.#isActive) return;
    this.#ended = new AbortController();
    void this.#live(this.#ended.signal);
  }

  /** Gives back what it holds, and waits no longer. */
  stop(): void {
    this.#ended.abort();
    this.#endPause();
    this.#options.world.letPromisesRun();
  }

  async #live(ended: AbortSignal): Promise<void> {
    this.#isActive = true;
    while (!ended.aborted) {
      await this.#pause();
      if (!ended.aborted) await this.#holdOnce(ended);
    }
    this.#isActive = false;
  }

  async #holdOnce(signal: AbortSignal): Promise<void> {
    const { client, random, ttlMs } = this.#options;
    try {
      await using lock = await client.lock(LOCK, { ttlMs, signal });
      this.#note('holds the lock', lock.fencing);
      for (let left = random.integer(1, WRITES_MAX); left > 0; left -= 1) {
        await this.#pause();
        if (signal.aborted) return;
        if (lock.lost.aborted || !(await this.#write(client, lock)))
          return this.#note('has lost it', lock.fencing);
      }
    } catch (error) {
      if (!(error instanceof RaftError)) throw error;
      this.#note('is told', error.code);
    }
  }

  /** False: it holds it no more. */
  async #write(client: KvClient, { fencing, key }: Lock): Promise<boolean> {
    const { succeeded } = await client.txn({
      compare: [{ key, target: 'createRevision', operator: '=', value: fencing }],
      success: [{ type: 'put', key: WRITTEN, value: `${fencing}` }],
    });
    if (succeeded) this.#options.world.sometimes.note('a holder of a lock writes under its number');
    return succeeded;
  }

  /** Until it is over, or the caller is to stop: while it holds a lock its lease is renewed. */
  #pause(): Promise<void> {
    const { pauseMs, process, random, world } = this.#options;
    return new Promise((resolve) => {
      this.#endPause = resolve;
      process.clock.setTimeout(() => {
        resolve();
        world.letPromisesRun();
      }, random.exponential(pauseMs));
    });
  }

  #note(what: string, data: unknown): void {
    const { number, world } = this.#options;
    if (world.trace.isRecording) world.note(`c${number}`, `${what} ${plainText(data)}`);
  }
}

/** What is wrong with the writes of holders, in words; `null`: each was the first in line, and no number fell. */
export function faultOfLocks(revisions: Iterable<WatchRevision>): string | null {
  /** The revision that created each place. */
  const line = new Map<string, number>();
  let highest = 0;
  for (const { revision, events } of revisions) {
    for (const event of events) {
      const key = decoder.decode(event.key);
      if (key.startsWith(LINE)) {
        if (event.type === 'delete') line.delete(key);
        else line.set(key, event.createRevision);
      }
      if (key !== WRITTEN || event.type === 'delete') continue;
      const fencing = Number(decoder.decode(event.value));
      const first = Math.min(...line.values());
      if (fencing !== first)
        return `revision ${revision} is written by ${fencing}, and ${first} is first in line`;
      if (fencing < highest)
        return `revision ${revision} is written by ${fencing}, after ${highest}`;
      highest = fencing;
    }
  }
  return null;
}
