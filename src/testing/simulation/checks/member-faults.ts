/**
 * What one member must be in every state and after every step, whoever the others are (S02, S10, S11, S15, S16, S37,
 * S44). What needs its disk, its peers or the history of the run is checked beside, by `Invariants`.
 */
import type { LogShape } from '../../../core/log-shape.ts';
import type { RaftState } from '../../../core/raft-state.ts';
import { lastLog, termAt } from '../../../core/term-runs.ts';
import type { Index } from '../../../core/types.ts';

/** What is looked at; `node.inspection()` and a snapshot of the chart of the roles have it. */
export interface MemberView {
  readonly raft: RaftState;
  /** Where the chart stands, such as `follower.loyal`; `null` where that is not known. */
  readonly state: string | null;
  readonly leads: boolean;
  /** The last entry that its machine was given. */
  readonly lastApplied: Index;
}

/** The property of docs/SPEC.md that does not hold, and what was found. */
export type MemberFault = readonly [property: string, text: string];

/** All faults of a state, and of the step from the one `before` it, if there was one. */
export function memberFaults(before: MemberView | null, now: MemberView): readonly MemberFault[] {
  return [...positionFaults(now), ...leaderFaults(now), ...stepFaults(before ?? now, now)];
}

/** S15. */
function positionFaults({ raft, lastApplied }: MemberView): readonly MemberFault[] {
  const { log, commitIndex, durableIndex } = raft;
  const isSound =
    lastApplied <= commitIndex && commitIndex <= log.lastIndex && durableIndex <= log.lastIndex;
  const text = `applied ${lastApplied}, commit ${commitIndex}, durable ${durableIndex}, last ${log.lastIndex}`;
  return isSound ? [] : [['S15', text]];
}

const HAVING_A_LEADER = [
  'follower.loyal',
  'follower.doubtful',
  'learner.loyal',
  'learner.doubtful',
  'leader',
];

/** S37, S44. A suspicious follower may have heard of a newer term meanwhile, which does not put off its question. */
function leaderFaults({ raft, leads, state }: MemberView): readonly MemberFault[] {
  const { id, leaderId, votedFor } = raft;
  const faults: MemberFault[] = [];
  if (leads && leaderId !== id) faults.push(['S37', 'leads and follows another']);
  if (leads && votedFor !== id) faults.push(['S37', 'leads without its own vote']);
  if (state === null || state === 'follower.suspicious') return faults;
  if (HAVING_A_LEADER.includes(state) === (leaderId !== null)) return faults;
  return [...faults, ['S44', `is ${state}, and names ${leaderId ?? 'nobody'} as its leader`]];
}

/** S02, S10, S11, S16. */
function stepFaults(before: MemberView, now: MemberView): readonly MemberFault[] {
  const [was, is] = [before.raft, now.raft];
  const faults: MemberFault[] = [];
  if (is.term < was.term) faults.push(['S10', `term falls from ${was.term} to ${is.term}`]);
  if (is.commitIndex < was.commitIndex) faults.push(['S10', 'the commit index falls']);
  if (now.lastApplied < before.lastApplied) faults.push(['S10', 'lastApplied falls']);
  const isSameTerm = is.term === was.term;
  if (isSameTerm && was.votedFor !== null && is.votedFor !== was.votedFor) {
    faults.push(['S11', `its vote in term ${is.term} changes in memory`]);
  }
  if (is.log === was.log) return faults;
  if (before.leads && now.leads && isSameTerm && !extendsLog(was.log, is.log)) {
    faults.push(['S02', 'a leader rewrites its own log']);
  }
  if (was.commitIndex > is.log.lastIndex || !agreesAt(is.log, was.log, was.commitIndex)) {
    faults.push(['S16', `what was committed at ${was.commitIndex} is truncated`]);
  }
  return faults;
}

function extendsLog(before: LogShape, after: LogShape): boolean {
  return after.lastIndex >= before.lastIndex && agreesAt(after, before, lastLog(before).index);
}

/** What is no longer in the log is held by a snapshot, which is judged by itself (S18). */
function agreesAt(after: LogShape, before: LogShape, at: Index): boolean {
  return at < after.base.index || termAt(after, at) === termAt(before, at);
}
