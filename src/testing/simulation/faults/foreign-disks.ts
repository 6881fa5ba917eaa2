/**
 * Disks that are not what their node last wrote: empty ones, and copies of an earlier time. The cluster can tell
 * them apart only if its members have met the right one since, so these faults wait until they have.
 */
import { decodeRecord, keyOf, keyOfPeer, RECORD_KIND } from '../../../storage/records/record.ts';
import { PEER, STATE } from '../../../storage/records/stored-values.ts';
import type { DiskContent, DiskNode } from '../disk/simulated-content.ts';
import { nameOf } from '../disk/simulated-records.ts';
import type { SimulatedMember } from '../world/member.ts';

/** Cold copies of each disk, oldest first, with the start that they belong to. */
const copies = new WeakMap<
  SimulatedMember,
  { readonly boots: number; readonly content: DiskContent }[]
>();

/** Bound: copies kept of one disk. */
const COPIES_MAX = 3;

/** Keeps a copy of the disk of a member that has just gone down. */
export function rememberCopy(member: SimulatedMember): void {
  if (member.isForeign) return;
  const content = member.disk.copy();
  const boots = bootsOf(content);
  const kept = copies.get(member) ?? [];
  copies.set(member, kept);
  const isNew = boots !== null && kept.at(-1)?.boots !== boots;
  if (isNew && kept.length < COPIES_MAX) kept.push({ boots, content });
}

/** The disk to put in; `null`: the others could not tell it from the right one yet. */
export function foreignCopyOf(
  type: 'wipe' | 'rollback',
  member: SimulatedMember,
  others: readonly SimulatedMember[],
): DiskContent | null {
  const known = others.map((other) => bootsKnownTo(other, member));
  if (known.includes(null)) return null;
  if (type === 'wipe') return new Map();
  const newest = Math.min(...known.map((boots) => boots ?? 0));
  const copy = copies.get(member)?.find(({ boots }) => boots < newest);
  return copy === undefined ? null : copiedOnce(copy.content);
}

function bootsOf(content: DiskContent): number | null {
  const value = recordIn(content, keyOf(RECORD_KIND.state));
  if (value === null) return null;
  const record = decodeRecord(STATE, value);
  return record.type === 'value' ? record.value.boots : null;
}

/** Which start of `member` the other one has met last, by what lies on its disk; `null`: none. */
function bootsKnownTo(other: SimulatedMember, member: SimulatedMember): number | null {
  const value = recordIn(other.disk.copy(), keyOfPeer(member.id));
  if (value === null) return null;
  const record = decodeRecord(PEER, value);
  return record.type === 'value' ? (record.value.met?.boots ?? null) : null;
}

function recordIn(content: DiskContent, key: Uint8Array): Uint8Array | null {
  const node = content.get('data/log');
  return node?.type === 'database' ? (node.records.get(nameOf(key))?.value ?? null) : null;
}

/** Copies hand out live nodes: the next use must not see what this one changes. */
function copiedOnce(content: DiskContent): DiskContent {
  return new Map<string, DiskNode>(content);
}
