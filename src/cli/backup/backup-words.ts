/** What is in a backup, for programs. */
import type { FetchedBackup } from './fetch-backup.ts';

export function backupJson(
  file: string,
  { end, fileBytes, header }: FetchedBackup,
): Readonly<Record<string, unknown>> {
  const { takenMs, ...said } = header;
  const taken = new Date(takenMs).toISOString();
  return { file, ...said, taken, fileBytes, snapshotBytes: end.bytes };
}
