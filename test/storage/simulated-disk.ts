/**
 * Files and a database in memory that die at a chosen step. What was synced survives a power loss;
 * of what was not, the test decides piece by piece. The real store runs on top, unchanged.
 * It does not damage what was synced: `lost-batches.test.ts` and `damage.test.ts` do that.
 */
import {
  type Database,
  type DatabaseChange,
  DatabaseDamaged,
  DatabaseLocked,
  DatabaseMissing,
  type DatabaseRecord,
  type DatabaseScan,
} from '../../src/storage/disk/database.ts';
import type { Files, OpenFile } from '../../src/storage/disk/files.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';

/** Whether one unsynced piece made it to the disk all the same. */
export type Survives = () => boolean;

/** The real store upon a simulated disk, with words that repeat from run to run. */
export function storeOn({ files, database }: SimulatedDisk): LevelLogStore {
  let words = 0;
  const randomWord = (): string => {
    words += 1;
    return `word-${words}`;
  };
  return new LevelLogStore({ directory: 'data', files, database, randomWord });
}

interface SimulatedFile {
  type: 'file';
  content: Uint8Array;
  durable: Uint8Array;
  /** Overwrites since the last sync. */
  pending: { readonly bytes: Uint8Array; readonly position: number }[];
}

interface SimulatedDatabase {
  type: 'database';
  readonly batches: (readonly DatabaseChange[])[];
  isLocked: boolean;
  /** Its first files are all there; a creation that ends before may leave any of them, in pieces. */
  isWhole: boolean;
}

type Node = SimulatedFile | SimulatedDatabase;

const NEVER = new Promise<never>(() => {});

export class SimulatedDisk {
  /** The step before which the process dies; every primitive is one or more steps. */
  crashAt = Number.POSITIVE_INFINITY;
  steps = 0;
  #names = new Map<string, Node>();
  #durableNames = new Map<string, Node>();
  #die: () => void = () => {};
  readonly died = new Promise<'died'>((resolve) => {
    this.#die = () => resolve('died');
  });

  get isDead(): boolean {
    return this.steps >= this.crashAt;
  }

  /** Every batch that the database at this path was given, in order; editing it rewrites history. */
  batches(path: string): (readonly DatabaseChange[])[] {
    const node = this.#names.get(path);
    return node?.type === 'database' ? node.batches : [];
  }

