/** Events and starting points for the tests of the role chart. */
import { expect } from 'vitest';
import type { RaftEvent } from '../../machines/raft.types.ts';
import type { Effect } from '../../src/core/effect.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { type EntryId, index, type NodeId, term } from '../../src/core/types.ts';
import { logOf, N1, N2, raftState, run } from './harness.ts';

/** `n1` of three, in term 4, with a log of two entries and nothing committed. Its timeouts are the shortest. */
export const start = (changes: Partial<RaftState> = {}, random = () => 0) =>
  run('raft', raftState({ term: term(4), log: logOf([1, 4]), ...changes }), { random });
type Chart = ReturnType<typeof start>;

export const LAST: EntryId = { term: term(4), index: index(2) };

export const heartbeat = (from: NodeId, of = 4, commit = 0): RaftEvent => ({
  type: 'entries.received',
  from,
  message: {
    type: 'AppendEntries',
    term: term(of),
    prevLog: LAST,
    lastIndex: LAST.index,
    commitIndex: index(commit),
    round: 0,
  },
  spans: [],
});
/** With a log that is newer than any here: only the state decides. */
export const askPreVote = (from: NodeId, of = 5): RaftEvent => {
  const lastLog = { term: term(of - 1), index: index(9) };
  return {
    type: 'preVote.requested',
    from,
    message: { type: 'PreVote', term: term(of), lastLog, round: 1 },
  };
};
export const preVoteAnswer = (from: NodeId, round: number, granted = true, of = 4): RaftEvent => ({
  type: 'preVote.answered',
  from,
  message: { type: 'PreVoteReply', term: term(of), round, granted },
});
export const askVote = (from: NodeId, of: number, lastLog = LAST): RaftEvent => ({
  type: 'vote.requested',
  from,
  message: { type: 'RequestVote', term: term(of), lastLog, transfer: false },
});
export const voteAnswer = (from: NodeId, of: number, granted = true): RaftEvent => ({
  type: 'vote.answered',
  from,
  message: { type: 'RequestVoteReply', term: term(of), granted },
});
export const durable = (of: number, votedFor: NodeId | null, entry = LAST): RaftEvent => ({
  type: 'disk.durable',
  hardState: { term: term(of), votedFor },
  entry,
});
export const observed = (of: number): RaftEvent => ({ type: 'term.observed', term: term(of) });
export const progress = (peer: NodeId, matchIndex: number, round = 0): RaftEvent => ({
  type: 'peer.progressed',
  peer,
  matchIndex: index(matchIndex),
  round,
});

export const INTO: Readonly<Record<string, (chart: Chart) => void>> = {
  'follower.leaderless': () => {},
  'follower.loyal': (chart) => chart.send(heartbeat(N2)),
  'follower.doubtful': (chart) => {
    chart.send(heartbeat(N2));
    chart.advance(300);
  },
  'follower.suspicious': (chart) => {
    chart.send(heartbeat(N2));
    chart.send({ type: 'link.closed', peer: N2 });
  },
  preCandidate: (chart) => chart.advance(599),
  candidate: (chart) => {
    chart.advance(599);
    chart.send(preVoteAnswer(N2, 1));
  },
  leader: (chart) => {
    chart.advance(599);
    chart.send(preVoteAnswer(N2, 1));
    chart.send(durable(5, N1));
    chart.send(voteAnswer(N2, 5));
  },
};

/** In that state, with the longest timeouts so that it stays there. */
export function into(state: string, changes: Partial<RaftState> = {}): Chart {
  const chart = start(changes, () => 0.999);
  INTO[state]?.(chart);
  expect(chart.state().split('.service')[0]).toBe(state);
  return chart;
}

export const FOLLOWERS = [
  'follower.leaderless',
  'follower.loyal',
  'follower.doubtful',
  'follower.suspicious',
];
export const ALL = [...FOLLOWERS, 'preCandidate', 'candidate', 'leader'];
export const types = (effects: readonly Effect[]) => effects.map(({ type }) => type);
