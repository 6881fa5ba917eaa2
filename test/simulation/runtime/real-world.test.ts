/** Nothing real gets into a run: neither time nor chance nor timers; and all of it is back afterwards. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  saysRealWorld,
  shutOutRealWorld,
} from '../../../src/testing/simulation/runtime/real-world.ts';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import { keyValueSubject } from '../../../src/testing/simulation/subjects/key-value-subject.ts';
import { calmPlan } from '../small-runs.ts';

interface Touch {
  readonly name: string;
  readonly touch: () => unknown;
}

/** Each must throw in a run and work before and after it. */
const TOUCHES: readonly Touch[] = [
  { name: 'Date.now() - 1', touch: () => Date.now() - 1 },
  { name: 'Date.now() as text', touch: () => `${Date.now()}` },
  { name: 'Date.now() in JSON', touch: () => JSON.stringify({ at: Date.now() }) },
  { name: 'Date.now() < 1', touch: () => Date.now() < 1 },
  { name: 'new Date()', touch: () => new Date() },
  { name: 'Date()', touch: () => Date() },
  { name: 'performance.now()', touch: () => performance.now() },
  { name: 'Math.random()', touch: () => Math.random() },
  { name: 'crypto.randomUUID()', touch: () => crypto.randomUUID() },
  { name: 'crypto.getRandomValues()', touch: () => crypto.getRandomValues(new Uint8Array(4)) },
  { name: 'setTimeout()', touch: () => clearTimeout(setTimeout(() => {}, 0)) },
  { name: 'setInterval()', touch: () => clearInterval(setInterval(() => {}, 9)) },
  { name: 'setImmediate()', touch: () => clearImmediate(setImmediate(() => {})) },
];

/** What stands in the places that are taken over. */
function placesOf(): readonly unknown[] {
  const { now } = Date;
  const { random } = Math;
  const timers = [setTimeout, setInterval, setImmediate];
  const chance = [random, crypto.randomUUID, crypto.getRandomValues];
  return [Date, now, ...chance, performance.now, ...timers];
}

describe('while the real world is shut out', () => {
  let letIn: () => void = () => {};
  beforeEach(() => {
    letIn = shutOutRealWorld();
  });
  afterEach(() => letIn());

  it.each(TOUCHES)('[SI5] $name throws, and says what to do', ({ touch }) => {
    expect(touch).toThrow('ask the clock or the random source');
    letIn();
    expect(touch).not.toThrow();
  });

  it('[SI5] the time may be asked for and kept, as XState does, and dates be made from what is given', () => {
    const kept = { startedAt: Date.now() };
    expect(typeof kept).toBe('object');
    expect(new Date(5).getTime()).toBe(5);
    expect(new Date('2000-01-01T00:00:00Z').toISOString()).toBe('2000-01-01T00:00:00.000Z');
    expect(Date.UTC(1970, 0, 1)).toBe(0);
    expect(new Date(5) instanceof Date).toBe(true);
  });

  it('[SI5] what it says is told from other errors', () => {
    let message = '';
    try {
      Math.random();
    } catch (error) {
      message = String(error instanceof Error && error.message);
    }
    expect([saysRealWorld(message), saysRealWorld('a bug')]).toEqual([true, false]);
  });
});

describe('a run', () => {
  const plan = calmPlan();
  const subject = keyValueSubject(plan.workload);

  it('[SI5] leaves the real world as it found it', async () => {
    const before = placesOf();
    const names = Object.getOwnPropertyNames(crypto);
    await simulate({ plan, subject });
    expect(placesOf()).toEqual(before);
    expect(Object.getOwnPropertyNames(crypto)).toEqual(names);
    for (const { touch } of TOUCHES) expect(touch).not.toThrow();
  });

  it('[SI5] that breaks leaves it as well', async () => {
    const before = placesOf();
    const prepare = (): void => {
      throw new Error('the simulation itself is broken');
    };
    await expect(simulate({ plan, subject, prepare })).rejects.toThrow('itself is broken');
    const create = (): never => {
      throw new Error('there is no machine');
    };
    await expect(simulate({ plan, subject: { ...subject, create } })).rejects.toThrow('no machine');
    expect(placesOf()).toEqual(before);
  });

  it.each(TOUCHES)('[SI5] in which a machine calls $name is red', async ({ touch }) => {
    const create = () => ({
      apply: () => {
        touch();
        return [];
      },
    });
    const { draw, encode, decode } = subject;
    const judged = { digest: () => '', judge: () => ({ fault: null, isDecided: true }) };
    const read = () => decode({ type: 'put' });
    const touching = { name: 'touching', create, draw, encode, decode, read, ...judged };
    const { violation } = await simulate({ plan, subject: touching });
    expect(violation?.message).toContain('S37: ');
    expect(violation?.message).toContain('ask the clock or the random source');
  });
});
