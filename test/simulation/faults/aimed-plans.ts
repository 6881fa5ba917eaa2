/** For each planted bug a short run that leads straight to it; random seeds have to find all but those listed below. */
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import type { SimulationPlan } from '../../../src/testing/simulation/plan/plan.ts';
import { N1 } from '../checks/examples/example.ts';
import type { Mutant } from '../mutants.ts';
import { calmPlan, MEMBERS } from '../small-runs.ts';

const AT = { atMs: 2_000, forMs: 3_000 };

/** Where each planted bug shows, in few simulated seconds, and as which property. */
const AIMED: Readonly<Record<Mutant, readonly [RegExp, Partial<SimulationPlan>]>> = {
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
  'long-lease': [
    /S29/,
    {
      protocol: { preVote: true, checkQuorum: true, leaseReads: true },
      drifts: { n1: { startMs: 0, rate: 0.92, wallSkewMs: 0 } },
      faults: [1_500, 4_500, 7_500].flatMap((atMs) => [
        { type: 'transfer', node: N1, to: N1, atMs, forMs: 0 },
        { type: 'cutLease', isHard: false, atMs: atMs + 100, forMs: 2_500 },
      ]),
      troubleMs: 10_000,
    },
  ],
  'hasty-keeper': [
    /S48/,
    {
      storeLeases: { holders: 4, locks: 1, ttlMs: 1_500, pauseMs: 300 },
      faults: [1_500, 5_500].flatMap((atMs) => [
        { type: 'transfer', node: N1, to: N1, atMs, forMs: 0 },
        { type: 'crash', node: N1, power: false, atMs: atMs + 1_500, forMs: 2_000 },
      ]),
      troubleMs: 10_000,
    },
  ],
  'ever-loyal': [
    /L01/,
    {
      faults: [
        { type: 'transfer', node: N1, to: N1, atMs: 1_500, forMs: 0 },
        { type: 'crash', node: N1, power: false, atMs: 2_000, forMs: 500 },
      ],
    },
  ],
};

/** By planted bug, the reason for which a few random seeds do not meet it. */
export const SELDOM_MET: Readonly<Partial<Record<Mutant, string>>> = {
  'forgetful-cache':
    'takes a small cache, and a peer that asks for what its leader is still writing',
};

export function aimedPlan(mutant: Mutant): SimulationPlan {
  return calmPlan(AIMED[mutant][1]);
}

/** The property as which it shows there. */
export function propertyOf(mutant: Mutant): RegExp {
  return AIMED[mutant][0];
}
