/**
 * The store's file operations on a real file system. Together with `level-database.ts` it is the only
 * file of the storage that imports `node:` modules. It decides when a background sync runs, nothing else.
 */
import * as fs from 'node:fs';
import { mkdir, open, readdir, readFile, rename, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Files, OpenFile } from './files.ts';

/** A background sync starts at most this often, in milliseconds. */
const BACKGROUND_SYNC_INTERVAL_MS = 1_000;

export const nodeFiles: Files = {
  list: (directory) => orNullIfMissing(readdir(directory).then((names) => names.sort())),
  makeDirectory,
  read: (path) => orNullIfMissing(readFile(path)),
  write,
  rename,
  syncDirectory,
  open: async (path) => new NodeOpenFile(await open(path, 'r+')),
};

/** ST17: level by level; below `/proc`, where nothing can be made, a recursive `mkdir` of Node never settles. */
async function makeDirectory(directory: string): Promise<void> {
  const path = resolve(directory);
  const absent: string[] = [];
  for (let level = path; !(await isDirectory(level)); level = dirname(level)) absent.unshift(level);
  for (const level of absent) {
    await makeLevel(level);
    await syncDirectory(dirname(level));
  }
}

/** Another process may make the same one, such as the parent of several data directories. */
async function makeLevel(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    if (!(await isDirectory(path))) throw error;
  }
}

/** Throws if something else has that name. */
async function isDirectory(path: string): Promise<boolean> {
  const found = await orNullIfMissing(stat(path));
  if (found !== null && !found.isDirectory()) throw new Error(`${path} is not a directory`);
  return found !== null;
}

async function write(path: string, bytes: Uint8Array): Promise<void> {
  const file = await open(path, 'w');
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Windows has no handle on a directory to sync; there the rename itself is what the system offers. */
async function syncDirectory(directory: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

async function orNullIfMissing<Result>(pending: Promise<Result>): Promise<Result | null> {
  try {
    return await pending;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

class NodeOpenFile implements OpenFile {
  readonly #handle: fs.promises.FileHandle;
  #timer: NodeJS.Timeout | null = null;
  #syncing: Promise<void> | null = null;
  #failure: unknown = null;
  #closed = false;

  constructor(handle: fs.promises.FileHandle) {
    this.#handle = handle;
  }

  writeAt(bytes: Uint8Array, position: number): void {
    if (this.#failure !== null) throw this.#failure;
    const written = fs.writeSync(this.#handle.fd, bytes, 0, bytes.length, position);
    if (written !== bytes.length) throw new Error(`wrote ${written} of ${bytes.length} bytes`);
  }

  sync(completed: (error: Error | null) => void): void {
    fs.fdatasync(this.#handle.fd, completed);
  }

  syncSoon(failed: (error: unknown) => void): void {
    if (this.#timer !== null || this.#closed) return;
    this.#timer = setTimeout(() => {
      this.#timer = null;
      this.#syncing ??= this.#syncInBackground(failed);
    }, BACKGROUND_SYNC_INTERVAL_MS);
    this.#timer.unref();
  }

  async close(): Promise<void> {
    this.#closed = true;
    const isOwed = this.#timer !== null;
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    await this.#syncing;
    try {
      if (isOwed && this.#failure === null) await this.#handle.datasync();
    } finally {
      await this.#handle.close();
    }
  }

  /** Never tried again: a sync that failed once may report success the next time and mean nothing. */
  async #syncInBackground(failed: (error: unknown) => void): Promise<void> {
    try {
      await this.#handle.datasync();
    } catch (error) {
      this.#failure = error;
      failed(error);
    }
    this.#syncing = null;
  }
}
