/** `restore`: a new cluster begins with what a backup holds (BK5, BK6). Once at each of its first members. */
import { createHash } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { crc32 } from 'node:zlib';
import { sumWith } from '../../core/bytes/checksum.ts';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import type { NodeId } from '../../core/types.ts';
import type { DirectoryAccess } from '../../storage/directory/directory-parts.ts';
import { cryptoWord } from '../../storage/directory/random-word.ts';
import { nodeAccess } from '../../storage/disk-log-store.ts';
import { nextClusterId } from '../../storage/recovery/recover-directory.ts';
import {
  draftOf,
  type NewLineage,
  requireNewPlace,
  restoreDirectory,
} from '../../storage/recovery/restore-directory.ts';
import { restoreInTheWay } from '../../storage/refusals.ts';
import { writeJson } from '../asking/client-session.ts';
import { chunksOf, proveBackup } from '../backup/backup-file.ts';
import { backupJson } from '../backup/backup-words.ts';
import type { FetchedBackup } from '../backup/fetch-backup.ts';
import { command } from '../command.ts';
import { usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import type { OptionValues } from '../options/option-table.ts';
import { countOf } from '../words/count-of.ts';
import { whileShown } from '../words/progress-line.ts';

const RESTORE_OPTIONS = [
  ...['data-dir', 'id', 'peers'],
  ...['restore-id', 'cluster-id', 'output'],
] as const;
type Values = OptionValues<(typeof RESTORE_OPTIONS)[number]> & {
  readonly id: NodeId;
  readonly 'data-dir': string;
};

export const restoreCommand = command({
  name: 'restore',
  usage: 'FILE --data-dir DIR --id ID [--peers ID=HOST:PORT,… --restore-id WORD]',
  summary:
    'Make DIR, which must be empty or missing, the data directory of a new cluster that begins with what the backup FILE holds. For a cluster of several run it once for each, with the same FILE, --peers and --restore-id; it is never taken for the cluster of before.',
  options: RESTORE_OPTIONS,
  required: ['data-dir', 'id'],
  positionals: [1, 1],
  run: async ({ values, positionals: [file = ''] }, context) => {
    context.keepPrivate();
    sumWith(crc32);
    const { id, peers } = values;
    if (peers !== null && !peers.has(id)) {
      throw usageFailure(
        `--peers names ${[...peers.keys()].join(', ')} and not this node, ${id}. Name every member of the new cluster, or correct --id.`,
      );
    }
    requireRestoreId(values);
    const access = nodeAccess({ directory: resolve(values['data-dir']) });
    await requireNewPlace(access).catch((error: unknown) => {
      if (error instanceof RaftError) throw error;
      throw usageFailure(`${access.directory} cannot be made: ${textOf(error)}.`);
    });
    const proven = await whileShown(context, (heard) => proveBackup(file, heard));
    const lineage = lineageOf(proven, values);
    await whileShown(context, (heard) => restored(access, lineage, chunksOf(file, proven, heard)));
    const { clusterId } = lineage;
    if (values.output !== 'json') context.write(whatNext(lineage, proven, values));
    else
      writeJson(context, { ...backupJson(file, proven), from: proven.header.clusterId, clusterId });
    return EXIT.clean;
  },
});

/**
 * BK6: members that are restored one by one have to come to one name, and by themselves they could only derive it from the file, as any
 * other restore of it would. So they are told by which word to tell theirs from others.
 */
function requireRestoreId({ 'cluster-id': given, 'restore-id': told, peers }: Values): void {
  if (told !== null && given !== null) throw usageFailure(TWO_NAMES);
  if (told !== null || given !== null || peers === null || peers.size < 2) return;
  throw usageFailure(
    `Each member of the new cluster has to know which restore it is part of, since another of the same file would take it for its own. Restore all of them with --restore-id ${cryptoWord()}, which was made up just now.`,
  );
}

const TWO_NAMES =
  '--restore-id makes a name of its own for each restore, and --cluster-id is one: give one of the two.';

/** BK6: the same at each member of one restore; alone, one that nobody else has. */
function lineageOf({ end, header }: FetchedBackup, values: Values): NewLineage {
  const { id, 'cluster-id': given, 'restore-id': restoreId } = values;
  const members = [...(values.peers ?? [])].sort(([left], [right]) => (left < right ? -1 : 1));
  if (given === header.clusterId) {
    throw usageFailure(
      `--cluster-id ${given} is the cluster of before: its members must not take this one for it. Give another name, or none.`,
    );
  }
  const facts = JSON.stringify([header.word, end.checksum, members, restoreId]);
  const derived = createHash('sha256').update(facts).digest('hex').slice(0, WORD_LENGTH);
  const word = restoreId === null ? cryptoWord() : derived;
  return {
    clusterId: given ?? nextClusterId(header.clusterId, word),
    nodeId: id,
    voters: members.length === 0 ? [id] : members.map(([each]) => each),
    addresses: Object.fromEntries(members),
    lastEntry: header.lastEntry,
    timeMs: header.logTimeMs,
  };
}

const WORD_LENGTH = 16;

/** What is half written goes, unless this process is killed: then the next attempt names it. What another one writes stays. */
async function restored(
  access: DirectoryAccess,
  lineage: NewLineage,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  await beginDraft(draftOf(access.directory));
  try {
    await restoreDirectory(access, lineage, chunks);
  } catch (error) {
    await rm(draftOf(access.directory), { recursive: true, force: true });
    throw error instanceof RaftError && error.code === 'RAFT_STORAGE_FAILED'
      ? notRestored(access.directory, error)
      : error;
  }
}

/** The store speaks of a node that runs, and of what it may have written: here is none, and nothing stays. */
function notRestored(directory: string, cause: RaftError): RaftError {
  const text = `${directory} could not be written, and there is nothing of it (${cause.message.replace(/ Nothing more is written\..*$/, '')}) Make room, or name another place, and restore again.`;
  return new RaftError('RAFT_STORAGE_FAILED', text, { retry: 'safe', cause });
}

/** Of two that begin at once one makes it. For what is wrong otherwise the store has its own words. */
async function beginDraft(draft: string): Promise<void> {
  try {
    await mkdir(dirname(draft), { recursive: true });
    await mkdir(draft);
  } catch (error) {
    const isThere = error instanceof Error && 'code' in error && error.code === 'EEXIST';
    if (isThere) throw restoreInTheWay(draft);
  }
}

function whatNext(
  { clusterId, nodeId, voters }: NewLineage,
  { header }: FetchedBackup,
  { 'cluster-id': given, 'data-dir': directory, peers, 'restore-id': restoreId }: Values,
): string {
  const told =
    peers === null ? '' : ` --peers ${[...peers].map((each) => each.join('=')).join(',')}`;
  const same = given === null ? `--restore-id ${restoreId}` : `--cluster-id ${given}`;
  const others = voters.filter((id) => id !== nodeId).join(', ');
  const also =
    others === ''
      ? 'Add others:   raftchart serve --id NEW_NAME --data-dir NEW_DIR --listen HOST:PORT --peer-listen HOST:PORT --join http://HOST:PORT'
      : `Restore too:  ${others}, each with this file, the same --peers and ${same}. A majority of them has to run.`;
  return `${nodeId} begins the new cluster ${clusterId} at revision ${header.revision}, with ${countOf(header.keys, 'key')}.
Start it:     raftchart serve --id ${nodeId} --data-dir ${directory} --listen HOST:PORT --peer-listen HOST:PORT${told}
${also}
`;
}
