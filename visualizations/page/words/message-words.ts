/** Messages, sorted by what an onlooker should tell apart, with a short word for each. */
import type { MessageRecord } from '../../../src/ports/inspection.ts';

export type MessageSort =
  | 'heartbeat'
  | 'entries'
  | 'answer'
  | 'refusal'
  | 'preVote'
  | 'vote'
  | 'other';

export function sortOf({ kind, count = 0, granted }: MessageRecord): MessageSort {
  switch (kind) {
    case 'AppendEntries':
      return count > 0 ? 'entries' : 'heartbeat';
    case 'PreVote':
      return 'preVote';
    case 'RequestVote':
      return 'vote';
    case 'AppendEntriesReply':
    case 'PreVoteReply':
    case 'RequestVoteReply':
      return granted === false ? 'refusal' : 'answer';
    default:
      return 'other';
  }
}

/** Beside the dot; empty where the shape says all. */
export function shortWord(record: MessageRecord): string {
  const { kind, granted, count = 0 } = record;
  switch (kind) {
    case 'AppendEntries':
      return count > 0 ? `${count} ${count === 1 ? 'entry' : 'entries'}` : '';
    case 'AppendEntriesReply':
      return granted === false ? 'no' : '';
    case 'PreVote':
      return 'pre-vote?';
    case 'RequestVote':
      return 'vote?';
    case 'PreVoteReply':
    case 'RequestVoteReply':
      return granted === true ? 'yes' : 'no';
    case 'Ping':
      return '';
    default:
      return kind;
  }
}
