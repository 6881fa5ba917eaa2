/** What is left of snapshots that nobody needs, as the keys that leave the disk with it, a batch at a time (SN2). */
import type { DatabaseChange } from '../disk/database.ts';
import { SWEPT_RUNS_MAX } from '../limits.ts';
import { RECORD_KIND } from '../records/record.ts';
import { keyInSnapshot } from './snapshot-records.ts';

/** Keys of one snapshot, in the order in which they go. */
export type Remains = readonly Uint8Array[];

/** The end goes first: what is cut short here is no snapshot any more. */
export function remainsOf(number: number, chunkKeys: readonly Uint8Array[]): Remains {
  const end = keyInSnapshot(RECORD_KIND.snapshotEnd, number);
  const head = keyInSnapshot(RECORD_KIND.snapshotHead, number);
  return [end, ...chunkKeys, head];
}

/** Of the chunks in `[from, to)`. */
export function chunkKeys(number: number, from: number, to: number): readonly Uint8Array[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, at) => keyOfChunk(number, from + at));
}

export function keyOfChunk(number: number, place: number): Uint8Array {
  return keyInSnapshot(RECORD_KIND.snapshotChunk, number, place);
}

/** Bound: so many keys in a batch. */
export function* deletionsOf(keys: Remains): Generator<readonly DatabaseChange[], void, undefined> {
  for (let from = 0; from < keys.length; from += SWEPT_RUNS_MAX) {
    const batch = keys.slice(from, from + SWEPT_RUNS_MAX);
    yield batch.map((key) => ({ type: 'del', key }) as const);
  }
}

/** Takes them off the disk, one after the other. A failure has stopped the store by then. */
export class Sweeper {
  readonly #write: (changes: readonly DatabaseChange[]) => Promise<void>;
  readonly #mayGoOn: () => boolean;
  #remains: Remains[] = [];
  #isSweeping = false;

  constructor(
    write: (changes: readonly DatabaseChange[]) => Promise<void>,
    mayGoOn: () => boolean,
  ) {
    this.#write = write;
    this.#mayGoOn = mayGoOn;
  }

  add(...remains: readonly Remains[]): void {
    this.#remains.push(...remains);
    this.#sweep();
  }

  #sweep(): void {
    if (this.#isSweeping || this.#remains.length === 0 || !this.#mayGoOn()) return;
    this.#isSweeping = true;
    const swept = (): void => {
      this.#isSweeping = false;
      this.#sweep();
    };
    this.#removeAll().then(swept, swept);
  }

  async #removeAll(): Promise<void> {
    for (;;) {
      const [remains] = this.#remains;
      if (remains === undefined) return;
      for (const batch of deletionsOf(remains)) await this.#write(batch);
      this.#remains.shift();
    }
  }
}
