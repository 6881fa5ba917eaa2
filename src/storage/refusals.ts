/**
 * Every sentence with which the store refuses to start, or gives up: what is wrong, where, that nothing was done about it,
 * and what to do next. "No record was changed" is literal: LevelDB tidies its own files when it opens, the store writes nothing.
 */
import { RaftError } from '../core/errors.ts';
import { textOf } from '../core/thrown-text.ts';
import type { EntryId, Index, NodeId, Term } from '../core/types.ts';
import type { StoredIdentity } from './records/stored-values.ts';

/** Names inside a data directory. */
export const PART = {
  identity: 'identity.json',
  identityDraft: 'identity.json.tmp',
  log: 'log',
  snapshots: 'snapshots',
  hardState: 'hard-state',
  acknowledged: 'acknowledged',
  founding: 'founding.json',
  foundingDraft: 'founding.json.tmp',
} as const;
export type Part = (typeof PART)[keyof typeof PART];

export function inUse(directory: string, cause: unknown): RaftError {
  return refused(
    `The data directory ${directory} is in use by another process or another node of this process. ` +
      'Nothing was changed. Stop the other one, or give this node a data directory of its own.',
    cause,
  );
}

export function belongsTo(
  directory: string,
  found: Pick<StoredIdentity, 'clusterId' | 'nodeId'>,
  owner: { readonly clusterId: string; readonly nodeId: string },
): RaftError {
  return foreign(
    `The data directory ${directory} belongs to ${name(found)}, but this is ${name(owner)}. ` +
      'Nothing was changed. Start the node it belongs to, or choose another data directory.',
  );
}

export function otherMembers(
  directory: string,
  known: readonly NodeId[],
  named: readonly NodeId[],
): RaftError {
  const alone = known.length === 1 ? ' alone' : '';
  return foreign(
    `The data directory ${directory} belongs to a cluster of ${known.join(', ')}${alone}, but this start names ` +
      `${named.join(', ')} as its members (--peers, or peers). Nothing was changed. Name those that it knows, at any ` +
      'address. A node of its own name and a new data directory joins a cluster that exists with --join (isJoining).',
  );
}

/** FO11: what it has promised is not known, so it may promise nothing more. */
export function damagedFounding(directory: string): RaftError {
  return refused(
    `${directory}/${PART.founding} is damaged: it is not what was written into it, and what this node has promised is not known. ` +
      `Nothing was changed. If ${directory}/${PART.identity} is there, a node has run on it: move ${PART.founding} elsewhere and start ` +
      'again. If not, empty this directory; where the other nodes then wait for ever, stop all that have not founded anything ' +
      'yet, empty their directories as well, and start all again.',
  );
}

/** FO11 */
export function foundingOfAnother(directory: string, found: NodeId, own: NodeId): RaftError {
  return foreign(
    `${directory}/${PART.founding} belongs to node ${found}, but this is node ${own}. ` +
      'Nothing was changed. Start the node it belongs to, or choose another data directory.',
  );
}

export function runTooLarge(directory: string, bytes: number, bytesMax: number): RaftError {
  return refused(
    `The log in ${directory} holds entries that were written together as ${bytes} bytes, but --frame-bytes-max ` +
      `(frameBytesMax) is ${bytesMax} now: a leader could not send them. Nothing was changed. Start with ${bytes} or more.`,
  );
}

export function mixed(directory: string, part: Part): RaftError {
  return foreign(
    `${directory}/${part} comes from another data directory than ${directory}/${PART.identity}. ` +
      `No record was changed. Put back the files that belong together. ${lost(directory)}`,
  );
}

export function restored(
  directory: string,
  boots: { readonly identity: number; readonly log: number },
): RaftError {
  return foreign(
    `${directory}/${PART.identity} counts ${boots.identity} starts and ${directory}/${PART.log} ` +
      `${boots.log}: one of the two was restored from an older copy. ` +
      `No record was changed. Put back the newest of both. ${lost(directory)}`,
  );
}

export function newerFormat(path: string, version: number): RaftError {
  return refused(
    `${path} was written by a newer version of raftchart (format ${version}), which this one cannot read. ` +
      'No record was changed. Start this node with the version that wrote it, or a later one.',
  );
}

export function notEmpty(directory: string, stranger: string): RaftError {
  return refused(
    `${directory} is no data directory, and it is not empty either: it holds ${stranger}. ` +
      'Nothing was changed. Choose a directory that is empty or does not exist.',
  );
}

export function missing(directory: string, part: Part): RaftError {
  return damage(
    directory,
    `${directory}/${part} is missing, and the rest of the directory is not: part of it was deleted.`,
  );
}

export function damagedPart(directory: string, part: Part, why: string): RaftError {
  return damage(directory, `${directory}/${part} is damaged: ${why}.`);
}

