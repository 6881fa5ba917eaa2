/**
 * What the chart of the roles may hear next, for whoever explores it alone, as `xstate/graph` does: events of correct
 * peers, of the disk and of time, in the terms of the state that they meet. In a node the ingress sees to that.
 */
import type { AnyStateNode } from 'xstate';
import { raftMachine } from '../../machines/raft.machine.ts';
import type { RaftEvent } from '../../machines/raft.types.ts';
import type { RaftState } from '../core/raft-state.ts';
import { lastLog } from '../core/term-runs.ts';
import { type NodeId, nextTerm } from '../core/types.ts';
import { peersOf } from '../rules/leadership.ts';

/**
 * One event of each kind that the member may hear in this state, from each peer: questions of peers whose logs are as
 * long, answers that grant, all of its writes on disk, each timer of the chart. A timer that does not run there
 * changes nothing.
 */
export function roleEvents(state: RaftState): RaftEvent[] {
  const { term, votedFor, log } = state;
  const entry = lastLog(log);
  return [
    ...peersOf(state).flatMap((peer) => eventsOf(peer, state)),
    { type: 'disk.durable', hardState: { term, votedFor }, entry },
    { type: 'proposals.gathered', count: 1 },
    { type: 'round.requested' },
    { type: 'term.observed', term: nextTerm(term) },
    ...timersOf(raftMachine.root),
  ];
}

function eventsOf(from: NodeId, state: RaftState): readonly RaftEvent[] {
  const { id, term, leaderId, log, commitIndex, preVoteRound, round } = state;
  const entry = lastLog(log);
  const beat = { prevLog: entry, lastIndex: entry.index, commitIndex, round: 1 };
  const asked = { term: nextTerm(term), lastLog: entry, round: 1 };
  const granted = { term, granted: true };
  const mayLead = leaderId === null || leaderId === from;
  return [
    { type: 'preVote.requested', from, message: { type: 'PreVote', ...asked } },
    {
      type: 'preVote.answered',
      from,
      message: { type: 'PreVoteReply', ...granted, round: preVoteRound },
    },
    {
      type: 'vote.requested',
      from,
      message: { type: 'RequestVote', term, lastLog: entry, transfer: false },
    },
    { type: 'vote.answered', from, message: { type: 'RequestVoteReply', ...granted } },
    { type: 'link.closed', peer: from },
    ...(mayLead && term > 0
      ? [
          {
            type: 'entries.received',
            from,
            message: { type: 'AppendEntries', term, ...beat },
            spans: [],
          } as const,
        ]
      : []),
    ...(leaderId === id
      ? [{ type: 'peer.progressed', peer: from, matchIndex: entry.index, round } as const]
      : []),
  ];
}

/** Timers are events as well, which the types of the chart do not name. */
function timersOf(node: AnyStateNode): readonly RaftEvent[] {
  const own = node.after.map(({ eventType }) => ({ type: eventType }) as unknown as RaftEvent);
  return [...own, ...Object.values(node.states).flatMap(timersOf)];
}
