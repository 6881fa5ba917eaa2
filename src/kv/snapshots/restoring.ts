/**
 * Reads a snapshot into a store, chunk by chunk, in turns of the event loop: so much time and so many records in each, so
 * that a node whose state is replaced goes on to answer (KV26). Without a clock there are no turns.
 */
import { APPLY_SLICE_MS } from '../../core/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { KeyIndexOptions } from '../keys/key-index.ts';
import { RESTORE_RECORDS_AT_ONCE, RESTORE_RECORDS_MAX } from '../limits.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import { StoreRestore } from './store-restore.ts';

interface RestoringOptions {
  readonly clock: Pick<Clock, 'now' | 'yield'> | null;
  readonly index: KeyIndexOptions;
}

/** Throws `RAFT_STATE_MACHINE_FAILED` for what is no whole snapshot. */
export async function restoredStore(
  chunks: AsyncIterable<Uint8Array>,
  { clock, index }: RestoringOptions,
): Promise<MvccStore> {
  const restore = new StoreRestore(index);
  const turns = clock === null ? null : new Turns(clock);
  for await (const chunk of chunks) {
    restore.begin(chunk);
    while (restore.takeSome(RESTORE_RECORDS_AT_ONCE)) {
      if (turns?.isOver() === true) await turns.next();
    }
    if (turns?.isOver() === true) await turns.next();
  }
  return restore.finish();
}

class Turns {
  readonly #clock: Pick<Clock, 'now' | 'yield'>;
  #endsMs = 0;
  #left = 0;

  constructor(clock: Pick<Clock, 'now' | 'yield'>) {
    this.#clock = clock;
    this.#begin();
  }

  /** Asked after each handful of records. */
  isOver(): boolean {
    this.#left -= RESTORE_RECORDS_AT_ONCE;
    return this.#left <= 0 || this.#clock.now() >= this.#endsMs;
  }

  next(): Promise<void> {
    return new Promise((resolve) =>
      this.#clock.yield(() => {
        this.#begin();
        resolve();
      }),
    );
  }

  #begin(): void {
    this.#left = RESTORE_RECORDS_MAX;
    this.#endsMs = this.#clock.now() + APPLY_SLICE_MS;
  }
}
