/**
 * Records that a watcher does not get, for whatever reason, as it is told of them: one record that counts them. Asked at each
 * place where some may get lost: where a node tells them, and where a server waits for a slow reader.
 */
import type { InspectionRecord } from '../../../ports/inspection.ts';

/** The record, behind one for those that are missing before it, if any are. */
export function withMissed(heard: number, record: InspectionRecord): readonly InspectionRecord[] {
  const first = record.type === 'missed' ? record.sequence - record.count + 1 : record.sequence;
  const count = first - heard - 1;
  if (count <= 0) return [record];
  const { at, node } = record;
  return [{ type: 'missed', sequence: first - 1, at, node, count }, record];
}
