/** Configurations that cannot count, elections by those who do not decide, and a change that never ends. */
import {
  type Configuration,
  type MembershipAt,
  staticConfiguration,
} from '../../../../src/core/configuration.ts';
import type { RaftState } from '../../../../src/core/raft-state.ts';
import { index, type NodeId, nodeId } from '../../../../src/core/types.ts';
import { Actors } from '../../../../src/node/tree/actors.ts';
import {
  electionFaults,
  forceFaults,
  intersectionFaults,
  pendingFaults,
  standingFaults,
} from '../../../../src/testing/simulation/checks/configuration-checks.ts';
import type { DurableLog } from '../../../../src/testing/simulation/checks/durable-log.ts';
import type { MemberFault } from '../../../../src/testing/simulation/checks/member-faults.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { simulate } from '../../../../src/testing/simulation/simulate.ts';
import { appendListSubject } from '../../../../src/testing/simulation/subjects/append-list-subject.ts';
import { logOf, raftState } from '../../../machines/harness.ts';
import { calmPlan } from '../../small-runs.ts';
import { type Example, N1, N2, N3 } from './example.ts';

const N4 = nodeId('n4');
const TWO = staticConfiguration([N1, N2]);
const THREE = staticConfiguration([N1, N2, N3]);
const JOINT: Configuration = { ...staticConfiguration([N1, N2, N4]), votersOutgoing: [N1, N2, N3] };

const at = (place: number, configuration: Configuration): MembershipAt => ({
  index: index(place),
  configuration,
  addresses: {},
  removed: [],
});

/** A node with four entries of term 1 on its disk, of which some are configurations. */
function having(...configurations: readonly MembershipAt[]): RaftState {
  const { configuration = THREE } = configurations.at(-1) ?? {};
  return raftState({ log: logOf([1, 1, 1, 1]), configuration, configurations });
}

function diskWith(...configured: readonly number[]): DurableLog {
  const disk = { at: () => ({ term: 1 }), configurationsThrough: () => configured };
  return disk as unknown as DurableLog;
}

function finds(
  property: string,
  text: string,
  look: (isWrong: boolean) => readonly MemberFault[],
): Example {
  const play: Example['play'] = (isWrong, report) => {
    for (const [found, what] of look(isWrong)) report(found, what);
  };
  return { property, text, play };
}

/** Somebody removes a member; in a wrong run the leader never hears that a configuration is committed. */
async function neverLeft(isWrong: boolean, report: Report): Promise<void> {
  const { tellMembership } = Actors.prototype;
  Actors.prototype.tellMembership = function tellLess(this: Actors, event): void {
    const isLost = isWrong && event.type === 'configuration.committed';
    if (!isLost) tellMembership.call(this, event);
  };
  const gone = { type: 'change', node: N1, add: [], promote: [], remove: [N3] } as const;
  const plan = calmPlan({ faults: [{ atMs: 1_500, forMs: 0, ...gone }] });
  try {
    const { violation } = await simulate({ plan, subject: appendListSubject(plan.workload) });
    if (violation !== null) report(violation.property, violation.message);
  } finally {
    Actors.prototype.tellMembership = tellMembership;
  }
}

const votes =
  (...ids: readonly NodeId[]) =>
  (id: NodeId) =>
    ids.includes(id);

export const OF_CONFIGURATIONS: readonly Example[] = [
  finds('S21', 'an older configuration counts than the newest on the disk', (isWrong) =>
    forceFaults(having(at(2, THREE)), isWrong ? diskWith(2, 4) : diskWith(2)),
  ),
  finds('S21', 'a configuration counts that the log does not hold', (isWrong) =>
    forceFaults(having(at(0, THREE), at(3, TWO)), isWrong ? diskWith() : diskWith(3)),
  ),
  finds('S22', 'a leader appends a configuration behind one that is not committed', (isWrong) =>
    pendingFaults(having(at(2, THREE), at(3, JOINT)), isWrong ? 1 : 2),
  ),
  finds('S23', 'a leader is elected by the majority of one half', (isWrong) =>
    electionFaults(having(at(2, JOINT)), isWrong ? votes(N1, N4) : votes(N1, N2)),
  ),
  finds('S24', 'two who are as many as before may decide without any of them', (isWrong) =>
    intersectionFaults(having(at(2, TWO), at(3, isWrong ? staticConfiguration([N3]) : TWO))),
  ),
  finds('S25', 'a vote of somebody who is no member is counted', (isWrong) =>
    electionFaults(having(at(2, THREE)), isWrong ? votes(N1, N4) : votes(N1, N3)),
  ),
  finds('S26', 'a learner campaigns', (isWrong) =>
    standingFaults(
      having(at(2, staticConfiguration([N2, N3]))),
      isWrong ? 'candidate' : 'learner.loyal',
    ),
  ),
  finds('S26', 'a voter waits as learners do, and never campaigns', (isWrong) =>
    standingFaults(having(at(2, THREE)), isWrong ? 'learner.doubtful' : 'follower.doubtful'),
  ),
  { property: 'L10', text: 'a joint configuration is never left', play: neverLeft },
];
