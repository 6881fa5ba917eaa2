/**
 * Calls that wait for an answer, each with a deadline. Time is looked at in one sweep for all of them, not
 * with a timer each: a thousand calls under way cost one timer.
 */
import type { Clock } from '../../ports/clock.ts';

/** How often deadlines are looked at, in milliseconds: a call may end this much late. */
const SWEEP_INTERVAL_MS = 20;

export class Sweeper {
  readonly #clock: Clock;
  readonly #sweep: (now: number) => boolean;
  #timer: unknown = null;

  /** `sweep` ends what is overdue and returns whether anything still waits. */
  constructor(clock: Clock, sweep: (now: number) => boolean) {
    this.#clock = clock;
    this.#sweep = sweep;
  }

  /** Call whenever something begins to wait. */
  wake(): void {
    if (this.#timer !== null) return;
    this.#timer = this.#clock.setTimeout(() => this.#look(), SWEEP_INTERVAL_MS);
  }

  stop(): void {
    if (this.#timer !== null) this.#clock.clearTimeout(this.#timer);
    this.#timer = null;
  }

  #look(): void {
    this.#timer = null;
    if (this.#sweep(this.#clock.now())) this.wake();
  }
}
