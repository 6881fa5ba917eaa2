/**
 * What a leader does with its term: open it with a no-op (§6.4), append what clients propose, follow what
 * each peer holds, prove to itself that it still leads (§6.2, §6.4), and step down when it cannot.
 */
import { assert } from '../core/assert.ts';
import type { Membership } from '../core/configuration.ts';
import type { Persist, PersistAppend } from '../core/effect.ts';
import { ofMember } from '../core/per-member.ts';
import type { RaftState } from '../core/raft-state.ts';
import { appendSpan } from '../core/term-runs.ts';
import {
  advance,
  type EntryId,
  INDEX_ZERO,
  type Index,
  type NodeId,
  nextIndex,
} from '../core/types.ts';
import { advanceCommit, confirmRounds, durableIndexAfter, heldByQuorum } from './commit.ts';
import { mayAppend } from './configuration-change.ts';
import { everyone, withConfigurations } from './configurations.ts';
import { type RaftStep, roleChanged } from './election.ts';
import { isQuorum } from './quorum.ts';

/**
 * LR8: a leader begins its term with a no-op, without which it could not commit older entries (§6.4). LT7: what it was
 * passed ahead stands right behind, so that one round commits both.
 */
export function becomeLeader(state: RaftState): RaftStep {
  const { log, passedAhead } = state;
  const termStartIndex = nextIndex(log.lastIndex);
  const lastIndex = advance(termStartIndex, passedAhead);
  const peers = peersOf(state);
  return {
    changes: {
      leaderId: state.id,
      granted: [],
      termStartIndex,
      matchIndex: Object.fromEntries(peers.map((peer) => [peer, INDEX_ZERO])),
      heardFrom: [],
      round: 0,
      roundEchoed: {},
      pendingRounds: [],
      leaving: [],
      passedAhead: 0,
      log: appendSpan(log, span(state, termStartIndex, lastIndex)),
    },
    effects: [
      roleChanged({ term: state.term, leaderId: state.id }, 'won the election'),
      persistAppend({ source: 'noop', firstIndex: termStartIndex, lastIndex: termStartIndex }),
      ...(passedAhead === 0
        ? []
        : [
            persistAppend({ source: 'proposed', firstIndex: nextIndex(termStartIndex), lastIndex }),
          ]),
    ],
  };
}

/** LR9: proposals gathered since the last write become one run, written and sent as one. */
export function appendProposals(state: RaftState, count: number): RaftStep {
  assert(count > 0, 'LR9: a run holds at least one entry');
  const firstIndex = nextIndex(state.log.lastIndex);
  const lastIndex = advance(state.log.lastIndex, count);
  return {
    changes: { log: appendSpan(state.log, span(state, firstIndex, lastIndex)) },
    effects: [persistAppend({ source: 'proposed', firstIndex, lastIndex })],
    news: [{ type: 'log.grew', lastIndex, commitIndex: state.commitIndex }],
  };
}

/**
 * MC1, MC3: the next configuration counts from its append. The quorum may be smaller by it, so it is counted anew at
 * once (C7).
 */
export function appendConfiguration(state: RaftState, membership: Membership): RaftStep {
  assert(mayAppend(state, membership), 'MC3: one change of membership at a time, step by step');
  const at = nextIndex(state.log.lastIndex);
  const appended = {
    log: appendSpan(state.log, span(state, at, at)),
    ...withConfigurations([...state.configurations, { ...membership, index: at }]),
  };
  const { changes, effects } = advanceCommit(state, appended);
  const { commitIndex = state.commitIndex } = changes;
  const append = { source: 'configuration', firstIndex: at, lastIndex: at, membership } as const;
  return {
    changes,
    effects: [persistAppend(append), ...effects],
    news: [{ type: 'log.grew', lastIndex: at, commitIndex }],
  };
}

/** PS4, PS5: an own write has reached the disk. */
export function recordDurable(state: RaftState, durable: EntryId): RaftStep {
  return advanceCommit(state, withDurable(state, durable));
}