/** SN4: the log begins behind entries that no snapshot holds. */
export function snapshotMissing(
  directory: string,
  base: EntryId,
  snapshot: { readonly lastEntry: EntryId } | null,
): RaftError {
  const held =
    snapshot === null
      ? 'there is no whole snapshot of what came before'
      : `the newest whole snapshot ends at index ${snapshot.lastEntry.index} (term ${snapshot.lastEntry.term})`;
  return damagedLog(
    directory,
    `begins behind index ${base.index} (term ${base.term}), and ${held}: entries are missing.`,
  );
}

export function damagedRun(directory: string, firstIndex: Index, why: string): RaftError {
  return damagedLog(directory, `is damaged at index ${firstIndex}: ${why}.`);
}

export function gap(directory: string, expected: Index, found: Index): RaftError {
  return damagedLog(
    directory,
    `is damaged: where index ${expected} belongs, it holds index ${found}.`,
  );
}

export function termFalls(directory: string, at: Index): RaftError {
  return damagedLog(directory, `is damaged: at index ${at} its terms fall.`);
}

export function termAboveHardState(directory: string, last: EntryId, term: Term): RaftError {
  return damagedLog(
    directory,
    `ends in term ${last.term} at index ${last.index}, but this node ` +
      `has only reached term ${term}: records are missing.`,
  );
}

export function contentDiffers(directory: string, last: EntryId): RaftError {
  return damagedLog(
    directory,
    `(last index ${last.index}) is not what its last write left behind: ` +
      'records are missing, or deleted ones have come back.',
  );
}

export function acknowledgedLost(
  directory: string,
  log: EntryId,
  acknowledged: EntryId,
): RaftError {
  return damagedLog(
    directory,
    `has lost its newest writes: it ends at index ${log.index} ` +
      `(term ${log.term}), and this node has acknowledged more, with the end at index ` +
      `${acknowledged.index} (term ${acknowledged.term}).`,
  );
}

export function olderThanCopy(directory: string): RaftError {
  return damagedLog(
    directory,
    `is older than ${directory}/${PART.hardState}: its newest writes are gone.`,
  );
}

export function olderThanSnapshots(directory: string): RaftError {
  return damagedLog(
    directory,
    `is older than ${directory}/${PART.snapshots}: its newest writes are gone.`,
  );
}

export function hardStateLost(
  directory: string,
  terms: { readonly log: Term; readonly copy: Term },
): RaftError {
  return damage(
    directory,
    `${directory}/${PART.log} has lost a vote or a term: it is at term ${terms.log}, ` +
      `and the second copy in ${directory}/${PART.hardState}, at term ${terms.copy}, is newer.`,
  );
}

export function twoVotes(
  directory: string,
  term: Term,
  votes: { readonly log: NodeId; readonly copy: NodeId },
): RaftError {
  return damage(
    directory,
    `${directory}/${PART.log} says that this node voted for ${votes.log} in term ${term}, ` +
      `${directory}/${PART.hardState} says for ${votes.copy}: one of them is damaged.`,
  );
}

/** What was seen of a directory: nothing yet; that no start was ever completed in it; that a node has run on it. */
export type FoundDirectory = 'unseen' | 'unfinished' | 'used';

/**
 * The system would not let us read or write at start; what is there may be as good as new. Of copies and loss is spoken
 * only where something can be damaged.
 */
export function unusable(directory: string, cause: unknown, found: FoundDirectory): RaftError {
  const why = systemCauseOf(cause);
  // Where not even its names could be read for a file in the way, there is no directory.
  const isUnfinished = found === 'unfinished' || (found === 'unseen' && why === 'notDirectory');
  const [failed, state] = isUnfinished
    ? ['be made', 'No node has run on it yet, so nothing is lost.']
    : ['be opened', 'Its entries and votes are as they were.'];
  const text = `The data directory ${directory} could not ${failed}: ${textOf(cause)}. ${state}`;
  return refused(`${text} ${remedy(directory, why, isUnfinished)}`, cause);
}

type SystemCause = 'notDirectory' | 'diskFull' | 'notAllowed' | 'other';

/** By the system's code, or by its words: LevelDB passes on only those. */
function systemCauseOf(cause: unknown): SystemCause {
  const text = cause instanceof Error && 'code' in cause ? String(cause.code) : textOf(cause);
  if (/^ENOTDIR|not a directory/i.test(text)) return 'notDirectory';
  if (/^(ENOSPC|EDQUOT)|no space left|quota exceeded/i.test(text)) return 'diskFull';
  const isRefused = /^(EACCES|EPERM|EROFS)|permission denied|read-only|not permitted/i.test(text);
  return isRefused ? 'notAllowed' : 'other';
}

function remedy(directory: string, why: SystemCause, isUnfinished: boolean): string {
  if (why === 'notDirectory' && isUnfinished)
    return 'A file is in the way: name a directory, and start again.';
  if (why === 'diskFull') return 'Free space on its disk, and start again.';
  if (why === 'notAllowed') return 'Let this user read and write there, and start again.';
  if (isUnfinished) return 'Name a place where a directory can be made, and start again.';
  return (
    'Check that the disk is sound, has free space and may be written to, then start again; ' +
    `if the files themselves are damaged, put back a copy made after this node last stopped. ${lost(directory)}`
  );
}

