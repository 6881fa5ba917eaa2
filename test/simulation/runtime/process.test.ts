/** One life of a node: what reaches it, when, and on what clock. */
import { describe, expect, it } from 'vitest';
import {
  type ClockDrift,
  SimulatedProcess,
} from '../../../src/testing/simulation/runtime/process.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

const EXACT: ClockDrift = { startMs: 0, rate: 1, wallSkewMs: 0 };

interface Stage {
  readonly world: VirtualClock;
  readonly process: SimulatedProcess;
  readonly heard: string[];
  readonly note: (what: string) => () => void;
  readonly steps: () => number;
  readonly errors: unknown[];
}

function stage(drift: Partial<ClockDrift> = {}): Stage {
  const world = new VirtualClock({ startMs: 0, wallStartMs: 1_000_000 });
  const heard: string[] = [];
  const errors: unknown[] = [];
  let steps = 0;
  const process = new SimulatedProcess({
    name: 'n1',
    clock: world,
    drift: { ...EXACT, ...drift },
    stepped: () => {
      steps += 1;
    },
    threw: (error) => errors.push(error),
  });
  const note = (what: string) => () => heard.push(`${what} at ${world.now()}`);
  return { world, process, heard, note, steps: () => steps, errors };
}

describe('a process', () => {
  it('[SI2] hears inputs at once and timers when they are due, and each counts as a step', () => {
    const { world, process, heard, note, steps } = stage();
    process.run('input', note('message'));
    process.clock.setTimeout(note('timer'), 5);
    process.clock.defer(note('deferred'));
    world.advance(10);
    expect(heard).toEqual(['message at 0', 'deferred at 0', 'timer at 5']);
    expect(steps()).toBe(3);
  });

  it('[SI2] tells what it threw, and its step counts all the same', () => {
    const { process, errors, steps } = stage();
    const error = new Error('a bug');
    process.run('input', () => {
      throw error;
    });
    expect(errors).toEqual([error]);
    expect(steps()).toBe(1);
  });
});

describe('a dead process', () => {
  it('[SI2] hears nothing more: no input, no timer, nothing deferred', () => {
    const { world, process, heard, note, steps } = stage();
    process.clock.setTimeout(note('timer'), 5);
    process.clock.defer(note('deferred'));
    process.kill();
    process.run('input', note('message'));
    world.advance(10);
    expect(process.isAlive).toBe(false);
    expect(heard).toEqual([]);
    expect(steps()).toBe(0);
  });

  it('[SI2] hears nothing of what waited while it was frozen, before and after it thaws', () => {
    const { world, process, heard, note } = stage();
    process.freeze();
    process.run('input', note('message'));
    process.kill();
    process.thaw();
    world.advance(10);
    const other = stage();
    other.process.freeze();
    other.process.run('input', other.note('message'));
    other.process.thaw();
    other.process.kill();
    other.world.advance(10);
    expect([...heard, ...other.heard]).toEqual([]);
  });
});

describe('a frozen process', () => {
  it('[SI2] hears everything when it thaws, the timers that have become due first', () => {
    const { world, process, heard, note, steps } = stage();
    process.clock.setTimeout(note('timer of 3'), 3);
    process.clock.setTimeout(note('timer of 2'), 2);
    process.clock.setTimeout(note('timer of 9'), 9);
    process.freeze();
    process.run('input', note('message 1'));
    process.clock.defer(note('deferred'));
    world.advance(5);
    process.run('input', note('message 2'));
    expect([heard, steps()]).toEqual([[], 0]);
    process.thaw();
    world.advance(10);
    expect(heard).toEqual([
      'timer of 2 at 5',
      'timer of 3 at 5',
      'message 1 at 5',
      'deferred at 5',
      'message 2 at 5',
      'timer of 9 at 9',
    ]);
    expect(steps()).toBe(6);
  });

  it('[SI2] never hears a timer that an earlier one clears as it thaws', () => {
    const { world, process, heard, note } = stage();
    process.clock.setTimeout(() => process.clock.clearTimeout(second), 2);
    const second = process.clock.setTimeout(note('second'), 3);
    process.freeze();
    world.advance(5);
    process.thaw();
    world.advance(5);
    expect(heard).toEqual([]);
  });

  it('[SI2] that is frozen again before it has heard all of it hears the rest later', () => {
    const { world, process, heard, note } = stage();
    process.freeze();
    process.run('input', () => {
      note('first')();
      process.freeze();
    });
    process.run('input', note('second'));
    process.thaw();
    world.advance(5);
    expect(heard).toEqual(['first at 0']);
    process.thaw();
    world.advance(1);
    expect(heard).toEqual(['first at 0', 'second at 5']);
  });

  it('[SI2] is remembered to have been frozen', () => {
    const { world, process } = stage();
    expect(process.wasFrozenSince(0)).toBe(false);
    world.advance(10);
    process.freeze();
    expect([process.isFrozen, process.wasFrozenSince(1_000)]).toEqual([true, true]);
    world.advance(10);
    process.thaw();
    world.advance(10);
    expect([20, 21].map((since) => process.wasFrozenSince(since))).toEqual([true, false]);
  });
});

describe('its clock', () => {
  it('[SI2] starts anywhere, drifts by its rate, and its timers drift along', () => {
    const { world, process, heard, note } = stage({ startMs: 500, rate: 1.25 });
    expect(process.clock.now()).toBe(500);
    process.clock.setTimeout(note('after 100 of its own'), 100);
    world.advance(80);
    expect(heard).toEqual(['after 100 of its own at 80']);
    expect(process.clock.now()).toBe(600);
  });

  it('[SI2] has a wall time that is wrong by its skew, drifts, and is a whole number', () => {
    const { world, process } = stage({ rate: 1.01, wallSkewMs: -300 });
    world.advance(150);
    expect(process.clock.wallTimeMs()).toBe(Math.floor(1_000_000 + 150 - 300 + 1.5));
  });

  it('[SI2] takes a delay below zero, or none, for zero, and clears what is none of its timers in peace', () => {
    const { world, process, heard, note } = stage();
    process.clock.setTimeout(note('past'), -5);
    process.clock.setTimeout(note('none'), Number.NaN);
    for (const odd of [undefined, null, 7, {}]) process.clock.clearTimeout(odd);
    world.step();
    world.step();
    expect(heard).toEqual(['past at 0', 'none at 0']);
  });

  it('[SI2] never fires a timer that was cleared, or one twice', () => {
    const { world, process, heard, note } = stage();
    const timer = process.clock.setTimeout(note('cleared'), 5);
    process.clock.setTimeout(note('kept'), 5);
    process.clock.clearTimeout(timer);
    world.advance(50);
    process.clock.clearTimeout(timer);
    expect(heard).toEqual(['kept at 5']);
    expect(world.pendingCount).toBe(0);
  });
});