/** What an own write changes, before anything is made of it. */
export function withDurable(state: RaftState, durable: EntryId): Partial<RaftState> {
  return { durableIndex: durableIndexAfter(state, durable) };
}

export interface Progress {
  readonly peer: NodeId;
  readonly matchIndex: Index;
  /** The round that the peer's answer echoed. */
  readonly round: number;
}

/** LR4: what a peer holds never falls; its answer also proves contact and echoes a round. */
export function recordProgress(state: RaftState, progress: Progress): RaftStep {
  const committed = advanceCommit(state, withProgress(state, progress));
  const confirmed = confirmRounds({ ...state, ...committed.changes });
  return {
    changes: { ...committed.changes, ...confirmed.changes },
    effects: [...committed.effects, ...confirmed.effects],
  };
}

/** What an answer changes, before anything is made of it. */
export function withProgress(
  state: RaftState,
  { peer, matchIndex, round }: Progress,
): Partial<RaftState> {
  const known = ofMember(state.matchIndex, peer) ?? INDEX_ZERO;
  return {
    heardFrom: state.heardFrom.includes(peer) ? state.heardFrom : [...state.heardFrom, peer],
    ...(matchIndex > known ? { matchIndex: { ...state.matchIndex, [peer]: matchIndex } } : {}),
    ...(round > (ofMember(state.roundEchoed, peer) ?? 0)
      ? { roundEchoed: { ...state.roundEchoed, [peer]: round } }
      : {}),
  };
}

/** RD1: true once an entry of the own term is committed: only then is the commit index known to be the newest. */
export function hasCommittedInTerm(state: RaftState): boolean {
  return state.termStartIndex > 0 && state.commitIndex >= state.termStartIndex;
}

/** RD1: with these changes a quorum holds the entry that opened the term. */
export function commitsInTerm(state: RaftState, changes: Partial<RaftState>): boolean {
  return heldByQuorum({ ...state, ...changes }) >= state.termStartIndex;
}

/** RD2: a fresh round; a read waits for the index committed now and for a quorum's answer to this round. */
export function beginRound(state: RaftState): RaftStep {
  assert(hasCommittedInTerm(state), 'RD1: no read before an entry of the own term is committed');
  const round = state.round + 1;
  const pendingRounds = [...state.pendingRounds, { round, readIndex: state.commitIndex }];
  const confirmed = confirmRounds({ ...state, round, pendingRounds });
  return {
    changes: { round, pendingRounds, ...confirmed.changes },
    effects: confirmed.effects,
    news: [{ type: 'round.began', round, commitIndex: state.commitIndex }],
  };
}

/** EL10: a leader that has not heard a quorum for an election timeout is no leader to its clients (§6.2). */
export function hearsQuorum(state: RaftState): boolean {
  if (!state.protocol.checkQuorum) return true;
  return isQuorum(state.configuration, [state.id, ...state.heardFrom]);
}

/** Gives up the lead within the same term; the vote stands, so no second leader of this term can arise (A1). */
export function stepDown(state: RaftState, cause: string): RaftStep {
  return {
    changes: { leaderId: null, pendingRounds: [], heardFrom: [], transferTarget: null },
    effects: [roleChanged({ term: state.term, leaderId: null }, cause)],
  };
}

export function peersOf(state: Pick<RaftState, 'id' | 'configurations'>): readonly NodeId[] {
  return everyone(state).filter((member) => member !== state.id);
}

/** Every other member, and for a while those who are none any more: they have to hear of it (MC7). */
export function repliedTo(state: RaftState): readonly NodeId[] {
  return [...peersOf(state), ...state.leaving];
}

function span(state: RaftState, firstIndex: Index, lastIndex: Index) {
  return { term: state.term, firstIndex, lastIndex };
}

function persistAppend(append: PersistAppend): Persist {
  return { type: 'persist', hardState: null, truncateFrom: null, append };
}
