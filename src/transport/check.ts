/**
 * Whether the parts of a message fit each other, and its entry runs fit the message (TR5, TR6): the sender asserts it, the
 * receiver closes the connection. Every function returns `null`, or what is wrong in words.
 */

import { unreachable } from '../core/assert.ts';
import { viewOf } from '../core/bytes/view-of.ts';
import { isConfigurationRun, membershipIn } from '../core/configuration-entry.ts';
import {
  ENTRY_HEADER_BYTES,
  ENTRY_KIND,
  type EntryRun,
  isEntryKind,
  RUN_HEADER_BYTES,
} from '../core/entry-run.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../core/limits.ts';
import type {
  AppendEntries,
  AppendEntriesReply,
  Message,
  SnapshotChunk,
  SnapshotOffer,
} from '../core/message.ts';
import type { EntryId } from '../core/types.ts';
import { RUN_ENTRIES_MAX } from './limits.ts';

/** TR6: the fields of one message do not contradict each other. */
export function messageProblem(message: Message): string | null {
  switch (message.type) {
    case 'PreVote':
    case 'RequestVote':
      if (message.lastLog.term >= message.term) return 'a candidate holds entries of its own term';
      return entryIdProblem(message.lastLog);
    case 'TimeoutNow':
      if (message.lastLog.term > message.term) return 'an entry is of a later term than its leader';
      return entryIdProblem(message.lastLog);
    case 'AppendEntries':
      return appendProblem(message);
    case 'AppendEntriesReply':
      return replyProblem(message);
    case 'Propose':
      if (message.count === 0) return 'nothing is proposed';
      return message.count > RUN_ENTRIES_MAX ? 'more is proposed than a run can count' : null;
    case 'ProposeReply':
      return message.firstIndex === 0 ? 'a proposal stands before the log' : null;
    case 'SnapshotOffer':
      if (message.lastEntry.term > message.term)
        return 'an entry is of a later term than its leader';
      return snapshotProblem(message.lastEntry);
    case 'PullChunk':
      return snapshotProblem(message.lastEntry);
    case 'SnapshotChunk':
      return chunkProblem(message);
    case 'PreVoteReply':
    case 'RequestVoteReply':
    case 'ReadIndex':
    case 'ReadIndexReply':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
    case 'SnapshotGone':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'Ping':
      return null;
    default:
      return unreachable(message);
  }
}

function appendProblem(message: AppendEntries): string | null {
  if (message.term === 0) return 'nobody leads term 0';
  if (message.prevLog.term > message.term) return 'an entry is of a later term than its leader';
  if (message.lastIndex < message.prevLog.index) return 'entries end before they begin';
  return entryIdProblem(message.prevLog);
}

function replyProblem({ prevIndex, term, result }: AppendEntriesReply): string | null {
  if (result.accepted) return null;
  const { hint, lastIndex } = result;
  if (hint.index > prevIndex) return 'a hint points past what was asked';
  if (hint.index > lastIndex) return 'a hint points past the end of the log';
  if (hint.term > term) return 'a hint is of a later term than its sender';
  return entryIdProblem(hint);
}

function snapshotProblem(lastEntry: EntryId): string | null {
  if (lastEntry.index === 0) return 'of an empty log there is no snapshot';
  return entryIdProblem(lastEntry);
}

function chunkProblem({ offset, size }: SnapshotChunk): string | null {
  if (size === 0 || size > SNAPSHOT_CHUNK_BYTES_MAX) return 'no chunk of a snapshot has that size';
  return offset < size ? null : 'a part of a chunk begins behind its end';
}

/** Only the place before the first entry has index 0 and term 0. */
function entryIdProblem(id: EntryId): string | null {
  return (id.term === 0) === (id.index === 0) ? null : 'an entry has a term but no index, or none';
}

