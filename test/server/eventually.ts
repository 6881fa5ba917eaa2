/** Waits for a condition instead of for a time: looks often, and gives up only when something must be wrong. */
import { expect } from 'vitest';

export function eventually<Value>(look: () => Value): ReturnType<typeof expect.poll> {
  return expect.poll(look, { interval: 10 });
}
