/** What is done with a run that fails: fewer faults, a trace to read, a number to compare. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type NodeId, nodeId } from '../../../src/core/types.ts';
import { Violation } from '../../../src/testing/simulation/checks/violation.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import { shrinkFaults } from '../../../src/testing/simulation/plan/shrink.ts';
import { renderLanes } from '../../../src/testing/simulation/report/lanes.ts';
import { Trace } from '../../../src/testing/simulation/report/trace.ts';
import { addTallies, NO_RUNS, tallyOf } from '../runner/tally.ts';
import { calmPlan } from '../small-runs.ts';

const N1: NodeId = nodeId('n1');

/** A fault that is told from the others by its time. */
function faultAt(atMs: number): Fault {
  return { atMs, forMs: 1, type: 'freeze', node: N1 };
}

function timesOf(faults: readonly Fault[]): readonly number[] {
  return faults.map(({ atMs }) => atMs);
}

interface Shrinking {
  readonly count: number;
  readonly fails: (times: readonly number[]) => boolean;
  readonly triesMax?: number;
}

async function shrunk({ count, fails, triesMax = 10_000 }: Shrinking) {
  const plan = calmPlan({ faults: Array.from({ length: count }, (_, at) => faultAt(at)) });
  let runs = 0;
  const { faults, tries } = await shrinkFaults(
    plan,
    async (left) => {
      runs += 1;
      return fails(timesOf(left));
    },
    triesMax,
  );
  expect(tries).toBe(runs);
  return { times: timesOf(faults), tries };
}

describe('shrinking', () => {
  it('[SI7] keeps exactly the faults that it takes, in order, wherever they stand', async () => {
    const property = async (count: number, picks: readonly number[]): Promise<void> => {
      const needed = [...new Set(picks.map((pick) => pick % count))].sort((one, two) => one - two);
      const fails = (times: readonly number[]) => needed.every((time) => times.includes(time));
      expect((await shrunk({ count, fails })).times).toEqual(needed);
    };
    const count = fc.oneof(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 5, max: 40 }));
    await fc.assert(fc.asyncProperty(count, fc.array(fc.nat(), { maxLength: 9 }), property));
  });

  it('[SI7] ends with a list that fails and of which no single fault can be left out', async () => {
    const fails = (times: readonly number[]): boolean => times.length >= 3 && times.includes(7);
    const { times } = await shrunk({ count: 30, fails });
    expect(fails(times)).toBe(true);
    for (const left of times) expect(fails(times.filter((time) => time !== left))).toBe(false);
  });

  it('[SI7] takes no more runs than it may, and keeps what fails until then', async () => {
    for (let triesMax = 0; triesMax <= 12; triesMax += 1) {
      const fails = (times: readonly number[]): boolean => times.includes(5) && times.includes(20);
      const { times, tries } = await shrunk({ count: 30, fails, triesMax });
      expect(tries).toBeLessThanOrEqual(triesMax);
      expect(fails(times)).toBe(true);
    }
  });

  it('[SI7] finds one fault among many in few runs', async () => {
    const { tries } = await shrunk({ count: 64, fails: (times) => times.includes(41) });
    expect(tries).toBeLessThan(25);
  });
});

describe('lanes', () => {
  const lines = [
    { atMs: 0, node: null, text: 'HEAL' },
    { atMs: 12.345, node: 'n1', text: 'leader in term 1' },
    { atMs: 1_000, node: 'n2', text: 'is killed' },
    { atMs: 1_000.5, node: 'c1', text: 'is told RAFT_TIMED_OUT' },
  ];

  it('[SI7] show time running down and a column for each member', () => {
    expect(renderLanes(lines, ['n1', 'n2'], 10).split('\n')).toEqual([
      '           n1                                n2',
      '     0.00  ── HEAL',
      '    12.35  leader in term 1',
      '  1000.00                                    is killed',
      '  1000.50  c1 is told RAFT_TIMED_OUT',
    ]);
  });

  it('[SI7] show the last lines if there are too many', () => {
    expect(renderLanes(lines, ['n1'], 1).split('\n')).toEqual([
      '           n1',
      '  1000.50  c1 is told RAFT_TIMED_OUT',
    ]);
  });
});

describe('a trace', () => {
  function hashOf(numbers: readonly number[]): string {
    const trace = new Trace(false);
    for (const number of numbers) trace.mix(number);
    return trace.hash;
  }

  it('[SI7] has the same hash for the same events, another for any other or in another order', () => {
    const numbers = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 });
    const property = (one: readonly number[], two: readonly number[]): void => {
      expect(hashOf(one) === hashOf(two)).toBe(one.join() === two.join());
    };
    fc.assert(fc.property(numbers, numbers, property), { numRuns: 2_000 });
    const halves = [0, 8].map(
      (from) => (numbers: readonly number[]) => hashOf(numbers).slice(from, from + 8),
    );
    for (const half of halves) expect(half([1, 2, 3])).not.toBe(half([1, 3, 2]));
    expect(hashOf([])).toMatch(/^[0-9a-f]{16}$/);
  });

  it('[SI7] tells fractions of a millisecond apart, as far as it is fed with them', () => {
    const trace = (timeMs: number): string => hashOf([timeMs * 1_000]);
    expect(trace(1.001)).not.toBe(trace(1.002));
  });

  it('[SI7] keeps lines only if asked, and then the latest', () => {
    const [quiet, recording] = [new Trace(false), new Trace(true)];
    for (let line = 0; line <= 40_000; line += 1) {
      quiet.note(line, null, 'x');
      recording.note(line, null, 'x');
    }
    expect(quiet.lines).toEqual([]);
    expect(recording.lines.length).toBe(20_000);
    expect(recording.lines.at(-1)?.atMs).toBe(40_000);
    expect(recording.hash).toBe(quiet.hash);
  });
});

describe('a tally', () => {
  it('[SI7] counts every run once, and the red and the undecided ones among them', () => {
    const numbers = {
      events: 1,
      simulatedMs: 2,
      crashes: 3,
      partitions: 4,
      halts: 5,
      refusals: 6,
      messages: 7,
      operations: 8,
      committed: 9,
      terms: 10,
    };
    const report = {
      ...numbers,
      seed: '1',
      version: 1,
      hash: '',
      succeeded: 0,
      isDecided: true,
      violation: null,
      sometimes: [],
      lines: [],
    };
    const red = { ...report, isDecided: false, violation: new Violation('S01', 'two leaders') };
    const sum = [report, report, red].map(tallyOf).reduce(addTallies, NO_RUNS);
    const tripled = Object.entries(numbers).map(([name, value]) => [name, 3 * value]);
    expect(sum).toEqual({ ...Object.fromEntries(tripled), seeds: 3, undecided: 1, failures: 1 });
  });
});