/** TR5: how many runs may follow, known from the header alone, before any of them arrives. */
export function runCountProblem(message: Message, runCount: number): string | null {
  switch (message.type) {
    case 'AppendEntries': {
      const entries = message.lastIndex - message.prevLog.index;
      if (runCount > entries) return `${runCount} runs for ${entries} entries`;
      return entries > 0 && runCount === 0 ? `${entries} entries, but no run` : null;
    }
    case 'Propose':
      return runCount === 1 ? null : `${runCount} runs beside a proposal, which takes one`;
    case 'SnapshotOffer':
    case 'SnapshotChunk':
      return runCount === 1 ? null : `${runCount} runs beside a message that takes one`;
    case 'PreVote':
    case 'PreVoteReply':
    case 'RequestVote':
    case 'RequestVoteReply':
    case 'AppendEntriesReply':
    case 'ProposeReply':
    case 'ReadIndex':
    case 'ReadIndexReply':
    case 'TimeoutNow':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'PullChunk':
    case 'SnapshotGone':
    case 'Ping':
      return runCount === 0 ? null : `${runCount} runs beside a message that takes none`;
    default:
      return unreachable(message);
  }
}

/** Where a run stands among those beside one message. */
interface Place {
  /** The one before it. */
  readonly run: EntryRun | undefined;
  readonly isLast: boolean;
}

/** TR5: the run fits the message and what came before it. Call it for each run, in order. */
export function runProblem(message: Message, run: EntryRun, before: Place): string | null {
  if (message.type === 'AppendEntries') return appendedRunProblem(message, run, before);
  if (message.type === 'SnapshotOffer') return offeredRunProblem(message, run);
  if (message.type === 'SnapshotChunk') return chunkRunProblem(message, run);
  if (message.type !== 'Propose') return 'an entry run beside a message that takes none';
  if (isConfigurationRun(run)) return 'a configuration is no command that could be proposed';
  if (run.firstIndex !== 1) return 'proposed commands are numbered from 1';
  return run.lastIndex === message.count
    ? null
    : `${run.lastIndex} commands where ${message.count} were announced`;
}

/** The members at its end, one place behind their own. */
function offeredRunProblem({ lastEntry }: SnapshotOffer, run: EntryRun): string | null {
  if (!isConfigurationRun(run)) return 'a snapshot comes with its members';
  return run.firstIndex - 1 > lastEntry.index
    ? 'the members of a snapshot are from behind it'
    : null;
}

/** The bytes of one part as one entry. */
function chunkRunProblem({ offset, size }: SnapshotChunk, run: EntryRun): string | null {
  const bytes = run.bytes.length - RUN_HEADER_BYTES - ENTRY_HEADER_BYTES;
  if (run.firstIndex !== run.lastIndex || isConfigurationRun(run)) return 'a chunk is one entry';
  return bytes > 0 && offset + bytes <= size ? null : 'a part of a chunk does not fit into it';
}

function appendedRunProblem(message: AppendEntries, run: EntryRun, before: Place): string | null {
  const previousIndex = before.run?.lastIndex ?? message.prevLog.index;
  const previousTerm = before.run?.term ?? message.prevLog.term;
  if (run.firstIndex !== previousIndex + 1) return 'the entry runs leave a gap or overlap';
  if (run.term < previousTerm) return 'the terms of the entry runs fall';
  if (run.term > message.term) return 'an entry is of a later term than its leader';
  return before.isLast && run.lastIndex !== message.lastIndex
    ? 'the entry runs do not end where was announced'
    : null;
}

/** MC2: a configuration stands alone in its run, and proves itself where it comes in. */
function configurationProblem(run: EntryRun): string | null {
  const membership = membershipIn(run);
  if (membership === null) return 'a configuration does not stand alone';
  return typeof membership === 'string' ? membership : null;
}

/**
 * TR3: the payload holds the entries that the run's header counts. The checksum proves that the sender
 * meant these bytes; this proves that whoever applies them, perhaps years later, can read them.
 */
export function payloadProblem(run: EntryRun): string | null {
  const { bytes } = run;
  const view = viewOf(bytes);
  if (!Number.isSafeInteger(run.timeMs)) return 'an entry run has no time';
  let left = run.lastIndex - run.firstIndex + 1;
  let at = RUN_HEADER_BYTES;
  while (at + ENTRY_HEADER_BYTES <= bytes.length) {
    const kind = view.getUint8(at);
    if (!isEntryKind(kind)) return 'an entry is of no known kind';
    if (kind === ENTRY_KIND.configuration) return configurationProblem(run);
    at += ENTRY_HEADER_BYTES + view.getUint32(at + 1, true);
    left -= 1;
  }
  return at === bytes.length && left === 0 ? null : 'an entry run does not hold what it counts';
}
