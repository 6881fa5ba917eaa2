/** Ways in which a disk at rest goes bad without anyone noticing: what the start-up proof of the store must find. */

import type { SimulatedFile, SimulatedStore } from '../disk/simulated-content.ts';
import type { SimulatedDisk } from '../disk/simulated-disk.ts';
import type { SimulatedRecords } from '../disk/simulated-records.ts';
import type { DamageKind } from '../plan/plan-faults.ts';
import type { SeededRandom } from '../runtime/random.ts';

/** Changes the disk in one place. Returns false if there was nothing of the kind to damage. */
export function damageDisk(disk: SimulatedDisk, kind: DamageKind, random: SeededRandom): boolean {
  switch (kind) {
    case 'flippedBit':
    case 'missingRecord':
    case 'misdirectedValue':
      return damageRecord(disk, kind, random);
    case 'damagedFile':
    case 'missingFile':
      return damageFile(disk, kind, random);
  }
}

function damageRecord(disk: SimulatedDisk, kind: DamageKind, random: SeededRandom): boolean {
  const stores = disk.content.paths.flatMap((path): SimulatedStore[] => {
    const node = disk.content.get(path);
    return node?.type === 'database' && node.records.size > 0 ? [node] : [];
  });
  if (stores.length === 0) return false;
  const { records } = random.pick(stores);
  const name = random.pick(records.names);
  const value = records.get(name)?.value;
  if (value === undefined) return false;
  if (kind === 'missingRecord') records.damage(name, null);
  else if (kind === 'flippedBit') records.damage(name, withFlippedBit(value, random));
  else records.damage(name, valueOfAnother(records, random, value));
  return true;
}

/** The value of any record that holds something else; with none, one that is wrong all the same. */
function valueOfAnother(
  records: SimulatedRecords,
  random: SeededRandom,
  value: Uint8Array,
): Uint8Array {
  const picked = random.pick(records.names);
  const others = [picked, ...records.names].map((name) => records.get(name)?.value ?? value);
  return others.find((other) => !isSameBytes(other, value)) ?? withFlippedBit(value, random);
}

function damageFile(disk: SimulatedDisk, kind: DamageKind, random: SeededRandom): boolean {
  const paths = disk.content.paths.filter((path) => disk.content.get(path)?.type === 'file');
  if (paths.length === 0) return false;
  const path = random.pick(paths);
  const node = disk.content.get(path);
  if (node?.type !== 'file') return false;
  if (kind === 'missingFile') disk.content.delete(path);
  else spoil(node, random);
  return true;
}

/** One flipped bit, one zeroed block, or a cut. What was written lately and not synced lies under it. */
function spoil(file: SimulatedFile, random: SeededRandom): void {
  const { content } = file;
  const at = random.integer(0, Math.max(0, content.length - 1));
  switch (random.integer(0, 2)) {
    case 0:
      file.content = withFlippedBit(content, random);
      break;
    case 1:
      file.content = content.slice().fill(0, at, at + 512);
      break;
    default:
      file.content = content.slice(0, at);
  }
  if (isSameBytes(file.content, content)) file.content = withFlippedBit(content, random);
  file.durable = file.content.slice();
  file.pending = [];
}

/** Where there is no bit to flip one byte appears. */
function withFlippedBit(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  if (bytes.length === 0) return Uint8Array.of(1);
  const copy = bytes.slice();
  const at = random.integer(0, copy.length - 1);
  copy[at] = (copy[at] ?? 0) ^ (1 << random.integer(0, 7));
  return copy;
}

function isSameBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}
