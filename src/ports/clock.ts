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
  /** Runs `callback` in a later turn of the event loop, after everything else that is ready has had its turn. */
  yield(callback: () => void): void;
}

/** What the ends of client connections need of time besides. */
export interface ConnectionClock extends Clock {
  /** As `setTimeout`, but a program whose other work is done ends without waiting for it. */
  setIdleTimeout(callback: () => void, delayMs: number): unknown;
}

export interface Random {
  /** Uniform in `[0, 1)`. */
  next(): number;
}
