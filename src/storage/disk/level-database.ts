/**
 * The store's database on LevelDB. It decides LevelDB's options, keeps a second handle of the same process out, and looks
 * at LevelDB's files before LevelDB does (`level-tables.ts`). That LevelDB loses what it cannot read is the store's business.
 */

import { readFile, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Level } from 'level';
import {
  EMPTY_MANIFEST_BYTES_MAX,
  OPEN_FILES_MAX,
  SCAN_RECORDS_MAX,
  SCAN_STEP_BYTES_MAX,
} from '../limits.ts';
import {
  type Database,
  type DatabaseChange,
  DatabaseDamaged,
  DatabaseLocked,
  DatabaseMissing,
  type DatabaseRecord,
  type DatabaseScan,
  type OpenOptions,
  type ScanRange,
} from './database.ts';
import { LevelFileDamaged, liveTables, requireSoundTable } from './level-tables.ts';
import { nodeFiles } from './node-files.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/**
 * Measured with synced batches of a run and the state record, 1 KB to 256 KB: LevelDB's compression changes
 * no latency and takes processor time from the node; write buffers of 16 MiB cost fewer stalls than the
 * usual 4, and a restart replays at most that much. Keys and values are bytes.
 */
const OPTIONS = {
  keyEncoding: 'view',
  valueEncoding: 'view',
  compression: false,
  writeBufferSize: 16 * MIB,
  maxFileSize: 8 * MIB,
} as const;

/** The file by which LevelDB finds all others; it names the manifest. */
const CURRENT = 'CURRENT';

/**
 * Directories open in this process. LevelDB's own lock fails us here: a second attempt in one process
 * closes a handle of the lock file, and with it POSIX drops the lock of the first.
 */
const openDirectories = new Set<string>();

export class LevelDatabase implements Database {
  readonly #directory: string;
  readonly #openFilesMax: number;
  /** Made by `open` and not before: a `Level` opens itself, and would create what is missing. */
  #level: Level<Uint8Array, Uint8Array> | null = null;
  #place: string | null = null;
  /** What was begun ahead; false: it failed. */
  #ahead: Promise<boolean> | null = null;
  /** The manifest of which all tables were found whole, ahead; `null`: none was. */
  #seen: Promise<Manifest | null> = Promise.resolve(null);

  constructor(directory: string, openFilesMax: number = OPEN_FILES_MAX) {
    this.#directory = directory;
    this.#openFilesMax = openFilesMax;
  }

  async open(options: OpenOptions): Promise<void> {
    const isOpen = await this.#ahead;
    this.#ahead = null;
    // What failed there fails here again, and in its own words.
    if (isOpen !== true) await this.#open(options);
  }

  async beginToLook(): Promise<void> {
    if (this.#ahead !== null) return;
    // What fails here fails again when it is opened, and in its own words.
    this.#seen = this.#findPlace()
      .then((place) => soundManifest(place, null))
      .catch(() => null);
    await this.#seen;
  }

  beginToOpen(): () => Promise<void> {
    this.#ahead = this.#open({ createIfMissing: false }).then(
      () => true,
      () => false,
    );
    return () => this.close();
  }

  async #open(options: OpenOptions): Promise<void> {
    const place = await this.#findPlace();
    if (openDirectories.has(place)) throw new DatabaseLocked('it is open in this process');
    openDirectories.add(place);
    this.#place = place;
    try {
      await requireSound(place, options, await this.#seen);
      this.#level = await openLevel(place, { ...options, maxOpenFiles: this.#openFilesMax });
      // LevelDB has renamed `CURRENT` and begun a file, and leaves their names to the next power loss.
      await nodeFiles.syncDirectory(place);
    } catch (error) {
      await this.#close();
      throw error;
    }
  }

