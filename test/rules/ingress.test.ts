/** The gate in front of the raft chart: every message against older, equal and newer terms (§3.3, §4.2.3). */

import { expect, it } from 'vitest';
import { TERM_LEAD_MAX } from '../../src/core/limits.ts';
import type { Message } from '../../src/core/message.ts';
import { index, term } from '../../src/core/types.ts';
import { type Admission, admit } from '../../src/rules/ingress.ts';

const entry = { term: term(1), index: index(1) };

const MESSAGES: readonly ((of: number) => Message)[] = [
  (of) => ({ type: 'PreVote', term: term(of), lastLog: entry, round: 1 }),
  (of) => ({ type: 'PreVoteReply', term: term(of), round: 1, granted: true }),
  (of) => ({ type: 'RequestVote', term: term(of), lastLog: entry, transfer: false }),
  (of) => ({ type: 'RequestVoteReply', term: term(of), granted: true }),
  (of) => ({
    type: 'AppendEntries',
    term: term(of),
    prevLog: entry,
    lastIndex: index(1),
    commitIndex: index(1),
    round: 1,
  }),
  (of) => ({
    type: 'AppendEntriesReply',
    term: term(of),
    round: 1,
    prevIndex: index(1),
    result: { accepted: true, matchIndex: index(1) },
  }),
  (of) => ({ type: 'Propose', term: term(of), requestId: 1, count: 1 }),
  (of) => ({ type: 'ProposeReply', term: term(of), requestId: 1, firstIndex: null }),
  (of) => ({ type: 'ReadIndex', term: term(of), requestId: 1 }),
  (of) => ({ type: 'ReadIndexReply', term: term(of), requestId: 1, readIndex: null }),
  (of) => ({ type: 'Ping', term: term(of) }),
  (of) => ({ type: 'TimeoutNow', term: term(of), lastLog: entry }),
  (of) => ({ type: 'TransferLeadership', term: term(of), requestId: 1, to: null }),
  (of) => ({ type: 'TransferLeadershipReply', term: term(of), requestId: 1, reason: 'inVain' }),
  (of) => ({
    ...{ type: 'ChangeMembers', term: term(of), requestId: 1, isAgain: false },
    ...{ add: [], promote: [], remove: [] },
  }),
  (of) => ({
    ...{ type: 'ChangeMembersReply', term: term(of), requestId: 1, refusal: null },
    ...{ voters: [], learners: [] },
  }),
  (of) => ({
    ...{ type: 'SnapshotOffer', term: term(of), lastEntry: entry, timeMs: 0, chunkCount: 1 },
    ...{ bytes: 1, checksum: 1 },
  }),
  (of) => ({ type: 'PullChunk', term: term(of), lastEntry: entry, checksum: 1, chunk: 0 }),
  (of) => ({ type: 'SnapshotChunk', term: term(of), chunk: 0, offset: 0, size: 1 }),
  (of) => ({ type: 'SnapshotGone', term: term(of) }),
];

/** What happens to each type of message of that term at a node in term 5. */
function admissions(
  of: number,
  isLoyal: boolean,
  checkQuorum = true,
  leaseReads = false,
): Readonly<Record<string, Admission>> {
  const standing = {
    ...{ term: term(5), isLoyal, leads: false },
    protocol: { preVote: true, checkQuorum, leaseReads },
  };
  return Object.fromEntries(
    MESSAGES.map((make) => make(of)).map((message) => [message.type, admit(standing, message)]),
  );
}

const drop: Admission = { type: 'drop' };
/** What belongs on a connection of its own. */
const ASIDE = { Ping: drop, PullChunk: drop, SnapshotChunk: drop, SnapshotGone: drop };
const deliver: Admission = { type: 'deliver', newerTerm: null };
const deliverNewer: Admission = { type: 'deliver', newerTerm: term(6) };
const observe: Admission = { type: 'observe', newerTerm: term(6) };

it('[EL16] [A19] a message of a term that no cluster could have reached changes nothing', () => {
  const all = Object.values(admissions(5 + TERM_LEAD_MAX + 1, false));
  expect(all).toEqual(all.map(() => drop));
  expect(admissions(5 + TERM_LEAD_MAX, false).RequestVote).toMatchObject({ type: 'deliver' });
});

it('[EL2] a message of a newer term makes its receiver observe that term first', () => {
  expect(admissions(6, false)).toEqual({
    PreVote: deliver,
    PreVoteReply: deliverNewer,
    RequestVote: deliverNewer,
    RequestVoteReply: deliver,
    AppendEntries: deliverNewer,
    AppendEntriesReply: observe,
    Propose: deliverNewer,
    ProposeReply: deliverNewer,
    ReadIndex: deliverNewer,
    ReadIndexReply: deliverNewer,
    ...ASIDE,
    SnapshotOffer: deliverNewer,
    TimeoutNow: deliverNewer,
    TransferLeadership: deliverNewer,
    TransferLeadershipReply: deliverNewer,
    ChangeMembers: deliverNewer,
    ChangeMembersReply: deliverNewer,
  });
});

