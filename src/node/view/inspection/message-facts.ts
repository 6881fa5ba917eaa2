/**
 * What is told of a message: its kind, its terms, indexes and counts, and a word by which whoever sees both ends knows it
 * again. Nothing is counted for it while nobody watches, and nothing of it is on the wire: the word is made of what the
 * message says.
 */
import { unreachable } from '../../../core/assert.ts';
import type { EntryRun } from '../../../core/entry-run.ts';
import type { AppendEntriesReply, Message } from '../../../core/message.ts';
import type { EntryId } from '../../../core/types.ts';
import type { MessageRecord } from '../../../ports/inspection.ts';

/** What its kind says besides the term. */
type Facts = Omit<
  MessageRecord,
  'type' | 'sequence' | 'at' | 'node' | 'peer' | 'kind' | 'id' | 'term'
>;

type MessageFacts = Facts & Pick<MessageRecord, 'kind' | 'id' | 'term'>;

interface Said {
  readonly facts: Facts;
  /** What else tells it from another one of its kind and term. */
  readonly word: string;
}

export function messageFacts(
  way: { readonly from: string; readonly to: string },
  message: Message,
  runs: readonly EntryRun[],
): MessageFacts {
  const { term, type: kind } = message;
  const { facts, word } = saidIn(message, runs);
  const id = `${way.from}>${way.to} ${kind} ${term} ${word}`.trimEnd();
  return { kind, id, term, ...facts };
}

function saidIn(message: Message, runs: readonly EntryRun[]): Said {
  switch (message.type) {
    case 'PreVote': {
      const { lastLog, round } = message;
      return { facts: { prev: lastLog, round }, word: `${placeOf(lastLog)} r${round}` };
    }
    case 'RequestVote':
    case 'TimeoutNow':
      return { facts: { prev: message.lastLog }, word: placeOf(message.lastLog) };
    case 'PreVoteReply': {
      const { granted, round } = message;
      return { facts: { granted, round }, word: `r${round} ${granted}` };
    }
    case 'RequestVoteReply':
      return { facts: { granted: message.granted }, word: String(message.granted) };
    case 'AppendEntries': {
      const { commitIndex: commit, lastIndex, prevLog: prev, round } = message;
      const count = lastIndex - prev.index;
      const entries = count === 0 ? {} : { first: prev.index + 1, bytes: bytesOf(runs) };
      const facts = { prev, ...entries, count, commit, round };
      return { facts, word: `${placeOf(prev)}-${lastIndex} c${commit} r${round}` };
    }
    case 'AppendEntriesReply':
      return answerIn(message);
    case 'SnapshotOffer': {
      const { bytes, chunkCount: count, lastEntry: prev } = message;
      return { facts: { prev, count, bytes }, word: placeOf(prev) };
    }
    case 'PullChunk':
      return { facts: { prev: message.lastEntry, first: message.chunk }, word: `${message.chunk}` };
    case 'SnapshotChunk': {
      const { chunk: first, offset, size: bytes } = message;
      return { facts: { first, bytes }, word: `${first}+${offset}` };
    }
    case 'SnapshotGone':
    case 'Ping':
      return { facts: {}, word: '' };
    case 'Propose':
    case 'ProposeReply':
    case 'ReadIndex':
    case 'ReadIndexReply':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
      return requestIn(message, runs);
    default:
      return unreachable(message);
  }
}

type Request = Extract<Message, { readonly requestId: number }>;

/** What one member asks another for, and the answers. */
function requestIn(message: Request, runs: readonly EntryRun[]): Said {
  const { requestId: request } = message;
  const word = String(request);
  switch (message.type) {
    case 'Propose':
      return { facts: { request, count: message.count, bytes: bytesOf(runs) }, word };
    case 'ProposeReply': {
      const { firstIndex } = message;
      const first = firstIndex === null ? {} : { first: firstIndex };
      return { facts: { request, granted: firstIndex !== null, ...first }, word };
    }
    case 'ReadIndexReply': {
      const { readIndex } = message;
      const commit = readIndex === null ? {} : { commit: readIndex };
      return { facts: { request, granted: readIndex !== null, ...commit }, word };
    }
    case 'ChangeMembersReply':
      return { facts: { request, granted: message.refusal === null }, word };
    case 'TransferLeadershipReply':
      return { facts: { request, granted: false }, word };
    case 'ReadIndex':
    case 'ChangeMembers':
    case 'TransferLeadership':
      return { facts: { request }, word };
    default:
      return unreachable(message);
  }
}

function answerIn({ prevIndex, result, round }: AppendEntriesReply): Said {
  const word = `${prevIndex} r${round}`;
  if (!result.accepted) {
    const facts = { prev: result.hint, round, granted: false };
    return { facts, word: `${word} no ${placeOf(result.hint)}` };
  }
  const { matchIndex: match } = result;
  return { facts: { match, round, granted: true }, word: `${word} m${match}` };
}

function bytesOf(runs: readonly EntryRun[]): number {
  return runs.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
}

function placeOf({ index, term }: EntryId): string {
  return `${term}/${index}`;
}
