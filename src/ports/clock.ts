/** Time and randomness, injected: the simulator owns both, and nothing else may ask for them. */

export interface Clock {
  /** Monotonic, in milliseconds, from an arbitrary origin. */
  now(): number;
  /** Wall clock in milliseconds since 1970; may jump. Only stamped into entries, never compared. */
  wallTimeMs(): number;
  setTimeout(callback: () => void, delayMs: number): unknown;
  clearTimeout(timer: unknown): void;
  /** Runs `callback` after the present event has been dealt with, before any later one. */
  defer(callback: () => void): void;
}

export interface Random {
  /** Uniform in `[0, 1)`. */
  next(): number;
}
