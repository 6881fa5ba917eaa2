/** Messages that promise what is not on the disk of their sender, or answer what was not asked. */
import type { Message } from '../../../../src/core/message.ts';
import type { RaftState } from '../../../../src/core/raft-state.ts';
import { index, type NodeId, term } from '../../../../src/core/types.ts';
import type { DurableLog } from '../../../../src/testing/simulation/checks/durable-log.ts';
import { History } from '../../../../src/testing/simulation/checks/history.ts';
import { checkPromise } from '../../../../src/testing/simulation/checks/promises.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../../../src/testing/simulation/runtime/sometimes.ts';
import { logOf, raftState } from '../../../machines/harness.ts';
import { appended, diskOf, type Example, leading, N1, N2, voted } from './example.ts';

interface Before {
  /** What `n1` has in memory. */
  readonly raft?: Partial<RaftState>;
  /** The disk of `n2`; that of `n3` is empty. */
  readonly other?: DurableLog;
  /** What the run has seen. */
  readonly seen?: (history: History) => void;
}

/** `n1` says this to `n2`; the vote on its disk was noted when it was cast. */
function say(report: Report, durable: DurableLog, message: Message, before: Before = {}): void {
  const history = new History(report);
  const { term: ofTerm, votedFor } = durable.hardState;
  if (votedFor !== null) history.noteVote(N1, ofTerm, votedFor);
  before.seen?.(history);
  const disks = new Map([
    [N1, durable],
    [N2, before.other ?? diskOf()],
  ]);
  const durableOf = (id: NodeId): DurableLog => disks.get(id) ?? diskOf();
  const checks = { history, report, durableOf, sometimes: new SometimesLog() };
  checkPromise(checks, { id: N1, durable, raft: raftState(before.raft) }, { to: N2, message });
}

const LAST = { term: term(1), index: index(2) };
const PAST_THE_END = { term: term(1), index: index(3) };
const NEVER_WRITTEN = { term: term(2), index: index(2) };
const HELD = appended([1, 1]);

function accepted(matchIndex: number): Message {
  return {
    type: 'AppendEntriesReply',
    term: term(2),
    round: 1,
    prevIndex: index(0),
    result: { accepted: true, matchIndex: index(matchIndex) },
  };
}

const OF_ANSWERS: readonly Example[] = [
  {
    property: 'S12',
    text: 'a follower vouches for an entry that is not the one of its leader',
    play: (isWrong, report) => {
      const log = logOf(isWrong ? [1, 2] : [1, 1]);
      const seen = (history: History): void => history.noteLog(2, log);
      say(report, diskOf(HELD, voted(2, null)), accepted(2), { seen });
    },
  },
  {
    property: 'S12',
    text: 'a pre-vote is refused in a term that is not on the disk',
    play: (isWrong, report) => {
      const reply = { type: 'PreVoteReply', term: term(2), round: 1, granted: false } as const;
      say(report, diskOf(voted(isWrong ? 1 : 2, null)), reply);
    },
  },
  {
    property: 'S12',
    text: 'a command is refused in a term that is not on the disk',
    play: (isWrong, report) => {
      const refused = { requestId: 1, firstIndex: null };
      const disk = diskOf(voted(isWrong ? 1 : 2, null));
      say(report, disk, { type: 'ProposeReply', term: term(2), ...refused });
    },
  },
  {
    property: 'S12',
    text: 'a read is asked for in a term that is not on the disk',
    play: (isWrong, report) => {
      const disk = diskOf(voted(isWrong ? 1 : 2, null));
      say(report, disk, { type: 'ReadIndex', term: term(2), requestId: 1 });
    },
  },
  {
    property: 'S40',
    text: 'a leader names a place that its log has filled in an earlier term',
    play: (isWrong, report) => {
      const raft = { ...leading(2), log: logOf(isWrong ? [1, 1, 1] : [1, 1, 2]) };
      const appendedAt = { requestId: 1, firstIndex: index(3) };
      const disk = diskOf(HELD, voted(2, N1));
      say(report, disk, { type: 'ProposeReply', term: term(2), ...appendedAt }, { raft });
    },
  },
  {
    property: 'S40',
    text: 'a leader names a place that was committed before',
    play: (isWrong, report) => {
      const raft = { ...leading(2), log: logOf([2, 2, 2]) };
      const seen = (history: History): void => {
        for (const at of isWrong ? [1, 2, 3] : [1, 2]) {
          history.noteCommitted(N1, at, { term: 2, inTerm: 2 });
        }
      };
      const appendedAt = { requestId: 1, firstIndex: index(3) };
      const disk = diskOf(voted(2, N1));
      say(report, disk, { type: 'ProposeReply', term: term(2), ...appendedAt }, { raft, seen });
    },
  },
  {
    property: 'S41',
    text: 'a reader is let read what is older than what was committed when it asked',
    play: (isWrong, report) => {
      const seen = (history: History): void => {
        history.noteCommitted(N1, 1, { term: 1, inTerm: 2 });
        if (!isWrong) history.noteReadAsked(N2, 1);
        history.noteCommitted(N1, 2, { term: 1, inTerm: 2 });
        if (isWrong) history.noteReadAsked(N2, 1);
      };
      readAt(report, 1, { seen, other: diskOf(HELD) });
    },
  },
  {
    property: 'S41',
    text: 'a reader is let read what lies on no quorum of disks',
    play: (isWrong, report) => readAt(report, 2, isWrong ? {} : { other: diskOf(HELD) }),
  },
  {
    property: 'S42',
    text: 'a pre-vote is granted for a term that is not newer',
    play: (isWrong, report) => {
      const seen = (history: History): void => history.notePreVote(N2, 4, isWrong ? 2 : 3);
      const reply = { type: 'PreVoteReply', term: term(2), round: 4, granted: true } as const;
      say(report, diskOf(voted(2, null)), reply, { seen });
    },
  },
];

