/** The clock and the dice of a running program. Everything else gets them handed in. */
import type { Clock, Random } from '../ports/clock.ts';

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  defer: (callback) => queueMicrotask(callback),
  yield: (callback) => void takeTurn(callback),
};

/** Browsers have only timers, which cost a millisecond or more. */
const takeTurn: (callback: () => void) => unknown =
  'setImmediate' in globalThis ? globalThis.setImmediate : (callback) => setTimeout(callback, 0);

export const systemRandom: Random = { next: () => Math.random() };
