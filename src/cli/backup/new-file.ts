/**
 * A file that is there when it is whole, and not before: written under another name beside its place, synced, renamed (BK3). A link
 * stays: it is the file that it leads to which is replaced.
 */
import { type FileHandle, lstat, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';
import { cryptoWord } from '../../storage/directory/random-word.ts';
import { usageFailure } from '../failures/cli-failure.ts';

interface NewFile {
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/**
 * Rejects with what `fill` rejects with, with a `CliFailure` if there cannot be such a file, or with `RAFT_STORAGE_FAILED` if the disk takes
 * no more; then there is nothing new.
 */
export async function writeNewFile<Result>(
  path: string,
  mayReplace: boolean,
  fill: (file: NewFile) => Promise<Result>,
): Promise<Result> {
  await requireFree(path, mayReplace);
  const place = await placeOf(path);
  const draft = `${place}.${cryptoWord()}.part`;
  const handle = await open(draft, 'wx', 0o600).catch((error: unknown) => {
    throw usageFailure(`${path} cannot be written: ${textOf(error)}.`);
  });
  try {
    const result = await filled(path, handle, fill);
    await requireFree(path, mayReplace);
    await written(path, rename(draft, place));
    await written(path, syncDirectory(dirname(place)));
    return result;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function filled<Result>(
  path: string,
  handle: FileHandle,
  fill: (file: NewFile) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await fill({
      write: (bytes) => written(path, handle.writeFile(bytes)),
    });
    await written(path, handle.sync());
    return result;
  } finally {
    await handle.close();
  }
}

async function written(path: string, writing: Promise<void>): Promise<void> {
  try {
    await writing;
  } catch (cause) {
    const text = `${path} could not be written: ${textOf(cause)}. There is no new file.`;
    throw new RaftError('RAFT_STORAGE_FAILED', text, { retry: 'safe', cause });
  }
}

/** A directory or a device is never replaced. */
async function requireFree(path: string, mayReplace: boolean): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found === null) return;
  if (!found.isFile()) throw usageFailure(`${path} is no file. Name one that is to be written.`);
  if (mayReplace) return;
  throw usageFailure(`${path} is there already. Name another file, or replace it with --force.`);
}

/** One that leads nowhere is most likely a mistake, as of a disk that is not there. */
async function placeOf(path: string): Promise<string> {
  const found = await lstat(path).catch(() => null);
  if (found?.isSymbolicLink() !== true) return path;
  return realpath(path).catch((error: unknown) => {
    throw usageFailure(`${path} is a link that leads nowhere: ${textOf(error)}. Name a file.`);
  });
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