  async #findPlace(): Promise<string> {
    const parent = await realpath(dirname(this.#directory));
    return join(parent, basename(this.#directory));
  }

  write(changes: readonly DatabaseChange[], completed: (error: Error | null) => void): void {
    this.#opened()
      .batch([...changes], { sync: true })
      .then(() => completed(null), completed);
  }

  scan({ from, bytesMax }: ScanRange): DatabaseScan {
    const iterator = this.#opened().iterator({ gte: from, highWaterMarkBytes: bytesMax });
    return {
      next: async (): Promise<readonly DatabaseRecord[]> => {
        const pairs = await iterator.nextv(SCAN_RECORDS_MAX);
        return pairs.map(([key, value]) => ({ key: plain(key), value: plain(value) }));
      },
      close: () => iterator.close(),
    };
  }

  async close(): Promise<void> {
    await this.#ahead;
    this.#ahead = null;
    await this.#close();
  }

  async #close(): Promise<void> {
    await this.#level?.close();
    this.#level = null;
    if (this.#place !== null) openDirectories.delete(this.#place);
    this.#place = null;
  }

  #opened(): Level<Uint8Array, Uint8Array> {
    if (this.#level === null) throw new Error('the database is not open');
    return this.#level;
  }
}

/** Node's `Buffer`, which `level` returns, looks like a `Uint8Array` and slices differently. */
function plain({ buffer, byteOffset, byteLength }: Uint8Array): Uint8Array {
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/**
 * Looks: there is a database or one may be made, and its tables are whole. LevelDB without `CURRENT` would begin
 * an empty store between the remains of the old one, so that only a beginning may lack it. Nothing is changed but a
 * beginning that a power loss has torn: it loses its `CURRENT`, and LevelDB, under its lock, begins anew.
 */
async function requireSound(
  place: string,
  { createIfMissing }: OpenOptions,
  seen: Manifest | null,
): Promise<void> {
  const names = (await nodeFiles.list(place)) ?? [];
  const mayBegin = createIfMissing && (await isBeginning(place, names));
  if (!names.includes(CURRENT)) {
    if (!mayBegin) throw new DatabaseMissing(`${place} has no ${CURRENT}`);
  } else if (!mayBegin || (await isWhole(place))) {
    await soundManifest(place, seen);
  } else {
    await unlink(join(place, CURRENT));
  }
}

/** What LevelDB has made before anything was written into it: no table, no log record, manifests of an empty store. */
async function isBeginning(place: string, names: readonly string[]): Promise<boolean> {
  const beginning = /^(CURRENT|LOCK|LOG|LOG\.old|MANIFEST-\d+|\d+\.(dbtmp|log))$/;
  if (!names.every((name) => beginning.test(name))) return false;
  for (const name of names) {
    const bytesMax = name.startsWith('MANIFEST') ? EMPTY_MANIFEST_BYTES_MAX : 0;
    const counts = name.startsWith('MANIFEST') || name.endsWith('.log');
    if (counts && (await readPart(place, name)).length > bytesMax) return false;
  }
  return true;
}

/** Looked at twice: where another process is just beginning, one look may find a manifest that is already gone. */
async function isWhole(place: string): Promise<boolean> {
  return (await looksWhole(place)) || (await looksWhole(place));
}

async function looksWhole(place: string): Promise<boolean> {
  try {
    await soundManifest(place, null);
    return true;
  } catch (error) {
    if (error instanceof DatabaseDamaged) return false;
    throw error;
  }
}

interface Manifest {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * The manifest, of which every table is whole. Checks one file at a time, and none if this very manifest was seen so: tables
 * are never changed. If the manifest moves on meanwhile, another process is at work here.
 */
async function soundManifest(place: string, seen: Manifest | null): Promise<Manifest> {
  const manifest = await readManifest(place);
  if (seen?.name === manifest.name && Buffer.compare(seen.bytes, manifest.bytes) === 0)
    return manifest;
  try {
    const tables = judged(manifest.name, () => liveTables(manifest.bytes));
    for (const number of tables) {
      const name = `${number.toString().padStart(6, '0')}.ldb`;
      const table = await readPart(place, name);
      const blocks = requireSoundTable(table);
      while (judged(name, () => hasMoreBlocks(blocks))) await nextTurn();
    }
    return manifest;
  } catch (error) {
    const now = await readManifest(place);
    const isInUse = now.name !== manifest.name || now.bytes.length !== manifest.bytes.length;
    throw isInUse ? new DatabaseLocked('its files change', { cause: error }) : error;
  }
}

/** Looks at some of them. Bound: `SCAN_STEP_BYTES_MAX`, and a block more, in one turn of the event loop. */
function hasMoreBlocks(blocks: Iterator<number>): boolean {
  for (let bytes = 0; bytes < SCAN_STEP_BYTES_MAX; ) {
    const { done, value } = blocks.next();
    if (done === true) return false;
    bytes += value;
  }
  return true;
}

function judged<Result>(name: string, judge: () => Result): Result {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof LevelFileDamaged)) throw error;
    throw new DatabaseDamaged(`in its file ${name}, ${error.message}`, { cause: error });
  }
}

async function readManifest(place: string): Promise<Manifest> {
  const name = (await readFile(join(place, CURRENT), 'latin1')).trimEnd();
  if (!/^MANIFEST-\d+$/.test(name)) {
    throw new DatabaseDamaged(`its file ${CURRENT} names no manifest`);
  }
  return { name, bytes: await readPart(place, name) };
}

async function readPart(place: string, name: string): Promise<Uint8Array> {
  const bytes = await nodeFiles.read(join(place, name));
  if (bytes === null) throw new DatabaseDamaged(`its file ${name} is missing`);
  return bytes;
}

/** `level` wraps what LevelDB said; the wrapping says only that the database is not open. */
async function openLevel(
  place: string,
  options: OpenOptions & { readonly maxOpenFiles: number },
): Promise<Level<Uint8Array, Uint8Array>> {
  const level = new Level<Uint8Array, Uint8Array>(place, { ...OPTIONS, ...options });
  try {
    await level.open();
    return level;
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : null;
    const code = cause !== null && 'code' in cause ? cause.code : null;
    const text = cause?.message ?? String(error);
    if (code === 'LEVEL_LOCKED') throw new DatabaseLocked(text, { cause });
    if (code === 'LEVEL_CORRUPTION') throw new DatabaseDamaged(text, { cause });
    throw new Error(text, { cause });
  }
}
