/**
 * How long the parts of a write and of a read take here (OP7), on the node's clock. Measured once for each batch, never
 * for each entry: a few readings of the clock beside a synced write.
 */

import { emptyHistogram, observe } from '../../core/histogram.ts';
import type { Index } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ReplicaTimings } from '../../ports/replica.ts';
import { TIMED_RUNS_MAX } from '../limits.ts';

interface Appended {
  readonly lastIndex: Index;
  readonly at: number;
}

export class Timings implements ReplicaTimings {
  readonly sync = emptyHistogram();
  readonly commit = emptyHistogram();
  readonly apply = emptyHistogram();
  readonly readRound = emptyHistogram();
  readonly #clock: Pick<Clock, 'now'>;
  #appended: Appended[] = [];
  #applyBegan: number | null = null;

  constructor(clock: Pick<Clock, 'now'>) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  synced(tookMs: number): void {
    observe(this.sync, tookMs / 1000);
  }

  /** This node leads and has put a run of proposals into its log. */
  appended(lastIndex: Index): void {
    if (this.#appended.length < TIMED_RUNS_MAX) this.#appended.push({ lastIndex, at: this.now() });
  }

  committed(commitIndex: Index): void {
    let done = 0;
    for (const { lastIndex, at } of this.#appended) {
      if (lastIndex > commitIndex) break;
      observe(this.commit, this.#since(at));
      done += 1;
    }
    if (done > 0) this.#appended.splice(0, done);
  }

  /** What is not committed now may never be. */
  leadLost(): void {
    this.#appended = [];
  }

  applyBegins(): void {
    this.#applyBegan = this.now();
  }

  applyEnds(): void {
    if (this.#applyBegan !== null) observe(this.apply, this.#since(this.#applyBegan));
    this.#applyBegan = null;
  }

  readsConfirmed(askedMs: number): void {
    observe(this.readRound, this.#since(askedMs));
  }

  #since(beganMs: number): number {
    return (this.now() - beganMs) / 1000;
  }
}
