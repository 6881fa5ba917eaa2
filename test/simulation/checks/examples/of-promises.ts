/** Messages that promise what is not on the disk of their sender, or answer what was not asked. */
import { foundingMembership } from '../../../../src/core/configuration.ts';
import type { Message } from '../../../../src/core/message.ts';
import type { RaftState } from '../../../../src/core/raft-state.ts';
import { index, type NodeId, term } from '../../../../src/core/types.ts';
import { withConfigurations } from '../../../../src/rules/configurations.ts';
import type { DatabaseChange } from '../../../../src/storage/disk/database.ts';
import { History } from '../../../../src/testing/simulation/checks/history.ts';
import { checkPromise } from '../../../../src/testing/simulation/checks/promises.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../../../src/testing/simulation/runtime/sometimes.ts';
import { logOf, raftState } from '../../../machines/harness.ts';
import { appended, diskOf, type Example, leading, N1, N2, N3, voted } from './example.ts';

interface Said {
  readonly message: Message;
  /** What was written to the disk of `n1`. */
  readonly disk: readonly (readonly DatabaseChange[])[];
  /** What `n1` has in memory. */
  readonly raft?: Partial<RaftState>;
  /** What was written to the disk of `n2`; that of `n3` is empty. */
  readonly other?: readonly DatabaseChange[];
  /** What the run has seen. */
  readonly seen?: (history: History) => void;
}

/** `n1` says something to `n2`. */
function said(property: string, text: string, saying: (isWrong: boolean) => Said): Example {
  return { property, text, play: (isWrong, report) => say(report, saying(isWrong)) };
}

/** The vote on the disk of `n1` was noted when it was cast. */
function say(report: Report, { message, disk, raft, other = [], seen }: Said): void {
  const history = new History(report);
  const durable = diskOf(...disk);
  const { term: ofTerm, votedFor } = durable.hardState;
  if (votedFor !== null) history.noteVote(N1, ofTerm, votedFor);
  seen?.(history);
  const disks = new Map([
    [N1, durable],
    [N2, diskOf(other)],
  ]);
  const durableOf = (id: NodeId) => disks.get(id) ?? diskOf();
  const checks = { history, report, durableOf, sometimes: new SometimesLog() };
  checkPromise(checks, { id: N1, durable, raft: raftState(raft) }, { to: N2, message });
}

const TERM_2 = term(2);
const HELD = appended([1, 1]);
const LAST = { term: term(1), index: index(2) };
const PAST_THE_END = { term: term(1), index: index(3) };
const NEVER_WRITTEN = { term: TERM_2, index: index(2) };

function accepted(matchIndex: number): Message {
  const result = { accepted: true, matchIndex: index(matchIndex) } as const;
  return { type: 'AppendEntriesReply', term: TERM_2, round: 1, prevIndex: index(0), result };
}

/** Says that a command was appended as the third entry. */
const APPENDED: Message = {
  type: 'ProposeReply',
  term: TERM_2,
  requestId: 1,
  firstIndex: index(3),
};

/** `n1`, which leads term 2 with two entries of term 1, lets `n2` read at this index. */
function readAt(readIndex: number): Said {
  return {
    message: { type: 'ReadIndexReply', term: TERM_2, requestId: 1, readIndex: index(readIndex) },
    disk: [HELD, voted(2, N1)],
    raft: { ...leading(2), log: logOf([1, 1]) },
  };
}

/** All three count until `n2` goes with the entry of this index. */
function withoutN2From(at: number): Pick<RaftState, 'configuration' | 'configurations'> {
  const { configuration } = raftState();
  return withConfigurations([
    foundingMembership(configuration, index(0)),
    foundingMembership({ ...configuration, voters: [N1, N3] }, index(at)),
  ]);
}

const OF_VOTES: readonly Example[] = [
  said('S12', 'a candidate has not voted for itself on its disk', (isWrong) => ({
    disk: [HELD, voted(2, isWrong ? null : N1)],
    message: { type: 'RequestVote', term: TERM_2, lastLog: LAST, transfer: false },
  })),
  said('S12', 'a vote is granted that is not on the disk', (isWrong) => ({
    disk: [HELD, voted(2, isWrong ? N1 : N2)],
    message: { type: 'RequestVoteReply', term: TERM_2, granted: true },
  })),
  said(
    'S12',
    'a vote that is kept by a newer term is granted after it went to another',
    (isWrong) => ({
      disk: [HELD, voted(3, N1)],
      message: { type: 'RequestVoteReply', term: TERM_2, granted: true },
      seen: (history) => {
        if (isWrong) history.noteVote(N1, 2, N3);
      },
    }),
  ),
  said('S12', 'a refusal names a term that is not on the disk', (isWrong) => ({
    disk: [HELD, voted(isWrong ? 1 : 2, null)],
    message: { type: 'RequestVoteReply', term: TERM_2, granted: false },
  })),
  said('S12', 'a pre-vote is refused in a term that is not on the disk', (isWrong) => ({
    disk: [voted(isWrong ? 1 : 2, null)],
    message: { type: 'PreVoteReply', term: TERM_2, round: 1, granted: false },
  })),
  said('S42', 'a pre-vote is granted for a term that is not newer', (isWrong) => ({
    disk: [voted(2, null)],
    message: { type: 'PreVoteReply', term: TERM_2, round: 4, granted: true },
    seen: (history) => history.notePreVote(N2, 4, isWrong ? 2 : 3),
  })),
  said('S13', 'a pre-vote names a log that is longer than the one on the disk', (isWrong) => ({
    disk: [HELD],
    message: {
      type: 'PreVote',
      term: TERM_2,
      lastLog: isWrong ? PAST_THE_END : LAST,
      round: 1,
    },
  })),
  said('S13', 'a candidate names a log of a later term than the one on the disk', (isWrong) => ({
    disk: [HELD, voted(2, N1)],
    message: {
      type: 'RequestVote',
      term: TERM_2,
      lastLog: isWrong ? NEVER_WRITTEN : LAST,
      transfer: false,
    },
  })),
];

