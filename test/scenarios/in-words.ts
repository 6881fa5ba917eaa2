/** Messages, writes and entries in words: what stands in the text of a play. */
import { unreachable } from '../../src/core/assert.ts';
import { ENTRY_KIND, type EntryRun, entriesOf } from '../../src/core/entry-run.ts';
import type { RaftError } from '../../src/core/errors.ts';
import type {
  AppendEntries,
  AppendEntriesReply,
  ChangeMembers,
  Message,
} from '../../src/core/message.ts';
import type { LogOperation } from '../../src/ports/log-store.ts';
import type { ProposalOutcome } from '../../src/ports/replica.ts';

export function messageInWords(message: Message, runs: readonly EntryRun[]): string {
  const name = `${message.type} term ${message.term}`;
  switch (message.type) {
    case 'PreVote':
      return `${name}, log ends at ${placeOf(message.lastLog)}, round ${message.round}`;
    case 'PreVoteReply':
      return `${name}, ${verdict(message.granted)}, round ${message.round}`;
    case 'RequestVote': {
      const why = message.transfer ? ', its leader hands over' : '';
      return `${name}, log ends at ${placeOf(message.lastLog)}${why}`;
    }
    case 'TimeoutNow':
      return `${name}, log ends at ${placeOf(message.lastLog)}`;
    case 'TransferLeadership':
      return `${name}, to ${message.to ?? 'anyone'}`;
    case 'TransferLeadershipReply':
      return `${name}, ${message.reason}`;
    case 'RequestVoteReply':
      return `${name}, ${verdict(message.granted)}`;
    case 'AppendEntries':
      return `${name}, ${appendInWords(message, runs)}`;
    case 'AppendEntriesReply':
      return `${name}, ${answerInWords(message)}`;
    case 'Propose':
      return `${name}, ${textsOf(runs).join(' ')}`;
    case 'ProposeReply':
      return `${name}, ${message.firstIndex === null ? 'refused' : `placed at ${message.firstIndex}`}`;
    case 'ReadIndex':
      return name;
    case 'ReadIndexReply':
      return `${name}, ${message.readIndex === null ? 'refused' : `read at ${message.readIndex}`}`;
    case 'ChangeMembers':
      return `${name}, ${changeInWords(message)}`;
    case 'ChangeMembersReply':
      return `${name}, ${message.refusal?.code ?? 'done'}`;
    case 'SnapshotOffer':
      return `${name}, one that ends at ${placeOf(message.lastEntry)}`;
    case 'PullChunk':
    case 'SnapshotChunk':
      return `${name}, chunk ${message.chunk}`;
    case 'SnapshotGone':
    case 'Ping':
      return name;
    default:
      return unreachable(message);
  }
}

export function writeInWords(operations: readonly LogOperation[]): string {
  return operations.flatMap(operationInWords).join('; ');
}

/** `1/1 no-op, 1/2 x=1`; entries from before the play have no text and stand together, `4/4..5`. */
function entriesInWords(runs: readonly EntryRun[]): string {
  return runs.flatMap(runInWords).join(', ');
}

export function outcomeInWords(outcome: ProposalOutcome): string {
  if (outcome.type === 'failed') return failureInWords(outcome.error);
  return `done, as ${placeOf(outcome)}`;
}

/** The code, and of the sentence the part before the advice. */
export function failureInWords({ code, message }: RaftError): string {
  return `${code}, ${message.replace(/[:;(].*$/s, '').trim()}`;
}

export function placeOf({
  term,
  index,
}: {
  readonly term: number;
  readonly index: number;
}): string {
  return `${term}/${index}`;
}

function changeInWords({ add, promote, remove }: ChangeMembers): string {
  const words = [
    ...add.map(([id]) => `add ${id}`),
    ...promote.map((id) => `promote ${id}`),
    ...remove.map((id) => `remove ${id}`),
  ];
  return words.join(', ');
}

function appendInWords(message: AppendEntries, runs: readonly EntryRun[]): string {
  const { prevLog, commitIndex, round } = message;
  const what = runs.length === 0 ? 'nothing' : entriesInWords(runs);
  const asked = round === 0 ? '' : `, round ${round}`;
  return `${what} after ${placeOf(prevLog)}, commit ${commitIndex}${asked}`;
}

function answerInWords({ result, round, prevIndex }: AppendEntriesReply): string {
  const asked = round === 0 ? '' : `, round ${round}`;
  if (result.accepted) return `yes through ${result.matchIndex}${asked}`;
  const { hint, lastIndex } = result;
  return `no to ${prevIndex}, log ends at ${lastIndex}, maybe at ${placeOf(hint)}${asked}`;
}

/** What rides along as a hint for the next start is no part of the story. */
function operationInWords(operation: LogOperation): string | readonly [] {
  switch (operation.type) {
    case 'setHardState': {
      const { term, votedFor } = operation.hardState;
      return `term ${term}, ${votedFor === null ? 'no vote' : `vote for ${votedFor}`}`;
    }
    case 'truncateFrom':
      return `nothing from ${operation.index} on`;
    case 'append':
      return entriesInWords(operation.runs);
    case 'noteCommitted':
      return [];
    case 'compactThrough':
      return `nothing through ${operation.base.index}`;
    case 'restart':
      return `a log that begins behind ${placeOf(operation.base)}`;
    default:
      return unreachable(operation);
  }
}

function runInWords(run: EntryRun): readonly string[] {
  const words: string[] = [];
  let first: number = run.firstIndex;
  const flush = (through: number): void => {
    if (through > first) words.push(`${run.term}/${first}..${through}`);
    if (through === first) words.push(`${run.term}/${first}`);
  };
  textsOf([run]).forEach((text, offset) => {
    if (text === '') return;
    const at = run.firstIndex + offset;
    flush(at - 1);
    words.push(`${run.term}/${at} ${text}`);
    first = at + 1;
  });
  flush(run.lastIndex);
  return words;
}

function textsOf(runs: readonly EntryRun[]): readonly string[] {
  return runs
    .flatMap(entriesOf)
    .map(({ kind, data }) => (kind === ENTRY_KIND.noop ? 'no-op' : new TextDecoder().decode(data)));
}

function verdict(granted: boolean): string {
  return granted ? 'granted' : 'refused';
}