/** `n1`, which leads term 2 with two entries of term 1, lets `n2` read at this index. */
function readAt(report: Report, readIndex: number, before: Before): void {
  const reply = { type: 'ReadIndexReply', requestId: 1, readIndex: index(readIndex) } as const;
  const raft = { ...leading(2), log: logOf([1, 1]) };
  say(report, diskOf(HELD, voted(2, N1)), { ...reply, term: term(2) }, { raft, ...before });
}

export const OF_PROMISES: readonly Example[] = [
  ...OF_ANSWERS,
  {
    property: 'S12',
    text: 'a candidate has not voted for itself on its disk',
    play: (isWrong, report) => {
      const disk = diskOf(HELD, voted(2, isWrong ? null : N1));
      say(report, disk, { type: 'RequestVote', term: term(2), lastLog: LAST });
    },
  },
  {
    property: 'S12',
    text: 'a vote is granted that is not on the disk',
    play: (isWrong, report) => {
      const disk = diskOf(HELD, voted(2, isWrong ? N1 : N2));
      say(report, disk, { type: 'RequestVoteReply', term: term(2), granted: true });
    },
  },
  {
    property: 'S12',
    text: 'a refusal names a term that is not on the disk',
    play: (isWrong, report) => {
      const disk = diskOf(HELD, voted(isWrong ? 1 : 2, null));
      say(report, disk, { type: 'RequestVoteReply', term: term(2), granted: false });
    },
  },
  {
    property: 'S12',
    text: 'a leader speaks in a term that is not on its disk',
    play: (isWrong, report) => {
      const disk = diskOf(HELD, voted(isWrong ? 1 : 2, N1));
      const entries = { prevLog: LAST, lastIndex: index(2), commitIndex: index(0), round: 1 };
      say(report, disk, { type: 'AppendEntries', term: term(2), ...entries });
    },
  },
  {
    property: 'S12',
    text: 'a follower vouches for more than its disk holds',
    play: (isWrong, report) => {
      say(report, diskOf(HELD, voted(2, null)), accepted(isWrong ? 3 : 2));
    },
  },
  {
    property: 'S12',
    text: 'a follower answers in a term that is not on its disk',
    play: (isWrong, report) => {
      say(report, diskOf(HELD, voted(isWrong ? 1 : 2, null)), accepted(1));
    },
  },
  {
    property: 'S13',
    text: 'a pre-vote names a log that is longer than the one on the disk',
    play: (isWrong, report) => {
      const lastLog = isWrong ? PAST_THE_END : LAST;
      say(report, diskOf(HELD), { type: 'PreVote', term: term(2), lastLog, round: 1 });
    },
  },
  {
    property: 'S13',
    text: 'a candidate names a log of a later term than the one on the disk',
    play: (isWrong, report) => {
      const lastLog = isWrong ? NEVER_WRITTEN : LAST;
      say(report, diskOf(HELD, voted(2, N1)), { type: 'RequestVote', term: term(2), lastLog });
    },
  },
];
