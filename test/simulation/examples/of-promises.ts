/** Messages that promise what is not on the disk of their sender. */
import type { Message } from '../../../src/core/message.ts';
import { index, term } from '../../../src/core/types.ts';
import type { DurableLog } from '../../../src/testing/simulation/checks/durable-log.ts';
import { History } from '../../../src/testing/simulation/checks/history.ts';
import { checkPromise } from '../../../src/testing/simulation/checks/promises.ts';
import type { Report } from '../../../src/testing/simulation/checks/violation.ts';
import { SometimesLog } from '../../../src/testing/simulation/sometimes.ts';
import { appended, diskOf, type Example, N1, N2, voted } from './example.ts';

/** `n1` says this to `n2`, having voted for itself in term 2 and, with `helped`, for `n2`. */
function say(report: Report, durable: DurableLog, message: Message): void {
  const history = new History(report);
  const { term: ofTerm, votedFor } = durable.hardState;
  if (votedFor !== null) history.noteVote(N1, ofTerm, votedFor);
  const checks = { history, report, sometimes: new SometimesLog() };
  checkPromise(checks, { id: N1, durable }, { to: N2, message });
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

export const OF_PROMISES: readonly Example[] = [
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