it('[EL13] a node with a live leader ignores a candidate of a newer term, and nothing else', () => {
  expect(admissions(6, true)).toEqual({ ...admissions(6, false), RequestVote: drop });
  expect(admissions(5, true)).toEqual(admissions(5, false));
  expect(admissions(4, true)).toEqual(admissions(4, false));
});

it('[LT8] a vote of a newer term, which nobody asked for, is heard in the present one; a refusal only says the term', () => {
  const refusal: Message = { type: 'RequestVoteReply', term: term(6), granted: false };
  const vote: Message = { ...refusal, granted: true };
  for (const leaseReads of [false, true]) {
    const protocol = { preVote: true, checkQuorum: true, leaseReads };
    const loyal = { term: term(5), isLoyal: true, leads: false, protocol };
    expect(admit(loyal, vote)).toEqual(deliver);
    expect(admit(loyal, refusal)).toEqual(leaseReads ? drop : observe);
  }
});

it('[EL15] where the check of the quorum is left out, a node with a live leader hears every candidate', () => {
  expect(admissions(6, true, false)).toEqual(admissions(6, false));
});

it('[EL2] a message of the present term is delivered as it is', () => {
  const types = MESSAGES.map((make) => make(5).type);
  const delivered = Object.fromEntries(types.map((type) => [type, deliver]));
  expect(admissions(5, false)).toEqual({ ...delivered, ...ASIDE });
});

it('[PS3] what an older term says is answered or dropped, never taken for the present one', () => {
  expect(admissions(4, false)).toEqual({
    PreVote: deliver,
    PreVoteReply: deliver,
    RequestVote: deliver,
    RequestVoteReply: drop,
    AppendEntries: { type: 'refuseStale' },
    AppendEntriesReply: drop,
    Propose: deliver,
    ProposeReply: deliver,
    ReadIndex: deliver,
    ReadIndexReply: deliver,
    ...ASIDE,
    SnapshotOffer: drop,
    TimeoutNow: drop,
    TransferLeadership: deliver,
    TransferLeadershipReply: deliver,
    ChangeMembers: deliver,
    ChangeMembersReply: deliver,
  });
});

it('[LT3] [EL13] a candidate that its leader has named is heeded also by those who hear that leader', () => {
  const named: Message = { type: 'RequestVote', term: term(6), lastLog: entry, transfer: true };
  const loyal = { isLoyal: true, leads: false, protocol: { preVote: true, checkQuorum: true } };
  expect(admit({ term: term(5), ...loyal }, named)).toEqual(deliverNewer);
  expect(admit({ term: term(6), ...loyal }, named)).toEqual(deliver);
});

it('[RD7] [F5] where leases are on, whoever hears its leader learns of a newer term only from a leader, or from one that its own names', () => {
  const answers = ['Propose', 'ReadIndex', 'ChangeMembers', 'TransferLeadership'].flatMap((of) => [
    [of, deliver],
    [`${of}Reply`, deliver],
  ]);
  const dropped = ['PreVoteReply', 'RequestVote', 'AppendEntriesReply'];
  expect(admissions(6, true, true, true)).toEqual({
    ...{ ...ASIDE, ...Object.fromEntries(dropped.map((of) => [of, drop])) },
    ...Object.fromEntries(answers),
    ...{ AppendEntries: deliverNewer, SnapshotOffer: deliverNewer, TimeoutNow: deliverNewer },
    ...{ PreVote: deliver, RequestVoteReply: deliver },
  });
  const named: Message = { type: 'RequestVote', term: term(6), lastLog: entry, transfer: true };
  const protocol = { preVote: true, checkQuorum: true, leaseReads: true };
  const loyal = { term: term(5), isLoyal: true, leads: false, protocol };
  expect(admit(loyal, named)).toEqual(deliverNewer);
  expect(admissions(6, false, true, true)).toEqual(admissions(6, false));
  expect(admissions(5, true, true, true)).toEqual(admissions(5, true));
  const reply: Message = { type: 'RequestVoteReply', term: term(6), granted: false };
  expect(admit({ ...loyal, leads: true }, reply)).toMatchObject({ type: 'observe' });
});

it("[EL6] the term that a pre-vote asks about is nobody's yet, and is not adopted however new it is", () => {
  expect(admissions(6, false).PreVote).toEqual(deliver);
  expect(admissions(6, true).PreVote).toEqual(deliver);
});
