/** Sound messages of every type, with numbers from the whole range that the wire allows. */

import fc from 'fast-check';
import { COUNTER_MAX } from '../../src/core/limits.ts';
import type { Message } from '../../src/core/message.ts';
import {
  ENTRY_ZERO,
  type EntryId,
  type Index,
  index,
  type Term,
  term,
} from '../../src/core/types.ts';

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

function candidacy(): fc.Arbitrary<{ term: Term; lastLog: EntryId }> {
  return anyTerm.chain((own) =>
    fc.record({ term: fc.constant(own), lastLog: entryUpTo(own - 1, COUNTER_MAX) }),
  );
}

const rejection = fc.tuple(anyTerm, anyIndex, anyIndex).chain(([own, prevIndex, lastIndex]) =>
  fc.record({
    type: fc.constant('AppendEntriesReply' as const),
    term: fc.constant(own),
    round: anyNumber,
    prevIndex: fc.constant(prevIndex),
    result: fc.record({
      accepted: fc.constant(false as const),
      lastIndex: fc.constant(lastIndex),
      hint: entryUpTo(own, Math.min(prevIndex, lastIndex)),
    }),
  }),
);

const heartbeat = anyTerm
  .chain((own) => fc.tuple(fc.constant(own), entryUpTo(own, COUNTER_MAX), anyIndex, anyNumber))
  .map(([own, prevLog, commitIndex, round]) => ({
    type: 'AppendEntries' as const,
    term: own,
    prevLog,
    lastIndex: prevLog.index,
    commitIndex,
    round,
  }));

function request(): { term: fc.Arbitrary<Term>; requestId: fc.Arbitrary<number> } {
  return { term: anyTerm, requestId: anyNumber };
}

const firstIndex: fc.Arbitrary<Index | null> = fc.option(upTo(1, COUNTER_MAX).map(index));

/** Messages that need no runs beside them; `Propose` is left to the tests that have runs. */
export const anyMessage: fc.Arbitrary<Message> = fc.oneof(
  fc
    .tuple(candidacy(), anyNumber)
    .map(([asked, round]) => ({ type: 'PreVote' as const, ...asked, round })),
  candidacy().map((asked) => ({ type: 'RequestVote' as const, ...asked })),
  fc.record({
    type: fc.constant('PreVoteReply' as const),
    term: anyTerm,
    round: anyNumber,
    granted: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('RequestVoteReply' as const),
    term: anyTerm,
    granted: fc.boolean(),
  }),
  heartbeat,
  fc.record({
    type: fc.constant('AppendEntriesReply' as const),
    term: anyTerm,
    round: anyNumber,
    prevIndex: anyIndex,
    result: fc.record({ accepted: fc.constant(true as const), matchIndex: anyIndex }),
  }),
  rejection,
  fc.record({ type: fc.constant('ProposeReply' as const), ...request(), firstIndex }),
  fc.record({ type: fc.constant('ReadIndex' as const), ...request() }),
  fc.record({ type: fc.constant('Ping' as const), term: anyTerm }),
  fc.record({
    type: fc.constant('ReadIndexReply' as const),
    ...request(),
    readIndex: fc.option(anyIndex),
  }),
);
