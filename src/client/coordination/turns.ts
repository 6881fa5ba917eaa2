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
      signal.removeEventListener('abort', leave);
      this.#begin(turn);
    };
    const leave = (): void => void this.#waiting.delete(begin);
    this.#waiting.add(begin);
    signal.addEventListener('abort', leave, { once: true });
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