  /** The disk after a restart: `survives` is asked for every unsynced piece. */
  reboot(survives: Survives): SimulatedDisk {
    const next = new SimulatedDisk();
    const paths = new Set([...this.#names.keys(), ...this.#durableNames.keys()]);
    const kept = new Map<Node, Node>();
    for (const path of paths) {
      const now = this.#names.get(path);
      const before = this.#durableNames.get(path);
      const node = now === before || survives() ? now : before;
      if (node === undefined) continue;
      const copy = kept.get(node) ?? survivor(node, survives);
      kept.set(node, copy);
      next.#names.set(path, copy);
      next.#durableNames.set(path, copy);
    }
    return next;
  }

  readonly files: Files = {
    list: async (directory) => {
      const inside = [...this.#names.keys()].filter((path) => path.startsWith(`${directory}/`));
      const names = inside.map((path) => path.slice(directory.length + 1));
      return names.length === 0 ? null : names.sort();
    },
    makeDirectory: async () => this.#step(() => {}),
    read: async (path) => {
      const node = this.#names.get(path);
      return node?.type === 'file' ? node.content.slice() : null;
    },
    write: async (path, bytes) => {
      const file = this.#fileAt(path);
      await this.#step(() => this.#names.set(path, file));
      await this.#step(() => {
        file.content = new Uint8Array(0);
      });
      await this.#step(() => {
        file.content = bytes.slice();
      });
      await this.#step(() => syncFile(file));
    },
    rename: (from, to) =>
      this.#step(() => {
        const node = this.#names.get(from);
        if (node === undefined) throw new Error(`ENOENT: ${from}`);
        this.#names.delete(from);
        this.#names.set(to, node);
      }),
    syncDirectory: (directory) => this.#step(() => this.#syncNames(`${directory}/`)),
    open: async (path) => this.#openFile(path),
  };

  readonly database = (path: string): Database => {
    let opened: SimulatedDatabase | null = null;
    return {
      open: async ({ createIfMissing }) => {
        await this.#step(() => {
          opened = this.#databaseAt(path, createIfMissing);
          opened.isLocked = true;
          this.#names.set(path, opened);
        });
        await this.#step(() => {
          if (opened !== null) opened.isWhole = true;
        });
      },
      write: (changes, completed) => {
        const done = this.#step(() => opened?.batches.push(changes)).then(() =>
          this.#step(() => {}),
        );
        done.then(() => completed(null), completed);
      },
      scan: ({ from }) => scanOf(recordsOf(opened?.batches ?? []), from),
      close: async () => {
        if (opened !== null) opened.isLocked = false;
      },
    };
  };

  /** A beginning that was torn holds nothing: it may be begun anew, and nobody can open it. */
  #databaseAt(path: string, createIfMissing: boolean): SimulatedDatabase {
    const found = this.#names.get(path);
    if (found?.type === 'database' && found.isLocked) throw new DatabaseLocked(path);
    if (found?.type === 'database' && found.isWhole) return found;
    if (createIfMissing) return { type: 'database', batches: [], isLocked: false, isWhole: false };
    throw found === undefined ? new DatabaseMissing(path) : new DatabaseDamaged(path);
  }

  #openFile(path: string): OpenFile {
    const file = this.#fileAt(path);
    return {
      writeAt: (bytes, position) => {
        if (this.#isOver()) throw new Error('the process is dead');
        file.content.set(bytes, position);
        file.pending.push({ bytes: bytes.slice(), position });
      },
      sync: (completed) => {
        this.#step(() => syncFile(file)).then(() => completed(null), completed);
      },
      syncSoon: () => {},
      close: async () => {
        if (!this.isDead) syncFile(file);
      },
    };
  }

  #fileAt(path: string): SimulatedFile {
    const node = this.#names.get(path);
    if (node?.type === 'file') return node;
    return { type: 'file', content: new Uint8Array(0), durable: new Uint8Array(0), pending: [] };
  }

  #syncNames(prefix: string): void {
    for (const path of [...this.#durableNames.keys(), ...this.#names.keys()]) {
      if (!path.startsWith(prefix)) continue;
      const node = this.#names.get(path);
      if (node === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, node);
    }
  }

  /** A dead process does nothing more and hears of nothing more. */
  async #step(action: () => void): Promise<void> {
    if (this.#isOver()) return NEVER;
    action();
  }

  #isOver(): boolean {
    if (this.isDead) {
      this.#die();
      return true;
    }
    this.steps += 1;
    return false;
  }
}

/** What a database holds after these batches, in the order of its keys. */
export function recordsOf(batches: readonly (readonly DatabaseChange[])[]): DatabaseRecord[] {
  const records = new Map<string, DatabaseRecord>();
  for (const change of batches.flat()) {
    const name = String.fromCharCode(...change.key);
    if (change.type === 'put') records.set(name, { key: change.key, value: change.value });
    else records.delete(name);
  }
  return [...records]
    .sort(([left], [right]) => (left < right ? -1 : 1))
    .map(([, record]) => record);
}

function scanOf(records: readonly DatabaseRecord[], from: Uint8Array): DatabaseScan {
  const start = String.fromCharCode(...from);
  let rest = records.filter(({ key }) => String.fromCharCode(...key) >= start);
  return {
    next: async () => {
      const step = rest.slice(0, 2);
      rest = rest.slice(2);
      return step;
    },
    close: async () => {},
  };
}

function survivor(node: Node, survives: Survives): Node {
  if (node.type === 'database') return { ...node, batches: [...node.batches], isLocked: false };
  const content = survives() ? node.content.slice() : withPending(node, survives);
  return { type: 'file', content, durable: content.slice(), pending: [] };
}

function withPending({ durable, pending }: SimulatedFile, survives: Survives): Uint8Array {
  const content = durable.slice();
  for (const { bytes, position } of pending) {
    if (survives() && position + bytes.length <= content.length) content.set(bytes, position);
  }
  return content;
}

function syncFile(file: SimulatedFile): void {
  file.durable = file.content.slice();
  file.pending = [];
}
