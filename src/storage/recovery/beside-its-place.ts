/**
 * A directory is written beside its place, as any store is, and takes it when it is whole, by one rename: a crash before leaves
 * the place as it was.
 */
import type { LogOperation, LogStore } from '../../ports/log-store.ts';
import type { DirectoryAccess } from '../directory/directory-parts.ts';
import type { Files } from '../disk/files.ts';
import { promised } from '../promised.ts';

/** Whatever has that name, it is in the way. */
export async function isTaken(files: Files, path: string): Promise<boolean> {
  try {
    return (await files.list(path)) !== null;
  } catch {
    return true;
  }
}

/** In the place of an empty directory; of one with something in it the system refuses to, and then it rejects with `refusal`. */
export async function takePlace(
  draft: string,
  { directory, files }: Pick<DirectoryAccess, 'directory' | 'files'>,
  refusal: (directory: string, draft: string, cause: unknown) => Error,
): Promise<void> {
  try {
    await files.rename(draft, directory);
    await files.syncDirectory(parentOf(directory));
  } catch (cause) {
    throw refusal(directory, draft, cause);
  }
}

/** Resolves once they are on disk. */
export function write(store: LogStore, operations: readonly LogOperation[]): Promise<void> {
  return promised((completed) => store.write(operations, completed));
}

function parentOf(directory: string): string {
  const at = directory.lastIndexOf('/');
  if (at < 0) return '.';
  return at === 0 ? '/' : directory.slice(0, at);
}
