/**
 * What lies on a simulated disk: names, files, databases; each as the operating system has it and as it would
 * be after a power loss. Nothing here takes time.
 */
import type { SeededRandom } from '../runtime/random.ts';
import { SimulatedRecords } from './simulated-records.ts';

/** What a disk writes wholly or not at all. */
const SECTOR_BYTES = 512;

export interface SimulatedFile {
  readonly type: 'file';
  content: Uint8Array;
  durable: Uint8Array;
  /** Overwrites since the last sync, oldest first. */
  pending: { readonly bytes: Uint8Array; readonly position: number }[];
}

export interface SimulatedStore {
  readonly type: 'database';
  records: SimulatedRecords;
  isLocked: boolean;
  /** Its creation was cut short: its first files are there in pieces, and nothing was written yet. */
  isTorn: boolean;
}

export type DiskNode = SimulatedFile | SimulatedStore;
export type DiskContent = ReadonlyMap<string, DiskNode>;

export class SimulatedContent {
  #names: Map<string, DiskNode>;
  #durableNames: Map<string, DiskNode>;

  constructor(content: DiskContent = new Map()) {
    this.#names = copyOf(content);
    this.#durableNames = new Map(this.#names);
  }

  get(path: string): DiskNode | null {
    return this.#names.get(path) ?? null;
  }

  get paths(): readonly string[] {
    return [...this.#names.keys()];
  }

  set(path: string, node: DiskNode): void {
    this.#names.set(path, node);
  }

  delete(path: string): void {
    this.#names.delete(path);
  }

  /** The names under this prefix survive a power loss from now on, and so do those that are gone. */
  syncNames(prefix: string): void {
    for (const path of [...this.#durableNames.keys(), ...this.#names.keys()]) {
      if (!path.startsWith(prefix)) continue;
      const node = this.#names.get(path);
      if (node === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, node);
    }
  }

  unlock(): void {
    for (const node of this.#names.values()) if (node.type === 'database') node.isLocked = false;
  }

  /** Each unsynced piece and each unsynced name survives by chance. */
  losePower(random: SeededRandom): void {
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const now = this.#names.get(path);
      const before = this.#durableNames.get(path);
      const node = now === before || random.chance(0.5) ? now : before;
      if (node === undefined) this.#names.delete(path);
      else this.#names.set(path, node);
    }
    for (const node of new Set(this.#names.values())) {
      if (node.type === 'file') losePieces(node, random);
      else node.records.losePower((unsynced) => random.integer(0, unsynced));
    }
    this.#durableNames = new Map(this.#names);
  }

  copy(): DiskContent {
    return copyOf(this.#names);
  }
}

export function newFile(bytes: Uint8Array): SimulatedFile {
  return { type: 'file', content: bytes.slice(), durable: bytes.slice(), pending: [] };
}

export function newStore(): SimulatedStore {
  return { type: 'database', records: new SimulatedRecords(), isLocked: false, isTorn: false };
}

/** What was written before the call of the sync is on disk; later pieces stay pending. */
export function syncFile(file: SimulatedFile, pieces: number): void {
  const durable = file.durable.length === file.content.length ? file.durable : file.content.slice();
  for (const { bytes, position } of file.pending.splice(0, pieces)) durable.set(bytes, position);
  file.durable = durable;
}

function losePieces(file: SimulatedFile, random: SeededRandom): void {
  const content = file.durable.slice();
  for (const { bytes, position } of file.pending) {
    if (random.chance(0.5)) continue;
    const isTorn = random.chance(0.3);
    const sectors = random.integer(0, Math.floor(bytes.length / SECTOR_BYTES));
    content.set(isTorn ? bytes.subarray(0, sectors * SECTOR_BYTES) : bytes, position);
  }
  file.content = content;
  file.durable = content.slice();
  file.pending = [];
}

function copyOf(content: DiskContent): Map<string, DiskNode> {
  return new Map([...content].map(([path, node]) => [path, copyNode(node)]));
}

function copyNode(node: DiskNode): DiskNode {
  if (node.type === 'file') return newFile(node.content);
  return { ...node, records: node.records.copy(), isLocked: false };
}
