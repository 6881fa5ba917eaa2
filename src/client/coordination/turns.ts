import { onAbort } from '../on-abort.ts';

/** So many at a time, the others in the order in which they came. */
export class Turns {
  #free: number;
  readonly #waiting = new Set<() => void>();

  constructor(atOnce: number) {
    this.#free = atOnce;
  }

  /** Resolves once it has its turn, and not at all if the signal comes first. */
  whenFree(signal: AbortSignal, turn: () => Promise<void>): void {
    if (signal.aborted) return;
    if (this.#free > 0) return this.#begin(turn);
    const begin = (): void => {
      release();
      this.#begin(turn);
    };
    const release = onAbort(signal, () => this.#waiting.delete(begin));
    this.#waiting.add(begin);
  }

  #begin(turn: () => Promise<void>): void {
    this.#free -= 1;
    turn().finally(() => this.#end());
  }

  #end(): void {
    this.#free += 1;
    const [next] = this.#waiting;
    if (next === undefined) return;
    this.#waiting.delete(next);
    next();
  }
}
