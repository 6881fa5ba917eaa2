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
  endedAs,
  inspectionOf,
  leading,
  N1,
  N2,
  type Situation,
  voted,
} from './example.ts';

interface Watched {
  readonly seen: readonly NodeInspection[];
  /** By node; whoever is not named has an empty disk. */
  readonly disks?: Readonly<Record<string, DurableLog>>;
  /** The terms of what was committed before, all of it in term 1. */
  readonly committed?: readonly number[];
}

/** The checks are shown one inspection of `n1` after the other. */
function watched(property: string, text: string, watching: (isWrong: boolean) => Watched): Example {
  return { property, text, play: (isWrong, report) => watch(report, watching(isWrong)) };
}

function watch(report: Report, { seen, disks = {}, committed = [] }: Watched): void {
  const history = new History(report);
  for (const [at, entryTerm] of committed.entries()) {
    history.noteCommitted(N2, at + 1, { term: entryTerm, inTerm: 1 });
  }
  const durableOf = (id: NodeId): DurableLog => disks[id] ?? diskOf();
  const options = { history, report, durableOf, sometimes: new SometimesLog() };
  const invariants = new Invariants({ id: N1, durable: durableOf(N1) }, options);
  for (const inspection of seen) {
    const { leads, raft } = inspection;
    // Whoever leads was elected.
    if (leads && raft !== null) for (const id of [N1, N2]) history.noteVote(id, raft.term, N1);
    invariants.check(inspection);
  }
}

const LEADS: Situation = { leads: true };
const FULL = { n1: diskOf(appended([1, 1])), n2: diskOf(appended([1, 1])) };