export function writeFailed(directory: string, cause: unknown): RaftError {
  return new RaftError(
    'RAFT_STORAGE_FAILED',
    `A write to ${directory} failed, and it is unknown what of it is on disk: ${textOf(cause)}. ` +
      'Nothing more is written. Check the disk (space, permission, health), then start this node again.',
    { cause },
  );
}

export function readFailed(directory: string, at: Index, why: string): RaftError {
  return new RaftError(
    'RAFT_STORAGE_FAILED',
    `The log in ${directory}/${PART.log} could not be read at index ${at}: ${why}. ` +
      'Nothing more is written. Check the disk, then start this node again: it will say what is lost.',
  );
}

export function snapshotUnreadable(directory: string, at: Index, why: string): RaftError {
  return new RaftError(
    'RAFT_STORAGE_FAILED',
    `The snapshot at index ${at} in ${directory}/${PART.snapshots} could not be read: ${why}. ` +
      'Nothing more is written. Check the disk, then start this node again: it will say what is lost.',
  );
}

/** RC1: where no node has run, there is nothing to look at. */
export function noNode(directory: string): RaftError {
  return refused(`No node has run on ${directory}: name the data directory of one that has.`);
}

/** RC1: a cluster that is made of nothing would lose all that there was. */
export function nothingHeld(directory: string, nodeId: NodeId): RaftError {
  return refused(
    `The data directory ${directory} of node ${nodeId} holds no entry and no snapshot: nothing can be recovered from it. Nothing was ` +
      'changed. Recover the survivor that holds the most; if none holds anything, start a new cluster with new data directories.',
  );
}

/** RC1: a look finishes nothing. */
export function installationUnfinished(directory: string): RaftError {
  return refused(
    `The node on ${directory} was ended while it installed a snapshot. Start it once, by itself, and stop it again: it finishes that, and needs nobody else for it.`,
  );
}

/** RC3: what is in the way of a recovery is never removed for it. */
export function inTheWay(path: string): RaftError {
  return refused(
    `${path} is in the way: it is what an earlier recovery left. Nothing was changed. Move it elsewhere, and try again.`,
  );
}

/** BK5 */
export function notEmptyToRestore(directory: string, stranger: string): RaftError {
  return refused(
    `${directory} is not empty: it holds ${stranger}. Nothing was changed. A backup is restored into a directory that is empty or does not exist.`,
  );
}

/** BK5 */
export function restoreInTheWay(path: string): RaftError {
  return refused(
    `${path} is in the way: it is what a restore left that was ended before it was done. Nothing was changed. Remove it, unless another restore is at work there, and try again.`,
  );
}

/** BK5: as where a volume is mounted. */
export function cannotBecome(directory: string, draft: string, cause: unknown): RaftError {
  return refused(
    `The restored state in ${draft} could not be made ${directory}: ${textOf(cause)}. If it is where a volume is mounted, name a directory in it.`,
    cause,
  );
}

/** RC3: the copy is whole, and the directory keeps its name: a volume that is mounted there can have no other. */
export function cannotMoveAside(directory: string, draft: string, cause: unknown): RaftError {
  return refused(
    `The recovery is whole in ${draft}, but ${directory} could not be given another name: ${textOf(cause)}. Nothing in it was changed. ` +
      `If it is where a volume is mounted, keep what it holds elsewhere and put what ${draft} holds in its place, or start the node on ` +
      `${draft}. Otherwise let this user rename it, remove ${draft}, and try again.`,
    cause,
  );
}

/** RC3: the next attempt goes on from there. */
export function cannotTakePlace(directory: string, draft: string, cause: unknown): RaftError {
  return refused(
    `The recovery is whole in ${draft}, but could not be made ${directory}: ${textOf(cause)}. Try again: nothing else is left to do.`,
    cause,
  );
}

export function storeClosed(directory: string): RaftError {
  return new RaftError('RAFT_STOPPED', `The store ${directory} is not open.`);
}

function damagedLog(directory: string, how: string): RaftError {
  return damage(directory, `The log in ${directory}/${PART.log} ${how}`);
}

function damage(directory: string, sentence: string): RaftError {
  const advice = `Put back a copy made after this node last stopped. ${lost(directory)}`;
  return refused(`${sentence} No record was changed. ${advice}`);
}

function refused(text: string, cause?: unknown): RaftError {
  return new RaftError('RAFT_LOG_REFUSED', text, { cause });
}

function foreign(text: string): RaftError {
  return new RaftError('RAFT_WRONG_IDENTITY', text);
}

/** An older or an emptied directory is refused by the peers (ID1, ID2), and a removed name is not used again (A9). */
function lost(directory: string): string {
  return (
    `If that cannot be done, keep ${directory} and leave this node stopped: remove it at a member that runs ` +
    '(raftchart member remove), and start another with a new name and a new data directory that joins (raftchart serve --join).'
  );
}

function name(node: { readonly clusterId: string; readonly nodeId: string }): string {
  return `node ${node.nodeId} of cluster ${node.clusterId}`;
}
