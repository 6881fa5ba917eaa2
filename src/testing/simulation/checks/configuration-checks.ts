/**
 * What must hold of the configurations in the log of one member (S21–S26), told from its disk, from the votes on the disks
 * of the others, and from what was committed anywhere. Quorums are counted here by themselves, not by the rule.
 */
import {
  type Configuration,
  isJoint,
  isVoter,
  type MembershipAt,
  members,
} from '../../../core/configuration.ts';
import type { RaftState } from '../../../core/raft-state.ts';
import { termAt } from '../../../core/term-runs.ts';
import type { Index, NodeId } from '../../../core/types.ts';
import type { DurableLog } from './durable-log.ts';
import type { MemberFault } from './member-faults.ts';

type Configured = Pick<
  RaftState,
  'commitIndex' | 'configuration' | 'configurations' | 'durableIndex' | 'id' | 'log'
>;

/** S21: the newest one on the disk counts, as far as memory and disk have the same log; and nothing else does. */
export function forceFaults(raft: Configured, disk: DurableLog): readonly MemberFault[] {
  const { configurations, durableIndex, log } = raft;
  const newest = configurations.at(-1);
  const isSame = (at: number): boolean => disk.at(at)?.term === termAt(log, at as Index);
  const written = disk.configurationsThrough(Math.min(durableIndex, log.lastIndex)).filter(isSame);
  const faults: MemberFault[] = [];
  const last = written.at(-1) ?? 0;
  if (newest === undefined || last > newest.index) {
    faults.push([
      'S21',
      `the configuration at ${last} is the newest in its log, and does not count`,
    ]);
  }
  const isKnown = ({ index }: MembershipAt): boolean =>
    index <= log.base.index || index > durableIndex || written.includes(index);
  for (const each of configurations.filter((known) => !isKnown(known))) {
    faults.push(['S21', `a configuration counts at ${each.index}, where its log has none`]);
  }
  return faults;
}

/** S22: of those that a leader has, one at most is not committed anywhere. */
export function pendingFaults(
  { configurations }: Configured,
  committedThrough: number,
): readonly MemberFault[] {
  const pending = configurations.filter(({ index }) => index > committedThrough);
  const places = pending.map(({ index }) => index).join(' and ');
  return pending.length > 1 ? [['S22', `leads with uncommitted configurations at ${places}`]] : [];
}

/** S24: whatever decides by one of two that follow each other, somebody of it is in whatever decides by the other. */
export function intersectionFaults({ configurations }: Configured): readonly MemberFault[] {
  return configurations.slice(1).flatMap((next, at): readonly MemberFault[] => {
    const before = configurations[at];
    if (before === undefined || intersect(before.configuration, next.configuration)) return [];
    const places = `${before.index} and ${next.index}`;
    return [['S24', `two groups may decide apart by the configurations at ${places}`]];
  });
}

/** Bound: members of a run; every way to share them out is tried. */
function intersect(left: Configuration, right: Configuration): boolean {
  const all = [...new Set([...members(left), ...members(right)])];
  for (let group = 0; group < 2 ** all.length; group += 1) {
    const inside = all.filter((_, at) => (group >> at) % 2 === 1);
    const outside = all.filter((_, at) => (group >> at) % 2 === 0);
    if (decides(left, inside) && decides(right, outside)) return false;
  }
  return true;
}

/** A majority of the voters, and while two configurations count, of either half. */
export function decides(configuration: Configuration, group: readonly NodeId[]): boolean {
  const { voters, votersOutgoing } = configuration;
  const hasMajority = (half: readonly NodeId[]): boolean =>
    half.filter((id) => group.includes(id)).length * 2 > half.length;
  return hasMajority(voters) && (!isJoint(configuration) || hasMajority(votersOutgoing));
}

/** S26: who votes in no configuration that counts, or may count again, is a learner, and nobody else is. */
export function standingFaults(
  { configurations, id }: Configured,
  state: string | null,
): readonly MemberFault[] {
  if (state === null) return [];
  const votes = configurations.some((each) => isVoter(each.configuration, id));
  if (votes !== state.startsWith('learner')) return [];
  return [['S26', `is ${state}, and votes in ${votes ? 'a' : 'no'} configuration`]];
}

/** S23, S25: who is elected votes itself, and was elected by those who decide. */
export function electionFaults(
  raft: Configured,
  hasVotedForIt: (id: NodeId) => boolean,
): readonly MemberFault[] {
  const { configuration } = raft;
  const granted = members(configuration).filter(hasVotedForIt);
  if (decides(configuration, granted)) return [];
  const by = granted.join(', ') || 'nobody who votes';
  const text = `is elected by ${by}`;
  return isJoint(configuration) ? [['S23', text]] : [['S25', text]];
}
