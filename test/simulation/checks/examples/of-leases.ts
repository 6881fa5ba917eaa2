/** A lease that a leader uses although one of its voters keeps none (RD9): another leads while it lasts (S29). */
import { KnownPromises } from '../../../../src/node/peers/known-promises.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import type { Fault } from '../../../../src/testing/simulation/plan/plan-faults.ts';
import { runPlan } from '../../runner/run-seed.ts';
import { calmPlan } from '../../small-runs.ts';
import { type Example, N1, N2, N3 } from './example.ts';

/** The one leads, hears of the second alone, and is cut off from it too as soon as it has a lease. */
const FAULTS: readonly Fault[] = [
  { type: 'transfer', node: N1, to: N1, atMs: 1_000, forMs: 0 },
  {
    ...{ type: 'partition', shape: 'random', isHard: false, atMs: 1_200, forMs: 1_700 },
    cuts: [
      { from: N1, to: N3 },
      { from: N3, to: N1 },
    ],
  },
  { type: 'cutLease', isHard: true, atMs: 2_000, forMs: 900 },
];

async function counted(isWrong: boolean, report: Report): Promise<void> {
  const { suffice } = KnownPromises.prototype;
  if (isWrong) KnownPromises.prototype.suffice = () => true;
  const protocol = { preVote: true, checkQuorum: true, leaseReads: true };
  try {
    const { violation } = await runPlan(calmPlan({ protocol, leaseless: N2, faults: FAULTS }));
    if (violation !== null) report(violation.property, violation.message);
  } finally {
    KnownPromises.prototype.suffice = suffice;
  }
}

export const OF_LEASES: readonly Example[] = [
  { property: 'S29', text: 'a voter that keeps no leases is counted on', play: counted },
];
