/** The clock and the dice of a running program. Everything else gets them handed in. */
import type { Clock, Random } from '../ports/clock.ts';

export const systemClock: Clock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  setTimeout: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimeout: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
  defer: (callback) => queueMicrotask(callback),
};

export const systemRandom: Random = { next: () => Math.random() };
