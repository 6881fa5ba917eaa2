/** A file that is there when it is whole, and not before: written under another name beside its place, synced, renamed. */
import { type FileHandle, open, rename, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { cryptoWord } from '../../storage/directory/random-word.ts';
import { usageFailure } from '../failures/cli-failure.ts';

interface NewFile {
  readonly write: (bytes: Uint8Array) => Promise<void>;
}

/** Rejects with what `fill` rejects with, or with what the system says; then there is nothing new. */
export async function writeNewFile<Result>(
  path: string,
  mayReplace: boolean,
  fill: (file: NewFile) => Promise<Result>,
): Promise<Result> {
  await requireFree(path, mayReplace);
  const draft = `${path}.${cryptoWord()}.part`;
  const handle = await open(draft, 'wx', 0o600);
  try {
    const result = await filled(handle, fill);
    await requireFree(path, mayReplace);
    await rename(draft, path);
    await syncDirectory(dirname(path));
    return result;
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function filled<Result>(
  handle: FileHandle,
  fill: (file: NewFile) => Promise<Result>,
): Promise<Result> {
  try {
    const result = await fill({
      write: async (bytes) => {
        await handle.writeFile(bytes);
      },
    });
    await handle.sync();
    return result;
  } finally {
    await handle.close();
  }
}

async function requireFree(path: string, mayReplace: boolean): Promise<void> {
  if (mayReplace) return;
  const found = await stat(path).catch(() => null);
  if (found !== null) {
    throw usageFailure(`${path} is there already. Name another file, or replace it with --force.`);
  }
}

async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
