/** Messages in words, short enough for a lane of a trace. */
import { unreachable } from '../../../core/assert.ts';
import type { AppendEntriesReply, Message } from '../../../core/message.ts';

export function describeMessage(message: Message): string {
  const name = `${message.type} t${message.term}`;
  switch (message.type) {
    case 'PreVote':
      return `${name} round ${message.round} last ${placeOf(message.lastLog)}`;
    case 'RequestVote':
      return `${name} last ${placeOf(message.lastLog)}${message.transfer ? ' handed over' : ''}`;
    case 'TimeoutNow':
      return `${name} last ${placeOf(message.lastLog)}`;
    case 'TransferLeadership':
      return `${name} request ${message.requestId} to ${message.to ?? 'anyone'}`;
    case 'TransferLeadershipReply':
      return `${name} request ${message.requestId} ${message.reason}`;
    case 'PreVoteReply':
      return `${name} round ${message.round} ${message.granted ? 'granted' : 'refused'}`;
    case 'RequestVoteReply':
      return `${name} ${message.granted ? 'granted' : 'refused'}`;
    case 'AppendEntries': {
      const { prevLog, lastIndex, commitIndex } = message;
      return `${name} ${placeOf(prevLog)}..${lastIndex} commit ${commitIndex} round ${message.round}`;
    }
    case 'AppendEntriesReply':
      return `${name} prev ${message.prevIndex} round ${message.round} ${resultOf(message)}`;
    case 'Propose':
      return `${name} request ${message.requestId} ×${message.count}`;
    case 'ProposeReply':
      return `${name} request ${message.requestId} at ${message.firstIndex ?? 'nowhere'}`;
    case 'ReadIndex':
      return `${name} request ${message.requestId}`;
    case 'ReadIndexReply':
      return `${name} request ${message.requestId} index ${message.readIndex ?? 'unknown'}`;
    case 'ChangeMembers': {
      const added = message.add.map(([id]) => `+${id}`);
      const others = [
        ...message.promote.map((id) => `^${id}`),
        ...message.remove.map((id) => `-${id}`),
      ];
      return `${name} request ${message.requestId} ${[...added, ...others].join(' ')}`;
    }
    case 'ChangeMembersReply':
      return `${name} request ${message.requestId} ${message.refusal?.code ?? 'done'}`;
    case 'SnapshotOffer':
      return `${name} last ${placeOf(message.lastEntry)} ×${message.chunkCount}`;
    case 'PullChunk':
      return `${name} last ${placeOf(message.lastEntry)} chunk ${message.chunk}`;
    case 'SnapshotChunk':
      return `${name} chunk ${message.chunk} from ${message.offset}`;
    case 'SnapshotGone':
    case 'Ping':
      return name;
    default:
      return unreachable(message);
  }
}

function placeOf({ term, index }: { readonly term: number; readonly index: number }): string {
  return `${term}/${index}`;
}

function resultOf({ result }: AppendEntriesReply): string {
  return result.accepted
    ? `match ${result.matchIndex}`
    : `no, last ${result.lastIndex} hint ${placeOf(result.hint)}`;
}
