/**
 * One thing at a time. Inputs (messages, timers, completions, calls) queue up; after each, all effects
 * that the charts handed out are performed, in order, before the next input is looked at. The first throw
 * is the last thing that happens: what is queued then is dropped, and nothing is taken any more (FS1).
 */
import type { EntryRun } from '../../core/entry-run.ts';

interface Input {
  readonly run: () => void;
  readonly received: readonly EntryRun[];
}

const NOTHING: readonly EntryRun[] = [];

export class StepLoop<Effect> {
  readonly #inputs: Input[] = [];
  readonly #effects: Effect[] = [];
  readonly #perform: (effect: Effect, received: readonly EntryRun[]) => void;
  readonly #failed: (error: unknown) => void;
  /** What came beside the input of the step under way. */
  #received = NOTHING;
  #isRunning = false;
  #hasEnded = false;

  /** `failed` hears what an input or an effect threw, when nothing more can follow from it. */
  constructor(
    perform: (effect: Effect, received: readonly EntryRun[]) => void,
    failed: (error: unknown) => void,
  ) {
    this.#perform = perform;
    this.#failed = failed;
  }

  /**
   * Runs `input` and everything that follows from it; later, if a step is under way; never after the end. The bytes
   * that came beside it are handed to whoever performs an effect of that step, and to nobody later.
   */
  run(input: () => void, received: readonly EntryRun[] = NOTHING): void {
    if (this.#hasEnded) return;
    this.#inputs.push({ run: input, received });
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#inputs.length > 0 || this.#effects.length > 0) this.#step();
    } catch (error) {
      this.end();
      this.#failed(error);
    } finally {
      this.#isRunning = false;
    }
  }

  /** Takes an effect from a chart; it is performed before the next input. */
  emit(effect: Effect): void {
    if (!this.#hasEnded) this.#effects.push(effect);
  }

  /** Safety: drops inputs and effects, also those of the step under way, and refuses all that come later. */
  end(): void {
    this.#hasEnded = true;
    this.#inputs.length = 0;
    this.#effects.length = 0;
  }

  #step(): void {
    const effect = this.#effects.shift();
    if (effect !== undefined) return this.#perform(effect, this.#received);
    const input = this.#inputs.shift();
    this.#received = input?.received ?? NOTHING;
    input?.run();
  }
}
