/**
 * One thing at a time. Inputs (messages, timers, completions, calls) queue up; after each, all effects
 * that the charts handed out are performed, in order, before the next input is looked at. The first throw
 * is the last thing that happens: what is queued then is dropped, and nothing is taken any more (FS1).
 */

export class StepLoop<Effect> {
  readonly #inputs: (() => void)[] = [];
  readonly #effects: Effect[] = [];
  readonly #perform: (effect: Effect) => void;
  readonly #failed: (error: unknown) => void;
  #isRunning = false;
  #hasEnded = false;

  /** `failed` hears what an input or an effect threw, when nothing more can follow from it. */
  constructor(perform: (effect: Effect) => void, failed: (error: unknown) => void) {
    this.#perform = perform;
    this.#failed = failed;
  }

  /** Runs `input` and everything that follows from it; later, if a step is under way; never after the end. */
  run(input: () => void): void {
    if (this.#hasEnded) return;
    this.#inputs.push(input);
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
    if (effect !== undefined) this.#perform(effect);
    else this.#inputs.shift()?.();
  }
}