/** A leader of term 1 with two entries, and what it believes of `n2`, step by step. */
function believes(...beliefs: readonly Partial<ReplicationState>[]): Watched {
  const seen = beliefs.map((belief) => {
    const replication: ReplicationState = {
      peer: N2,
      term: term(1),
      matchIndex: index(0),
      nextIndex: index(3),
      baseIndex: index(0),
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
  return { seen, disks: FULL };
}

function underWay(bytes: readonly number[]): Partial<ReplicationState> {
  const inflight = bytes.map((size, at) => ({ throughIndex: index(at + 1), bytes: size }));
  return { inflight, inflightBytes: bytes.reduce((sum, size) => sum + size, 0) };
}

const OF_PLACES: readonly Example[] = [
  watched('S15', 'more is applied than committed', (isWrong) => {
    const state = { log: logOf([1]), commitIndex: index(isWrong ? 0 : 1) };
    return { seen: [inspectionOf(state, { lastApplied: 1 })], committed: [1] };
  }),
  watched('S15', 'more is committed than the log holds', (isWrong) => {
    const state = { log: logOf(isWrong ? [1] : [1, 1]), commitIndex: index(1) };
    const ahead = { ...state, commitIndex: index(2) };
    // An entry that is not there has the term 0 in the eyes of the other checks, which have nothing to say then.
    const committed = isWrong ? [1, 0] : [1, 1];
    return { seen: [inspectionOf(state), inspectionOf(ahead)], committed };
  }),
  watched('S15', 'more is on the disk than in the log', (isWrong) => ({
    seen: [inspectionOf({ log: logOf([1]), durableIndex: index(isWrong ? 2 : 1) })],
  })),
  watched('S37', 'a leader follows another', (isWrong) => ({
    seen: [inspectionOf({ ...leading(1), leaderId: isWrong ? N2 : N1 }, LEADS)],
  })),
  watched('S37', 'a leader has not voted for itself', (isWrong) => ({
    seen: [inspectionOf({ ...leading(1), votedFor: isWrong ? N2 : N1 }, LEADS)],
  })),
  ...['follower.leaderless', 'preCandidate', 'candidate'].map((state) =>
    watched('S44', `${state}, a node names a leader`, (isWrong) => ({
      seen: [inspectionOf({ term: term(1), leaderId: isWrong ? N2 : null }, { state })],
    })),
  ),
  ...['follower.loyal', 'follower.doubtful'].map((state) =>
    watched('S44', `${state}, a node names no leader`, (isWrong) => ({
      seen: [inspectionOf({ term: term(1), leaderId: isWrong ? null : N2 }, { state })],
    })),
  ),
];

const OF_STEPS: readonly Example[] = [
  watched('S10', 'the term falls', (isWrong) => ({
    seen: [2, isWrong ? 1 : 3].map((ofTerm) => inspectionOf({ term: term(ofTerm) })),
  })),
  watched('S10', 'the commit index falls', (isWrong) => ({
    seen: [1, isWrong ? 0 : 2].map((commitIndex) =>
      inspectionOf({ log: logOf([1, 1]), commitIndex: index(commitIndex) }),
    ),
    committed: [1, 1],
  })),
  watched('S10', 'what is applied is taken back', (isWrong) => ({
    seen: [1, isWrong ? 0 : 2].map((lastApplied) =>
      inspectionOf({ log: logOf([1, 1]), commitIndex: index(2) }, { lastApplied }),
    ),
    committed: [1, 1],
  })),
  watched('S11', 'a vote changes in memory', (isWrong) => ({
    seen: [
      inspectionOf({ term: term(1), votedFor: N2 }),
      inspectionOf({ term: term(isWrong ? 1 : 2), votedFor: N1 }),
    ],
  })),
  watched('S02', 'a leader takes back an entry of its log', (isWrong) => ({
    seen: [[1, 2], isWrong ? [1] : [1, 2, 2]].map((terms) =>
      inspectionOf({ ...leading(2), log: logOf(terms) }, LEADS),
    ),
  })),
  watched('S16', 'what was committed is truncated', (isWrong) => ({
    seen: [[1, 1], isWrong ? [2] : [1]].map((terms) =>
      inspectionOf({ log: logOf(terms), commitIndex: index(1) }),
    ),
    committed: [1],
  })),
];

const OF_COMMITS: readonly Example[] = [
  watched('S04', 'a leader lacks an entry that was committed before its term', (isWrong) => ({
    seen: [inspectionOf({ ...leading(2), log: logOf(isWrong ? [1] : [1, 1]) }, LEADS)],
    committed: [1, 1],
  })),
  watched('S04', 'a leader holds another entry where one was committed', (isWrong) => ({
    seen: [inspectionOf({ ...leading(3), log: logOf(isWrong ? [1, 2] : [1, 1]) }, LEADS)],
    committed: [1, 1],
  })),
  watched('S04', 'a leader lacks what was committed earlier than in its own term', (isWrong) => ({
    seen: [inspectionOf({ ...leading(isWrong ? 2 : 1), log: logOf([1]) }, LEADS)],
    committed: [1, 1],
  })),
  watched('S07', 'a leader commits what lies on its own disk alone', (isWrong) => {
    const state = { ...leading(1), log: logOf([1, 1]), commitIndex: index(2) };
    return { seen: [inspectionOf(state, LEADS)], disks: isWrong ? { n1: FULL.n1 } : FULL };
  }),
  watched('S07', 'a leader commits in the step in which it halts', (isWrong) => {
    const state = { ...leading(1), log: logOf([1, 1]) };
    const last = inspectionOf({ ...state, commitIndex: index(2) }, LEADS);
    return {
      seen: [inspectionOf(state, LEADS), endedAs(last)],
      disks: isWrong ? { n1: FULL.n1 } : FULL,
    };
  }),
  watched('S08', 'a leader commits an entry of an earlier term by counting', (isWrong) => {
    const disks = { n1: diskOf(appended([1, 2])), n2: diskOf(appended([1, 2])) };
    const state = { ...leading(2), log: logOf([1, 2]), commitIndex: index(isWrong ? 1 : 2) };
    return { seen: [inspectionOf(state, LEADS)], disks };
  }),
  watched('S09', 'a follower learns of a commit that no leader has made', (isWrong) => ({
    seen: [inspectionOf({ log: logOf([1, 1]), commitIndex: index(isWrong ? 2 : 1) })],
    committed: [1],
  })),
];

const OF_PEERS: readonly Example[] = [
  watched('S19', 'a leader believes that a peer holds what is not on its disk', (isWrong) => ({
    ...believes({ matchIndex: index(isWrong ? 2 : 1) }),
    disks: { ...FULL, n2: diskOf(appended([1])) },
  })),
  watched('S19', 'a leader believes that a peer holds what is another entry there', (isWrong) => ({
    ...believes({ matchIndex: index(2) }),
    // A peer that has moved on to a later term may have overwritten what it held; this leader is none any more.
    disks: { ...FULL, n2: diskOf(appended([1, 2]), voted(isWrong ? 1 : 2, null)) },
  })),
  watched('S20', 'the next entry for a peer is one that it holds', (isWrong) =>
    believes({ matchIndex: index(1), nextIndex: index(isWrong ? 1 : 2) }),
  ),
  watched('S20', 'what a peer holds falls within a leadership', (isWrong) =>
    believes({ matchIndex: index(2) }, { matchIndex: index(1), term: term(isWrong ? 1 : 2) }),
  ),
  watched('S36', 'more messages are under way than may be', (isWrong) =>
    believes(underWay(isWrong ? [1, 1, 1] : [1, 1])),
  ),
  watched('S36', 'more bytes are under way than may be when another is sent', (isWrong) =>
    believes(underWay(isWrong ? [7, 1] : [6, 9])),
  ),
];

export const OF_NODES: readonly Example[] = [...OF_PLACES, ...OF_STEPS, ...OF_COMMITS, ...OF_PEERS];
