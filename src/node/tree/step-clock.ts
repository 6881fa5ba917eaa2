/**
 * The clock of a node's parts: its timers are inputs of the step loop. So what one throws is the end of the node and not of
 * the program, and none fires after that end (FS2). No part needs to think of it.
 */
import type { Clock } from '../../ports/clock.ts';

export function stepClock(clock: Clock, run: (input: () => void) => void): Clock {
  return {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    setTimeout: (callback, delayMs) => clock.setTimeout(() => run(callback), delayMs),
    clearTimeout: (timer) => clock.clearTimeout(timer),
    // What callers are told, also of the end: they are guests, and what they throw is theirs (FS4, FS5).
    defer: (callback) => clock.defer(callback),
    yield: (callback) => clock.yield(() => run(callback)),
  };
}
