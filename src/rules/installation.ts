/**
 * What a member makes of a snapshot that another one has (§5.2). A snapshot holds only what is committed: whoever holds its
 * last entry needs none of it and keeps all that follows; for anyone else the whole log gives way to it (E1, E2).
 */
import { assert } from '../core/assert.ts';
import type { AppendEntriesReply } from '../core/message.ts';
import type { RaftState } from '../core/raft-state.ts';
import { emptyFrom, termAt } from '../core/term-runs.ts';
import type { EntryId } from '../core/types.ts';
import type { Covered } from './compaction.ts';
import { withConfigurations } from './configurations.ts';
import { type RaftStep, send } from './election.ts';

/** IS1: all that the snapshot holds is in the log already, or was. */
export function holdsSnapshot(
  { commitIndex, log }: Pick<RaftState, 'commitIndex' | 'log'>,
  { index, term }: EntryId,
): boolean {
  return index <= commitIndex || termAt(log, index) === term;
}

/** IS1, E5: the answer to an offer that comes too late, as if entries through there had come: the leader goes on behind them. */
export function holdsThrough(
  { term }: Pick<RaftState, 'term'>,
  { index }: EntryId,
): AppendEntriesReply {
  const result = { accepted: true, matchIndex: index } as const;
  return { type: 'AppendEntriesReply', term, round: 0, prevIndex: index, result };
}

/** IS2: a snapshot is on disk. The log begins anew behind it, with its members, unless all of it is held by now. */
export function installSnapshot(state: RaftState, { lastEntry, membership }: Covered): RaftStep {
  if (holdsSnapshot(state, lastEntry)) return { changes: {}, effects: [] };
  assert(lastEntry.term <= state.term, 'IS2: a snapshot is of no later term than its offer');
  const { leaderId } = state;
  return {
    changes: {
      log: emptyFrom(lastEntry),
      durableIndex: lastEntry.index,
      commitIndex: lastEntry.index,
      ...withConfigurations([membership]),
    },
    effects: [
      { type: 'moveBase', operation: 'restart', base: lastEntry, membership },
      ...(leaderId === null ? [] : [send(leaderId, holdsThrough(state, lastEntry))]),
    ],
  };
}
