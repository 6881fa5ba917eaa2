/** Time and randomness of client connections in a running program, on both of their ends. */
import { TIMER_MS_MAX } from '../core/limits.ts';
import type { ConnectionClock, Random } from '../ports/clock.ts';

type Begin = (callback: () => void, delayMs: number) => NodeJS.Timeout;

const begin: Begin = (callback, delayMs) => setTimeout(callback, delayMs);
const beginIdle: Begin = (callback, delayMs) => setTimeout(callback, delayMs).unref();

/** A wait longer than a timer of Node.js can be, which would be over at once: the lease of a year is one (LE1). */
class LongWait {
  timer: NodeJS.Timeout;

  constructor(begin: Begin, callback: () => void, delayMs: number) {
    const next = (leftMs: number): NodeJS.Timeout => {
      if (leftMs <= TIMER_MS_MAX) return begin(callback, leftMs);
      return begin(() => {
        this.timer = next(leftMs - TIMER_MS_MAX);
      }, TIMER_MS_MAX);
    };
    this.timer = next(delayMs);
  }
}

function wait(how: Begin, callback: () => void, delayMs: number): unknown {
  return delayMs > TIMER_MS_MAX ? new LongWait(how, callback, delayMs) : how(callback, delayMs);
}

function end(wait: unknown): void {
  clearTimeout(wait instanceof LongWait ? wait.timer : (wait as ReturnType<typeof setTimeout>));
}

export const connectionClock: ConnectionClock = {
  now: () => performance.now(),
  wallTimeMs: () => Date.now(),
  setTimeout: (callback, delayMs) => wait(begin, callback, delayMs),
  clearTimeout: end,
  setIdleTimeout: (callback, delayMs) => wait(beginIdle, callback, delayMs),
  // Not a microtask: all that the promises of one tick bring about is to leave as one frame.
  defer: (callback) => process.nextTick(callback),
  yield: (callback) => setImmediate(callback),
};

export const connectionRandom: Random = { next: () => Math.random() };
