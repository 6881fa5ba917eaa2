/**
 * What a transition of the raft chart says of its node, before the next view repeats it: views come ten times a second,
 * and an election is over sooner.
 */
import type { NodeView, Scalar, TransitionRecord } from '../../../src/ports/inspection.ts';

const ROLES = ['follower', 'learner', 'preCandidate', 'candidate', 'leader'] as const;

/** The role that a state of the raft chart belongs to: `follower` of `follower.loyal`. */
export function roleIn(state: string): NodeView['role'] | null {
  const [first] = state.split(/[. ]/);
  return ROLES.find((role) => role === first) ?? null;
}

export function viewAfter(view: NodeView, record: TransitionRecord): NodeView {
  if (record.actor !== 'raft') return view;
  const { to, from, changes } = record;
  const role = roleIn(to) ?? view.role;
  const hasMoved = from !== to;
  return {
    ...view,
    role,
    state: to,
    term: numberOf(changes.term, view.term),
    votedFor: textOf(changes.votedFor, view.votedFor),
    leader: role === 'leader' ? record.node : textOf(changes.leaderId, view.leader),
    timers: hasMoved ? view.timers.filter(({ actor }) => actor !== 'raft') : view.timers,
  };
}

type Change = readonly [before: Scalar, after: Scalar] | undefined;

function numberOf(change: Change, otherwise: number): number {
  return typeof change?.[1] === 'number' ? change[1] : otherwise;
}

function textOf(change: Change, otherwise: string | null): string | null {
  const after = change?.[1];
  return typeof after === 'string' || after === null ? after : otherwise;
}
