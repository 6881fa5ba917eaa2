/** What one event costs the charts that take most of them. The events of each go round, so that any number can be sent. */
import { type EntryId, index, nextIndex, term } from '../../../../src/core/types.ts';
import { DEFAULT_TIMING } from '../../../../src/rules/timing.ts';
import { logOf, N1, N2, raftState, replicationState, run } from '../../../machines/harness.ts';
import type { Measured } from './measured.ts';

const TERM = term(1);

function followerHearsItsLeader(): Measured {
  const chart = run('raft', raftState({ term: TERM, log: logOf([1, 1]) }));
  const heartbeat = {
    type: 'entries.received',
    from: N2,
    message: {
      type: 'AppendEntries',
      term: TERM,
      prevLog: { term: TERM, index: index(2) },
      lastIndex: index(2),
      commitIndex: index(2),
      round: 0,
    },
    spans: [],
  } as const;
  return {
    name: 'raft: a follower hears its leader',
    call: () => chart.send(heartbeat),
    isDone: () => chart.state() === 'follower.loyal',
  };
}

/** The leader of a cluster of one, so that what is durable is committed: a batch proposed, written, committed. */
function leaderCommits(): Measured {
  const configuration = { voters: [N1], votersOutgoing: [], learners: [], learnersNext: [] };
  const chart = run('raft', raftState({ configuration, log: logOf([1]), term: TERM }));
  chart.advance(DEFAULT_TIMING.electionTimeoutMaxMs);
  const { term: own } = chart.context();
  const durable = (entry: EntryId) => {
    return { type: 'disk.durable', hardState: { term: own, votedFor: N1 }, entry } as const;
  };
  chart.send(durable({ term: TERM, index: index(1) }));
  let last = chart.context().log.lastIndex;
  chart.send(durable({ term: own, index: last }));
  const gathered = { type: 'proposals.gathered', count: 1 } as const;
  return {
    name: 'raft: a leader appends, and commits',
    call: () => {
      chart.send(gathered);
      last = nextIndex(last);
      return chart.send(durable({ term: own, index: last }));
    },
    isDone: () => chart.context().commitIndex === last,
  };
}

/** What one batch costs for each peer: the log has grown, entries were sent, they are accepted. */
function batchForPeer(): Measured {
  const chart = run('replication', replicationState());
  let last = 5;
  chart.send({ type: 'append.accepted', matchIndex: index(last), round: 0 });
  return {
    name: 'replication: a batch to one peer, until it is accepted',
    call: () => {
      last += 1;
      chart.send({ type: 'log.grew', lastIndex: index(last), commitIndex: index(2) });
      chart.send({ type: 'entries.sent', throughIndex: index(last), bytes: 1 });
      return chart.send({ type: 'append.accepted', matchIndex: index(last), round: 0 });
    },
    isDone: () => chart.context().matchIndex === last,
  };
}

function write(): Measured {
  const chart = run('logWriter', { stallTimeoutMs: 100 });
  let batch = 0;
  return {
    name: 'logWriter: a write, begun and ended',
    call: () => {
      chart.send({ type: 'write.requested' });
      batch += 1;
      return chart.send({ type: 'write.completed', batch });
    },
    isDone: () => batch > 0 && chart.state() === 'idle',
  };
}

export const CHARTS: readonly (() => Measured)[] = [
  followerHearsItsLeader,
  leaderCommits,
  batchForPeer,
  write,
];
