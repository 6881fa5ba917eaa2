/** Sound messages of every type, with numbers from the whole range that the wire allows. */

import fc from 'fast-check';
import { RETRIES } from '../../src/core/errors.ts';
import {
  COUNTER_MAX,
  SNAPSHOT_CHUNK_BYTES_MAX,
  SNAPSHOT_CHUNKS_MAX,
} from '../../src/core/limits.ts';
import type { Message } from '../../src/core/message.ts';
import { TRANSFER_REFUSALS } from '../../src/core/transfer-refusal.ts';
import { ENTRY_ZERO, type EntryId, index, nodeId, term } from '../../src/core/types.ts';

function upTo(min: number, max: number): fc.Arbitrary<number> {
  return fc.oneof(
    fc.integer({ min, max: Math.min(max, min + 300) }),
    fc.integer({ min, max }),
    fc.constantFrom(min, max),
  );
}

const anyTerm = upTo(1, COUNTER_MAX).map(term);
const anyIndex = upTo(0, COUNTER_MAX).map(index);
const anyNumber = upTo(0, Number.MAX_SAFE_INTEGER);

function entryUpTo(ofTerm: number, ofIndex: number): fc.Arbitrary<EntryId> {
  if (ofTerm === 0 || ofIndex === 0) return fc.constant(ENTRY_ZERO);
  return fc.oneof(
    fc.constant(ENTRY_ZERO),
    fc.record({ term: upTo(1, ofTerm).map(term), index: upTo(1, ofIndex).map(index) }),
  );
}

/** What does not fit together here is refused where it is encoded (TR6). */
function anyOf(
  type: Message['type'],
  fields: Readonly<Record<string, fc.Arbitrary<unknown>>>,
): fc.Arbitrary<Message> {
  return fc.record(fields).map((drawn) => ({ type, ...drawn }) as unknown as Message);
}

const rejection = fc.tuple(anyTerm, anyIndex, anyIndex).chain(([own, prevIndex, lastIndex]) =>
  anyOf('AppendEntriesReply', {
    term: fc.constant(own),
    round: anyNumber,
    prevIndex: fc.constant(prevIndex),
    result: fc.record({
      accepted: fc.constant(false),
      lastIndex: fc.constant(lastIndex),
      hint: entryUpTo(own, Math.min(prevIndex, lastIndex)),
    }),
  }),
);

const acceptance = anyOf('AppendEntriesReply', {
  term: anyTerm,
  round: anyNumber,
  prevIndex: anyIndex,
  result: fc.record({ accepted: fc.constant(true), matchIndex: anyIndex }),
});

const heartbeat = anyTerm
  .chain((own) => fc.tuple(fc.constant(own), entryUpTo(own, COUNTER_MAX)))
  .chain(([own, prevLog]) =>
    anyOf('AppendEntries', {
      term: fc.constant(own),
      prevLog: fc.constant(prevLog),
      lastIndex: fc.constant(prevLog.index),
      commitIndex: anyIndex,
      round: anyNumber,
    }),
  );

const candidacy = anyTerm.chain((own) => {
  const asked = { term: fc.constant(own), lastLog: entryUpTo(own - 1, COUNTER_MAX) };
  return fc.oneof(
    anyOf('PreVote', { ...asked, round: anyNumber }),
    anyOf('RequestVote', { ...asked, transfer: fc.boolean() }),
  );
});

const request = { term: anyTerm, requestId: anyNumber };
const firstIndex = fc.option(upTo(1, COUNTER_MAX).map(index));

const anyName = fc.constantFrom('n1', 'n2', 'n3-of-four').map(nodeId);
const someNames = fc.array(anyName, { maxLength: 4 });
const anyReason = fc.record({
  code: fc.constantFrom('RAFT_CONFLICT' as const, 'RAFT_NOT_LEADER' as const),
  retry: fc.constantFrom(...RETRIES),
  text: fc.string(),
});
const someEntry = fc.record({ term: anyTerm, index: upTo(1, COUNTER_MAX).map(index) });
const aWord32 = upTo(0, 2 ** 32 - 1);

/** Messages that need no runs beside them. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  { weight: 2, arbitrary: candidacy },
  anyOf('PreVoteReply', { term: anyTerm, round: anyNumber, granted: fc.boolean() }),
  anyOf('RequestVoteReply', { term: anyTerm, granted: fc.boolean() }),
  heartbeat,
  acceptance,
  rejection,
  anyOf('ProposeReply', { ...request, firstIndex }),
  anyOf('ReadIndex', request),
  anyOf('ReadIndexReply', { ...request, readIndex: fc.option(anyIndex) }),
  anyOf('Ping', { term: anyTerm }),
  anyOf('SnapshotGone', { term: anyTerm }),
  anyOf('PullChunk', { term: anyTerm, lastEntry: someEntry, checksum: aWord32, chunk: aWord32 }),
  anyTerm.chain((own) =>
    anyOf('TimeoutNow', { term: fc.constant(own), lastLog: entryUpTo(own, COUNTER_MAX) }),
  ),
  anyOf('TransferLeadership', {
    ...request,
    to: fc.option(fc.constantFrom(nodeId('n1'), nodeId('n2'))),
  }),
  anyOf('TransferLeadershipReply', { ...request, reason: fc.constantFrom(...TRANSFER_REFUSALS) }),
  anyOf('ChangeMembers', {
    ...{ ...request, isAgain: fc.boolean(), promote: someNames, remove: someNames },
    add: fc.array(fc.tuple(anyName, fc.constantFrom('four:4200', '[::1]:1')), { maxLength: 3 }),
  }),
  anyOf('ChangeMembersReply', {
    ...{ ...request, voters: someNames, learners: someNames },
    refusal: fc.option(anyReason),
  }),
);

/** Those that one run travels beside. */
export const anyBesideRun: fc.Arbitrary<Message> = fc.oneof(
  anyOf('Propose', { ...request, count: upTo(1, 1_000) }),
  anyTerm.chain((own) =>
    anyOf('SnapshotOffer', {
      term: fc.constant(own),
      lastEntry: fc.record({
        term: upTo(1, own).map(term),
        index: someEntry.map((id) => id.index),
      }),
      ...{ timeMs: upTo(0, COUNTER_MAX), chunkCount: upTo(0, SNAPSHOT_CHUNKS_MAX) },
      ...{ bytes: anyNumber, checksum: aWord32 },
    }),
  ),
  upTo(1, SNAPSHOT_CHUNK_BYTES_MAX).chain((size) =>
    anyOf('SnapshotChunk', {
      ...{ term: anyTerm, chunk: aWord32, offset: upTo(0, size - 1), size: fc.constant(size) },
    }),
  ),
);
