/** What is in a backup, for people and for programs. */
import type { BackupHeader } from '../../server/backup/backup-format.ts';
import type { Cell } from '../words/text-table.ts';
import type { FetchedBackup } from './fetch-backup.ts';

export function backupJson(
  file: string,
  { end, fileBytes, header }: FetchedBackup,
): Readonly<Record<string, unknown>> {
  const { takenMs, ...said } = header;
  const taken = new Date(takenMs).toISOString();
  return { file, ...said, taken, fileBytes, snapshotBytes: end.bytes };
}

export function backupRows(
  { clusterId, keys, lastEntry, members, node, revision, takenMs, version }: BackupHeader,
  fileBytes: number,
): readonly (readonly Cell[])[] {
  const others = [...members.voters, ...members.learners].join(', ');
  return [
    ['cluster', clusterId],
    ['revision', `${revision}`],
    ['keys', `${keys}`],
    ['through entry', `${lastEntry.index}, of term ${lastEntry.term}`],
    ['taken', `${new Date(takenMs).toISOString()} at ${node}, by version ${version}`],
    ['members then', others],
    ['bytes', `${fileBytes}`],
  ];
}