const OF_ENTRIES: readonly Example[] = [
  said('S12', 'a leader speaks in a term that is not on its disk', (isWrong) => ({
    disk: [HELD, voted(isWrong ? 1 : 2, N1)],
    message: {
      type: 'AppendEntries',
      term: TERM_2,
      prevLog: LAST,
      lastIndex: index(2),
      commitIndex: index(0),
      round: 1,
    },
  })),
  said('S12', 'a follower vouches for more than its disk holds', (isWrong) => ({
    disk: [HELD, voted(2, null)],
    message: accepted(isWrong ? 3 : 2),
  })),
  said('S12', 'a follower answers in a term that is not on its disk', (isWrong) => ({
    disk: [HELD, voted(isWrong ? 1 : 2, null)],
    message: accepted(1),
  })),
  said('S12', 'a follower vouches for an entry that is not the one of its leader', (isWrong) => ({
    disk: [HELD, voted(2, null)],
    message: accepted(2),
    seen: (history) => history.noteLog(2, logOf(isWrong ? [1, 2] : [1, 1])),
  })),
];

const OF_CALLS: readonly Example[] = [
  said('S12', 'a command is refused in a term that is not on the disk', (isWrong) => ({
    disk: [voted(isWrong ? 1 : 2, null)],
    message: { type: 'ProposeReply', term: TERM_2, requestId: 1, firstIndex: null },
  })),
  said('S12', 'a read is asked for in a term that is not on the disk', (isWrong) => ({
    disk: [voted(isWrong ? 1 : 2, null)],
    message: { type: 'ReadIndex', term: TERM_2, requestId: 1 },
  })),
  said('S40', 'a leader names a place that its log has filled in an earlier term', (isWrong) => ({
    disk: [HELD, voted(2, N1)],
    message: APPENDED,
    raft: { ...leading(2), log: logOf(isWrong ? [1, 1, 1] : [1, 1, 2]) },
  })),
  said('S40', 'a leader names a place that was committed before', (isWrong) => ({
    disk: [voted(2, N1)],
    message: APPENDED,
    raft: { ...leading(2), log: logOf([2, 2, 2]) },
    seen: (history) => {
      for (const at of isWrong ? [1, 2, 3] : [1, 2]) {
        history.noteCommitted(N1, at, { term: 2, inTerm: 2 });
      }
    },
  })),
  said('S41', 'a reader is let read what was old when it asked', (isWrong) => ({
    ...readAt(1),
    other: HELD,
    seen: (history) => {
      history.noteCommitted(N1, 1, { term: 1, inTerm: 2 });
      if (!isWrong) history.noteReadAsked(N2, 1);
      history.noteCommitted(N1, 2, { term: 1, inTerm: 2 });
      if (isWrong) history.noteReadAsked(N2, 1);
    },
  })),
  said('S41', 'a reader is let read what lies on no quorum of disks', (isWrong) => ({
    ...readAt(2),
    other: isWrong ? [] : HELD,
  })),
  said(
    'S41',
    'whoever passes on what a leader let read passes on what is not committed',
    (isWrong) => ({
      ...readAt(2),
      raft: { ...leading(2), leaderId: N3, log: logOf([1, 1]) },
      seen: (history) => {
        for (const at of isWrong ? [1] : [1, 2]) {
          history.noteCommitted(N3, at, { term: 1, inTerm: 2 });
        }
      },
    }),
  ),
  said('S41', 'a reader is let read what only an older configuration holds', (isWrong) => ({
    ...readAt(2),
    other: HELD,
    raft: { ...leading(2), log: logOf([1, 1, 2]), ...withoutN2From(isWrong ? 2 : 3) },
  })),
];

export const OF_PROMISES: readonly Example[] = [...OF_VOTES, ...OF_ENTRIES, ...OF_CALLS];
