/** The code of a node throws at every place that there is, with every check on, and the cluster goes on. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { keyValueSubject } from '../../src/testing/simulation/key-value-subject.ts';
import type { SimulationPlan } from '../../src/testing/simulation/plan.ts';
import type { Fault } from '../../src/testing/simulation/plan-faults.ts';
import { simulate } from '../../src/testing/simulation/simulate.ts';
import { isPort, THROW_PLACES, type ThrowPlace } from '../../src/testing/simulation/trap.ts';
import type { World } from '../../src/testing/simulation/world.ts';
import { MESSAGE_CODE } from '../../src/transport/codec.ts';
import { N1, N2, N3 } from './examples/example.ts';
import { MUTANTS, type Mutant, plant } from './mutants.ts';
import { calmPlan, MEMBERS } from './small-runs.ts';

const AT = { atMs: 2_000, forMs: 3_000 };
const DEAFNESS = {
  ...AT,
  forMs: 5_000,
  type: 'deafTo',
  codes: [MESSAGE_CODE.AppendEntriesReply],
} as const;
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
    });
    const report = await simulate({ plan, subject: keyValueSubject(plan.workload) });
    expect(report.violation).toBeNull();
    expect(report.sometimes).toContain(`the code of a node throws at ${place}`);
    expect(report.halts).toBeGreaterThan(0);
  });
});

/** Where each planted bug shows, in few simulated seconds, and as which property. */
const FOUND: Readonly<Record<Mutant, readonly [RegExp, Partial<SimulationPlan>]>> = {
  'lying-disk': [/S\d\d/, { faults: [{ ...AT, type: 'crashAll', power: true }] }],
  'forgetful-cache': [
    /S37/,
    {
      limits: { ...DEFAULT_LIMITS, cacheBytesMax: 1, runBytesMax: 1 },
      slowDisks: { n2: 60, n3: 3 },
      diskLatencyMs: 3,
      workload: { ...calmPlan().workload, clients: 12, pauseMs: 20, reads: 0 },
      troubleMs: 10_000,
    },
  ],
  disloyal: [
    /S43/,
    {
      protocol: { preVote: false, checkQuorum: true },
      faults: MEMBERS.map((node, at) => ({
        atMs: 1_000 + at * 2_500,
        forMs: 2_000,
        type: 'partition',
        shape: 'isolate',
        cuts: MEMBERS.flatMap((other) => (other === node ? [] : [{ from: other, to: node }])),
        isHard: false,
      })),
      troubleMs: 10_000,
    },
  ],
  'silent-halt': [
    /L12/,
    {
      faults: MEMBERS.map((node) => ({ ...AT, type: 'writeError', node, outcome: 'absent' })),
      workload: { ...calmPlan().workload, clients: 8, pauseMs: 20, reads: 0 },
    },
  ],
  'going-on': [
    /S39/,
    {
      faults: MEMBERS.map((node) => ({
        ...AT,
        type: 'throws',
        node,
        place: 'persist',
        isAfter: false,
      })),
    },
  ],
};

describe('a planted bug', () => {
  it.each(MUTANTS)('[SI15] %s is found, and nothing where it is not planted', async (mutant) => {
    const [property, changes] = FOUND[mutant];
    const plan = calmPlan(changes);
    const subject = keyValueSubject(plan.workload);
    const sound = await simulate({ plan, subject });
    expect(sound.violation).toBeNull();
    let uproot = (): void => {};
    const prepare = (world: World): void => {
      uproot = plant(world, mutant);
    };
    const { violation } = await simulate({ plan, subject, prepare }).finally(() => uproot());
    expect(violation?.property).toMatch(property);
  });
});
