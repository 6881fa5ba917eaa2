/**
 * When the memory that compaction made unreachable is freed (KV21): in turns of the event loop of its own, a little in
 * each, never between a command and its answer. How much is freed shows nowhere (KV12). Without a clock, as in tests of
 * the store alone, it is a part of each batch.
 */
import type { Clock } from '../../ports/clock.ts';
import { PRUNE_SLICE_MS, PRUNE_STEPS_AT_ONCE, PRUNE_STEPS_MAX } from '../limits.ts';
import type { MvccStore } from './mvcc-store.ts';

interface PruningOptions {
  /** `null`: there are no turns, all is done at the end of a batch. */
  readonly clock: Pick<Clock, 'now' | 'yield'> | null;
  readonly stepsMax?: number | undefined;
}

/** Without turns: an event costs two steps in its life, so that freeing keeps ahead of writing. */
const STEPS_PER_EVENT = 4;

export class Pruning {
  #store: MvccStore;
  readonly #clock: PruningOptions['clock'];
  readonly #stepsMax: number;
  #isScheduled = false;

  constructor(store: MvccStore, { clock, stepsMax = PRUNE_STEPS_MAX }: PruningOptions) {
    this.#store = store;
    this.#clock = clock;
    this.#stepsMax = stepsMax;
  }

  /** A batch has been applied that took so many events into the history. */
  applied(appended: number, isTimeUp: () => boolean): void {
    if (this.#clock !== null) return this.go();
    this.#store.prune(appended * STEPS_PER_EVENT);
    this.#slice(isTimeUp);
  }

  /** A restored store has taken the place of the one before. */
  follow(store: MvccStore): void {
    this.#store = store;
  }

  /** From the next turn on, until nothing is left to free. Harmless twice. */
  go(): void {
    const clock = this.#clock;
    if (clock === null || this.#isScheduled || !this.#store.hasToPrune) return;
    this.#isScheduled = true;
    clock.yield(() => {
      this.#isScheduled = false;
      const endsMs = clock.now() + PRUNE_SLICE_MS;
      if (this.#slice(() => clock.now() >= endsMs)) this.go();
    });
  }

  /** Returns whether something is left to free. */
  #slice(isTimeUp: () => boolean): boolean {
    for (let left = this.#stepsMax; left > 0; left -= PRUNE_STEPS_AT_ONCE) {
      if (!this.#store.prune(Math.min(left, PRUNE_STEPS_AT_ONCE))) return false;
      if (isTimeUp()) break;
    }
    return true;
  }
}
