/**
 * One thing at a time. Inputs (messages, timers, completions, calls) queue up; after each, all effects
 * that the charts handed out are performed, in order, before the next input is looked at.
 */

export class StepLoop<Effect> {
  readonly #inputs: (() => void)[] = [];
  readonly #effects: Effect[] = [];
  readonly #perform: (effect: Effect) => void;
  readonly #failed: (error: unknown) => void;
  #isRunning = false;

  /** `failed` hears whatever an input or an effect throws; the loop goes on with the next. */
  constructor(perform: (effect: Effect) => void, failed: (error: unknown) => void) {
    this.#perform = perform;
    this.#failed = failed;
  }

  /** Runs `input` and everything that follows from it; later, if a step is under way. */
  run(input: () => void): void {
    this.#inputs.push(input);
    if (this.#isRunning) return;
    this.#isRunning = true;
    try {
      while (this.#inputs.length > 0 || this.#effects.length > 0) this.#step();
    } finally {
      this.#isRunning = false;
    }
  }

  /** Takes an effect from a chart; it is performed before the next input. */
  emit(effect: Effect): void {
    this.#effects.push(effect);
  }

  #step(): void {
    try {
      const effect = this.#effects.shift();
      if (effect !== undefined) this.#perform(effect);
      else this.#inputs.shift()?.();
    } catch (error) {
      this.#failed(error);
    }
  }
}
