/** Time and randomness of client connections in a running program, on both of their ends. */
import type { ConnectionClock, Random } from '../ports/clock.ts';

export const connectionClock: ConnectionClock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  setIdleTimeout: (callback, delayMs) => setTimeout(callback, delayMs).unref(),
  // Not a microtask: all that the promises of one tick bring about is to leave as one frame.
  defer: (callback) => process.nextTick(callback),
  yield: (callback) => setImmediate(callback),
};

export const connectionRandom: Random = { next: () => Math.random() };
