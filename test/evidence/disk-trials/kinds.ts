/**
 * One fault in one file of a data directory: which kinds of files and faults there are, one drawn by chance, and
 * how it is inflicted. In place, so that it also reaches a process that has the file open (ST15).
 */
import { closeSync, openSync, readFileSync, rmSync, truncateSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { filesIn } from '../../storage/data-directories.ts';

export const FILE_KINDS = [
  'write-ahead log',
  'table',
  'manifest',
  'CURRENT',
  'identity.json',
  'hard-state',
  'acknowledged',
  'other',
] as const;
type FileKind = (typeof FILE_KINDS)[number];

export const DAMAGE_KINDS = ['flipped bit', 'zeroed block', 'cut', 'deleted'] as const;
type DamageKind = (typeof DAMAGE_KINDS)[number];

export interface Damage {
  /** Relative to the data directory. */
  readonly file: string;
  readonly fileKind: FileKind;
  readonly kind: DamageKind;
  /** Size of the file before, in bytes. */
  readonly size: number;
  /** The byte of the bit, the first byte of the block, or the length after the cut; 0 if deleted. */
  readonly at: number;
  /** The bit, 0 to 7, or the block's length in bytes; 0 for the other kinds. */
  readonly extent: number;
}

/** How often each kind of file is hit, relative to the others. */
const FILE_WEIGHTS: Readonly<Record<FileKind, number>> = {
  'write-ahead log': 5,
  table: 5,
  manifest: 3,
  CURRENT: 1,
  'identity.json': 2,
  'hard-state': 2,
  acknowledged: 2,
  other: 1,
};
const BLOCK_SIZES = [512, 4096] as const;
/** Faults near either end of a file, within so many bytes, come more often than elsewhere. */
const EDGE_BYTES = 64;
const EDGE_CHANCE = 0.3;
/** Bound: blocks that were zero before are drawn again so often; then a bit is flipped instead. */
const BLOCK_DRAWS_MAX = 20;

/** A fault that changes at least one byte, or deletes the file. Reads only. */
export function drawDamage(directory: string, random: SeededRandom): Damage {
  const file = drawFile(directory, random);
  const bytes = readFileSync(join(directory, file));
  const target = { file, fileKind: fileKindOf(file), size: bytes.length };
  const kind = bytes.length === 0 ? 'deleted' : random.pick(DAMAGE_KINDS);
  switch (kind) {
    case 'deleted':
      return { ...target, kind, at: 0, extent: 0 };
    case 'cut':
      return { ...target, kind, at: drawPlace(bytes.length, random), extent: 0 };
    case 'zeroed block':
      return { ...target, ...drawBlock(bytes, random) };
    case 'flipped bit':
      return { ...target, ...drawBit(bytes, random) };
  }
}

export function inflict(directory: string, { file, kind, at, extent }: Damage): void {
  const path = join(directory, file);
  switch (kind) {
    case 'deleted':
      rmSync(path);
      return;
    case 'cut':
      truncateSync(path, at);
      return;
    case 'zeroed block':
      overwrite(path, Buffer.alloc(extent), at);
      return;
    case 'flipped bit':
      overwrite(path, Buffer.of((readFileSync(path)[at] ?? 0) ^ (1 << extent)), at);
      return;
  }
}

export function describeDamage({ file, kind, size, at, extent }: Damage): string {
  switch (kind) {
    case 'deleted':
      return `${file} (${size} bytes) deleted`;
    case 'cut':
      return `${file} cut from ${size} to ${at} bytes`;
    case 'zeroed block':
      return `${file} (${size} bytes): ${extent} bytes from ${at} on zeroed`;
    case 'flipped bit':
      return `${file} (${size} bytes): bit ${extent} of byte ${at} flipped`;
  }
}

export function fileKindOf(file: string): FileKind {
  const name = file.replace(/^log\//, '');
  if (/^\d+\.log$/.test(name)) return 'write-ahead log';
  if (/^\d+\.ldb$/.test(name)) return 'table';
  if (name.startsWith('MANIFEST-')) return 'manifest';
  return FILE_KINDS.find((kind) => kind === name) ?? 'other';
}

function drawFile(directory: string, random: SeededRandom): string {
  const files = filesIn(directory);
  const kinds = FILE_KINDS.filter((kind) => files.some((file) => fileKindOf(file) === kind));
  const kind = random.pick(
    kinds.flatMap((each) => Array.from({ length: FILE_WEIGHTS[each] }, () => each)),
  );
  return random.pick(files.filter((file) => fileKindOf(file) === kind));
}

type Place = Pick<Damage, 'kind' | 'at' | 'extent'>;

function drawBit(bytes: Uint8Array, random: SeededRandom): Place {
  const at = drawPlace(bytes.length, random);
  return { kind: 'flipped bit', at, extent: random.integer(0, 7) };
}

function drawBlock(bytes: Uint8Array, random: SeededRandom): Place {
  for (let draw = 0; draw < BLOCK_DRAWS_MAX; draw += 1) {
    const block = random.pick(BLOCK_SIZES);
    const at = block * Math.floor(drawPlace(bytes.length, random) / block);
    const extent = Math.min(block, bytes.length - at);
    if (bytes.subarray(at, at + extent).some((byte) => byte !== 0)) {
      return { kind: 'zeroed block', at, extent };
    }
  }
  return drawBit(bytes, random);
}

/** In `[0, size)`. */
function drawPlace(size: number, random: SeededRandom): number {
  if (!random.chance(EDGE_CHANCE)) return random.integer(0, size - 1);
  const away = random.integer(0, Math.min(EDGE_BYTES, size) - 1);
  return random.chance(0.5) ? away : size - 1 - away;
}

function overwrite(path: string, bytes: Uint8Array, at: number): void {
  const file = openSync(path, 'r+');
  try {
    writeSync(file, bytes, 0, bytes.length, at);
  } finally {
    closeSync(file);
  }
}
