/**
 * When an entry is committed, and what a leader may promise a reader (§3.6.2, §6.4). Commitment by
 * counting applies to entries of the leader's own term only; older ones ride along (Figure 8).
 */
import { assert } from '../core/assert.ts';
import type { RaftEffect } from '../core/effect.ts';
import { ofMember } from '../core/per-member.ts';
import type { RaftState } from '../core/raft-state.ts';
import { termAt } from '../core/term-runs.ts';
import { type EntryId, greater, INDEX_ZERO, type Index, type NodeId } from '../core/types.ts';
import { configurationsAtCommit } from './configurations.ts';
import type { RaftStep } from './election.ts';
import { isQuorum, quorumIndex } from './quorum.ts';

/** CM1: counting replicas commits only entries of the leader's own term (§3.6.2). */
export function leaderCommitIndex(state: RaftState): Index {
  const held = heldByQuorum(state);
  assert(held <= state.log.lastIndex, 'CM2: commitIndex never passes the end of the log');
  if (held <= state.commitIndex) return state.commitIndex;
  return termAt(state.log, held) === state.term ? held : state.commitIndex;
}

/** The last index through which a quorum holds the leader's log. */
export function heldByQuorum(state: RaftState): Index {
  return quorumIndex(state.configuration, (id) => heldThrough(state, id));
}

/** PS4: the leader counts itself only for what its own disk holds (§10.2.1). */
export function heldThrough(state: RaftState, id: NodeId): Index {
  if (id === state.id) return state.durableIndex;
  return ofMember(state.matchIndex, id) ?? INDEX_ZERO;
}

/** Raises the commit index if a quorum allows it, and says so. */
export function advanceCommit(state: RaftState, changes: Partial<RaftState>): RaftStep {
  const after = { ...state, ...changes };
  const commitIndex = leaderCommitIndex(after);
  if (commitIndex === state.commitIndex) return { changes, effects: [] };
  return {
    changes: { ...changes, commitIndex, ...configurationsAtCommit(after, commitIndex) },
    effects: [{ type: 'commit', commitIndex, term: state.term }],
  };
}

/** PS5: a completed write counts only if the log still holds that very entry (B9). */
export function durableIndexAfter(state: RaftState, durable: EntryId): Index {
  const isStillThere = termAt(state.log, durable.index) === durable.term;
  return isStillThere ? greater(durable.index, state.durableIndex) : state.durableIndex;
}

/** RD2: a round is confirmed when a quorum, the leader included, has answered since it began (§6.4). */
export function confirmRounds(state: RaftState): {
  readonly changes: Partial<RaftState>;
  readonly effects: readonly RaftEffect[];
} {
  const confirmed = state.pendingRounds.filter(({ round }) => isConfirmed(state, round));
  if (confirmed.length === 0) return { changes: {}, effects: [] };
  return {
    changes: { pendingRounds: state.pendingRounds.filter((each) => !confirmed.includes(each)) },
    effects: confirmed.map(({ round, readIndex }) => ({
      type: 'roundConfirmed',
      round,
      readIndex,
    })),
  };
}

function isConfirmed(state: RaftState, round: number): boolean {
  const { voters, votersOutgoing } = state.configuration;
  const answered = [...voters, ...votersOutgoing].filter(
    (id) => id === state.id || (ofMember(state.roundEchoed, id) ?? 0) >= round,
  );
  return isQuorum(state.configuration, answered);
}

/** A follower's own disk, kept for the day that it leads (PS5). */
export function noteDurable(state: RaftState, durable: EntryId): RaftStep {
  return { changes: { durableIndex: durableIndexAfter(state, durable) }, effects: [] };
}
