/** The code of a node throws at every place that there is, with every check on, and the cluster goes on. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import type { NodeId } from '../../../src/core/types.ts';
import { type Direction, directionsOf } from '../../../src/testing/simulation/plan/directions.ts';
import type { SimulationPlan } from '../../../src/testing/simulation/plan/plan.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import {
  isPort,
  MEMBERSHIP_PLACES,
  THROW_PLACES,
  type ThrowPlace,
  Trap,
} from '../../../src/testing/simulation/runtime/trap.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';
import { N1, N2, N3 } from '../checks/examples/example.ts';
import { MUTANTS } from '../mutants.ts';
import { runPlan } from '../runner/run-seed.ts';
import { calmPlan, MEMBERS } from '../small-runs.ts';
import { aimedPlan, propertyOf } from './aimed-plans.ts';

const AT = { atMs: 2_000, forMs: 3_000 };
const LIMITS = { ...DEFAULT_LIMITS, inflightMessagesMax: 1, cacheBytesMax: 1 };
const WITH_LEASES = { preVote: true, checkQuorum: true, leaseReads: true };
const EACH_WAY = directionsOf(MEMBERS);
const CRASHES = MEMBERS.map((node, at): Fault => {
  return { atMs: 2_000 + at * 1_000, forMs: 100, type: 'crash', node, power: false };
});

/** The other end waits in vain for answers. */
function deafTo(direction: Direction): Fault {
  const codes = [MESSAGE_CODE.AppendEntriesReply];
  return { ...AT, forMs: 5_000, type: 'deafTo', direction, codes };
}

/** Whoever leads hands over first. */
const STOPS = MEMBERS.map((node, at): Fault => {
  return { atMs: 2_050 + at * 2_500, forMs: 500, type: 'stop', node };
});

/** Both directions between one and the others. */
function cutting(node: NodeId): readonly { readonly from: NodeId; readonly to: NodeId }[] {
  return directionsOf(MEMBERS).filter(({ from, to }) => from === node || to === node);
}

/** What has to happen besides, for a node to come to that place; crashes, unless something is said. */
const AIDS: Readonly<Partial<Record<ThrowPlace, Partial<SimulationPlan>>>> = {
  halted: { faults: [{ ...AT, type: 'writeError', node: N2, outcome: 'absent' }] },
  drain: { faults: [{ ...AT, type: 'stop', node: N2 }] },
  handOver: { faults: STOPS },
  transferStarted: { faults: STOPS },
  leadExpected: { faults: STOPS },
  // Nobody comes to hold what is written meanwhile.
  transferFailed: {
    faults: [
      ...MEMBERS.map((node): Fault => ({ ...AT, type: 'diskStall', node })),
      ...STOPS.map((stop) => ({ ...stop, atMs: AT.atMs + 200 })),
    ],
  },
  transferRefused: {
    faults: [
      { ...AT, type: 'partition', shape: 'isolate', cuts: EACH_WAY, isHard: true },
      ...STOPS.map((stop) => ({ ...stop, atMs: AT.atMs + 50 })),
    ],
  },
  diskStalled: { faults: [{ ...AT, type: 'diskStall', node: N2 }] },
  diskRecovered: { faults: [{ ...AT, type: 'diskStall', node: N2 }] },
  closeCall: { faults: [{ ...AT, type: 'wipe', node: N1 }] },
  hangUp: {
    faults: [
      {
        ...AT,
        forMs: 5_000,
        type: 'partition',
        shape: 'isolate',
        cuts: directionsOf([N1, N2]),
        isHard: true,
      },
    ],
  },
  ...Object.fromEntries(
    ['captureSnapshot', 'storeSnapshot', 'compactLog', 'moveBase', 'snapshotEnded'].map((place) => [
      place,
      { snapshotEntries: 1, trailingEntries: 0 },
    ]),
  ),
  // Whoever was cut off lacks what the others let go of meanwhile.
  ...Object.fromEntries(
    ['offerSnapshot', 'pullSnapshot', 'endPull', 'installSnapshot', 'restore'].map((place) => [
      place,
      {
        snapshotEntries: 1,
        trailingEntries: 0,
        faults: MEMBERS.map((node, at): Fault => {
          const time = { atMs: 1_600 + 2_500 * at, forMs: 1_500 };
          return {
            ...time,
            type: 'partition',
            shape: 'isolate',
            cuts: cutting(node),
            isHard: true,
          };
        }),
      },
    ]),
  ),
  readsReadable: { diskLatencyMs: 40 },
  // No leader hears a quorum answer its rounds.
  readsTakenBack: { faults: EACH_WAY.map(deafTo) },
  // One follower whose answers get lost; the other is enough for a quorum, whoever leads.
  peerStalled: {
    faults: [
      { from: N1, to: N2 },
      { from: N1, to: N3 },
      { from: N2, to: N1 },
    ].map(deafTo),
  },
  // A leader has no room for what others pass on.
  forward: {
    limits: { ...LIMITS, unappliedBytesMax: 1 },
    diskLatencyMs: 40,
    workload: { ...calmPlan().workload, clients: 12, pauseMs: 20, reads: 0 },
  },
};

/** The members of the simulator do not change yet; whole members under virtual time come there (FS2). */
const COMES_TO: readonly ThrowPlace[] = THROW_PLACES.filter(
  (place) => !MEMBERSHIP_PLACES.includes(place),
);

const CASES = COMES_TO.flatMap((place) =>
  (isPort(place) ? [false, true] : [false]).map((isAfter) => [place, isAfter] as const),
);

describe('the code of a node', () => {
  it.each(CASES)('[SI14] throws at %s (once it took effect: %s)', async (place, isAfter) => {
    const planted = MEMBERS.map((node): Fault => {
      return { atMs: 1_500, forMs: 9_000, type: 'throws', node, place, isAfter };
    });
    const { faults = CRASHES, ...aid } = AIDS[place] ?? {};
    const rest = { limits: LIMITS, troubleMs: 10_000, ...aid };
    const report = await runPlan(calmPlan({ faults: [...planted, ...faults], ...rest }));
    expect(report.violation).toBeNull();
    expect(report.sometimes).toContain(`the code of a node throws at ${place}`);
    expect(report.halts).toBeGreaterThan(0);
  });
});

it('[SI14] throws while it outlasts its promises at a start: that is no refusal of its directory', async () => {
  const time = { atMs: 2_000, forMs: 1_000 };
  const faults: readonly Fault[] = [
    { ...time, type: 'crash', node: N2, power: false },
    { ...time, forMs: 4_000, type: 'throws', node: N2, place: 'clock.setTimeout', isAfter: false },
  ];
  const report = await runPlan(calmPlan({ protocol: WITH_LEASES, faults, troubleMs: 10_000 }));
  expect(report.violation).toBeNull();
  expect(report.refusals).toBeGreaterThan(0);
  expect(report.sometimes).toContain('the code of a node throws at clock.setTimeout');
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
