/** States and steps of one node that cannot be. */
import type { ReplicationState } from '../../../../src/core/replication-state.ts';
import { index, type NodeId, term } from '../../../../src/core/types.ts';
import type { NodeInspection } from '../../../../src/node/raft-node.ts';
import type { DurableLog } from '../../../../src/testing/simulation/checks/durable-log.ts';
import { History } from '../../../../src/testing/simulation/checks/history.ts';
import { Invariants } from '../../../../src/testing/simulation/checks/invariants.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../../../src/testing/simulation/runtime/sometimes.ts';
import { LIMITS, logOf } from '../../../machines/harness.ts';
import {
  appended,
  diskOf,
  type Example,
  inspectionOf,
  leading,
  N1,
  N2,
  type Situation,
  voted,
} from './example.ts';

interface Watching {
  /** By node; whoever is not named has an empty disk. */
  readonly disks?: Readonly<Record<string, DurableLog>>;
  /** The terms of what was committed before, all of it in term 1. */
  readonly committed?: readonly number[];
}

/** Shows the checks one inspection of `n1` after the other. */
function watch(
  report: Report,
  inspections: readonly NodeInspection[],
  { disks = {}, committed = [] }: Watching = {},
): void {
  const history = new History(report);
  for (const [at, entryTerm] of committed.entries()) {
    history.noteCommitted(N2, at + 1, { term: entryTerm, inTerm: 1 });
  }
  const durableOf = (id: NodeId): DurableLog => disks[id] ?? diskOf();
  const options = { history, report, durableOf, sometimes: new SometimesLog() };
  const invariants = new Invariants({ id: N1, durable: durableOf(N1) }, options);
  for (const inspection of inspections) invariants.check(inspection);
}

const LEADS: Situation = { leads: true };
const FULL = { n1: diskOf(appended([1, 1])), n2: diskOf(appended([1, 1])) };

/** A leader of term 1 with two entries, and what it believes of `n2`, step by step. */
function believe(
  report: Report,
  beliefs: readonly Partial<ReplicationState>[],
  disks: Watching['disks'] = FULL,
): void {
  const believed = beliefs.map((belief) => {
    const replication: ReplicationState = {
      peer: N2,
      term: term(1),
      matchIndex: index(0),
      nextIndex: index(3),
      lastIndex: index(2),
      commitIndex: index(0),
      commitIndexSent: index(0),
      awaitedIndex: index(0),
      round: 0,
      inflight: [],
      inflightBytes: 0,
      limits: LIMITS,
      ...belief,
    };
    return inspectionOf({ ...leading(1), log: logOf([1, 1]) }, { leads: true, replication });
  });
  watch(report, believed, { disks });
}

function underWay(bytes: readonly number[]): Partial<ReplicationState> {
  const inflight = bytes.map((size, at) => ({ throughIndex: index(at + 1), bytes: size }));
  return { inflight, inflightBytes: bytes.reduce((sum, size) => sum + size, 0) };
}

const OF_PLACES: readonly Example[] = [
  {
    property: 'S15',
    text: 'more is applied than committed',
    play: (isWrong, report) => {
      const state = { log: logOf([1]), commitIndex: index(isWrong ? 0 : 1) };
      watch(report, [inspectionOf(state, { lastApplied: 1 })], { committed: [1] });
    },
  },
  {
    property: 'S15',
    text: 'more is committed than the log holds',
    play: (isWrong, report) => {
      const state = { log: logOf(isWrong ? [1] : [1, 1]), commitIndex: index(1) };
      const ahead = { ...state, commitIndex: index(2) };
      // An entry that is not there has the term 0 in the eyes of the other checks, which have nothing to say then.
      const committed = isWrong ? [1, 0] : [1, 1];
      watch(report, [inspectionOf(state), inspectionOf(ahead)], { committed });
    },
  },
  {
    property: 'S15',
    text: 'more is on the disk than in the log',
    play: (isWrong, report) => {
      watch(report, [inspectionOf({ log: logOf([1]), durableIndex: index(isWrong ? 2 : 1) })]);
    },
  },
  {
    property: 'S37',
    text: 'a leader follows another',
    play: (isWrong, report) => {
      watch(report, [inspectionOf({ ...leading(1), leaderId: isWrong ? N2 : N1 }, LEADS)]);
    },
  },
  {
    property: 'S37',
    text: 'a leader has not voted for itself',
    play: (isWrong, report) => {
      watch(report, [inspectionOf({ ...leading(1), votedFor: isWrong ? N2 : N1 }, LEADS)]);
    },
  },
  ...['follower.leaderless', 'preCandidate', 'candidate'].map(
    (state): Example => ({
      property: 'S44',
      text: `${state}, a node names a leader`,
      play: (isWrong, report) => {
        watch(report, [inspectionOf({ term: term(1), leaderId: isWrong ? N2 : null }, { state })]);
      },
    }),
  ),
  ...['follower.loyal', 'follower.doubtful'].map(
    (state): Example => ({
      property: 'S44',
      text: `${state}, a node names no leader`,
      play: (isWrong, report) => {
        watch(report, [inspectionOf({ term: term(1), leaderId: isWrong ? null : N2 }, { state })]);
      },
    }),
  ),
];

