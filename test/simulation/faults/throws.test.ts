/** The code of a node throws at every place that there is, with every check on, and the cluster goes on. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import {
  isPort,
  THROW_PLACES,
  type ThrowPlace,
  Trap,
} from '../../../src/testing/simulation/runtime/trap.ts';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import { keyValueSubject } from '../../../src/testing/simulation/subjects/key-value-subject.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';
import { N1, N2, N3 } from '../checks/examples/example.ts';
import { MUTANTS } from '../mutants.ts';
import { runPlan } from '../runner/run-seed.ts';
import { calmPlan, MEMBERS } from '../small-runs.ts';
import { aimedPlan, propertyOf } from './aimed-plans.ts';

const AT = { atMs: 2_000, forMs: 3_000 };
const DEAFNESS = {
  ...AT,
  forMs: 5_000,
  type: 'deafTo',
  codes: [MESSAGE_CODE.AppendEntriesReply],
} as const;
const EACH_WAY = MEMBERS.flatMap((from) =>
  MEMBERS.filter((to) => to !== from).map((to) => ({ from, to })),
);
const CRASHES: readonly Fault[] = MEMBERS.map((node, at) => ({
  atMs: 2_000 + at * 1_000,
  forMs: 100,
  type: 'crash',
  node,
  power: false,
}));

/** What has to happen besides, for a node to come to that place. */
const AIDS: Readonly<Partial<Record<ThrowPlace, readonly Fault[]>>> = {
  halted: [{ ...AT, type: 'writeError', node: N2, outcome: 'absent' }],
  drain: [{ ...AT, type: 'stop', node: N2 }],
  diskStalled: [{ ...AT, type: 'diskStall', node: N2 }],
  diskRecovered: [{ ...AT, type: 'diskStall', node: N2 }],
  closeCall: [{ ...AT, type: 'wipe', node: N1 }],
  hangUp: [
    {
      ...AT,
      forMs: 5_000,
      type: 'partition',
      shape: 'isolate',
      cuts: [
        { from: N1, to: N2 },
        { from: N2, to: N1 },
      ],
      isHard: true,
    },
  ],
  // No leader hears a quorum answer its rounds.
  readsTakenBack: EACH_WAY.map((direction) => ({ ...DEAFNESS, direction })),
  // One follower whose answers get lost; the other is enough for a quorum, whoever leads.
  peerStalled: [
    { ...DEAFNESS, direction: { from: N1, to: N2 } },
    { ...DEAFNESS, direction: { from: N1, to: N3 } },
    { ...DEAFNESS, direction: { from: N2, to: N1 } },
  ],
};

const CASES = THROW_PLACES.flatMap((place): readonly (readonly [ThrowPlace, boolean])[] =>
  isPort(place)
    ? [
        [place, false],
        [place, true],
      ]
    : [[place, false]],
);

describe('the code of a node', () => {
  it.each(CASES)('[SI14] throws at %s (once it took effect: %s)', async (place, isAfter) => {
    const planted: readonly Fault[] = MEMBERS.map((node) => ({
      atMs: 1_500,
      forMs: 9_000,
      type: 'throws',
      node,
      place,
      isAfter,
    }));
    const plan = calmPlan({
      faults: [...planted, ...(AIDS[place] ?? CRASHES)],
      limits: { ...DEFAULT_LIMITS, inflightMessagesMax: 1, cacheBytesMax: 1 },
      troubleMs: 10_000,
      ...(place === 'readsReadable' ? { diskLatencyMs: 40 } : {}),
    });
    const report = await simulate({ plan, subject: keyValueSubject(plan.workload) });
    expect(report.violation).toBeNull();
    expect(report.sometimes).toContain(`the code of a node throws at ${place}`);
    expect(report.halts).toBeGreaterThan(0);
  });
});

describe('a planted bug', () => {
  it.each(MUTANTS)('[SI15] %s is found, and nothing where it is not planted', async (mutant) => {
    const plan = aimedPlan(mutant);
    const sound = await runPlan(plan);
    expect(sound.violation).toBeNull();
    const { violation } = await runPlan(plan, { mutant });
    expect(violation?.property).toMatch(propertyOf(mutant));
  });
});

describe('a trap', () => {
  it('[SI14] throws instead of the promise of a call, whose end nobody hears then', async () => {
    const trap = new Trap();
    trap.arm('store.read', true);
    const read = (): Promise<never> =>
      trap.around('store.read', () => Promise.reject(new Error('the store has closed')));
    expect(read).toThrow('a planted bug at store.read');
    // A rejection that nobody hears would end the process, and so these tests.
    await new Promise((resolve) => setImmediate(resolve));
  });
});