const OF_STEPS: readonly Example[] = [
  {
    property: 'S10',
    text: 'the term falls',
    play: (isWrong, report) => {
      const later = inspectionOf({ term: term(isWrong ? 1 : 3) });
      watch(report, [inspectionOf({ term: term(2) }), later]);
    },
  },
  {
    property: 'S10',
    text: 'the commit index falls',
    play: (isWrong, report) => {
      const at = (commit: number) =>
        inspectionOf({ log: logOf([1, 1]), commitIndex: index(commit) });
      watch(report, [at(1), at(isWrong ? 0 : 2)], { committed: [1, 1] });
    },
  },
  {
    property: 'S10',
    text: 'what is applied is taken back',
    play: (isWrong, report) => {
      const state = { log: logOf([1, 1]), commitIndex: index(2) };
      const at = (lastApplied: number) => inspectionOf(state, { lastApplied });
      watch(report, [at(1), at(isWrong ? 0 : 2)], { committed: [1, 1] });
    },
  },
  {
    property: 'S11',
    text: 'a vote changes in memory',
    play: (isWrong, report) => {
      const before = inspectionOf({ term: term(1), votedFor: N2 });
      const after = inspectionOf({ term: term(isWrong ? 1 : 2), votedFor: N1 });
      watch(report, [before, after]);
    },
  },
  {
    property: 'S02',
    text: 'a leader takes back an entry of its log',
    play: (isWrong, report) => {
      const before = inspectionOf({ ...leading(2), log: logOf([1, 2]) }, LEADS);
      const after = inspectionOf({ ...leading(2), log: logOf(isWrong ? [1] : [1, 2, 2]) }, LEADS);
      watch(report, [before, after]);
    },
  },
  {
    property: 'S16',
    text: 'what was committed is truncated',
    play: (isWrong, report) => {
      const commit = { commitIndex: index(1) };
      const before = inspectionOf({ log: logOf([1, 1]), ...commit });
      const after = inspectionOf({ log: logOf(isWrong ? [2] : [1]), ...commit });
      watch(report, [before, after], { committed: [1] });
    },
  },
];

const OF_COMMITS: readonly Example[] = [
  {
    property: 'S04',
    text: 'a leader lacks an entry that was committed before its term',
    play: (isWrong, report) => {
      const log = logOf(isWrong ? [1] : [1, 1]);
      watch(report, [inspectionOf({ ...leading(2), log }, LEADS)], { committed: [1, 1] });
    },
  },
  {
    property: 'S04',
    text: 'a leader holds another entry where one was committed before its term',
    play: (isWrong, report) => {
      const log = logOf(isWrong ? [1, 2] : [1, 1]);
      watch(report, [inspectionOf({ ...leading(3), log }, LEADS)], { committed: [1, 1] });
    },
  },
  {
    property: 'S04',
    text: 'a leader lacks what was committed, and not only in its own term or later',
    play: (isWrong, report) => {
      const leader = { ...leading(isWrong ? 2 : 1), log: logOf([1]) };
      watch(report, [inspectionOf(leader, LEADS)], { committed: [1, 1] });
    },
  },
  {
    property: 'S07',
    text: 'a leader commits what lies on its own disk alone',
    play: (isWrong, report) => {
      const disks = isWrong ? { n1: FULL.n1 } : FULL;
      const state = { ...leading(1), log: logOf([1, 1]), commitIndex: index(2) };
      watch(report, [inspectionOf(state, LEADS)], { disks });
    },
  },
  {
    property: 'S08',
    text: 'a leader commits an entry of an earlier term by counting',
    play: (isWrong, report) => {
      const disks = { n1: diskOf(appended([1, 2])), n2: diskOf(appended([1, 2])) };
      const state = { ...leading(2), log: logOf([1, 2]), commitIndex: index(isWrong ? 1 : 2) };
      watch(report, [inspectionOf(state, LEADS)], { disks });
    },
  },
  {
    property: 'S09',
    text: 'a follower learns of a commit that no leader has made',
    play: (isWrong, report) => {
      const state = { log: logOf([1, 1]), commitIndex: index(isWrong ? 2 : 1) };
      watch(report, [inspectionOf(state)], { committed: [1] });
    },
  },
];

const OF_PEERS: readonly Example[] = [
  {
    property: 'S19',
    text: 'a leader believes that a peer holds what is not on its disk',
    play: (isWrong, report) => {
      const disks = { ...FULL, n2: diskOf(appended([1])) };
      believe(report, [{ matchIndex: index(isWrong ? 2 : 1) }], disks);
    },
  },
  {
    property: 'S19',
    text: 'a leader believes that a peer holds what is another entry on its disk',
    play: (isWrong, report) => {
      // A peer that has moved on to a later term may have overwritten what it held; this leader is none any more.
      const disks = { ...FULL, n2: diskOf(appended([1, 2]), voted(isWrong ? 1 : 2, null)) };
      believe(report, [{ matchIndex: index(2) }], disks);
    },
  },
  {
    property: 'S20',
    text: 'the next entry for a peer is one that it holds',
    play: (isWrong, report) => {
      believe(report, [{ matchIndex: index(1), nextIndex: index(isWrong ? 1 : 2) }]);
    },
  },
  {
    property: 'S20',
    text: 'what a peer holds falls within a leadership',
    play: (isWrong, report) => {
      const after = { matchIndex: index(1), term: term(isWrong ? 1 : 2) };
      believe(report, [{ matchIndex: index(2) }, after]);
    },
  },
  {
    property: 'S36',
    text: 'more messages are under way than may be',
    play: (isWrong, report) => believe(report, [underWay(isWrong ? [1, 1, 1] : [1, 1])]),
  },
  {
    property: 'S36',
    text: 'more bytes are under way than may be when another message is sent',
    play: (isWrong, report) => believe(report, [underWay(isWrong ? [7, 1] : [6, 9])]),
  },
];

export const OF_NODES: readonly Example[] = [...OF_PLACES, ...OF_STEPS, ...OF_COMMITS, ...OF_PEERS];
