/** When a snapshot is due (§5.1). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { NO_SNAPSHOT_THRESHOLDS } from '../../src/core/snapshot-thresholds.ts';
import { index } from '../../src/core/types.ts';
import { isSnapshotDue } from '../../src/rules/snapshots.ts';

const count = fc.nat({ max: 50 });
const threshold = fc.option(fc.integer({ min: 1, max: 50 }));

it('[SH1] a snapshot is due at whichever threshold is reached first, and never without a new entry', () => {
  fc.assert(
    fc.property(threshold, threshold, count, count, count, (entries, bytes, from, more, size) => {
      const since = { lastApplied: index(from), bytes: from * 3, snapshotBytes: 0 };
      const now = { lastApplied: index(from + more), bytes: since.bytes + size, snapshotBytes: 7 };
      const isDue = isSnapshotDue({ ...NO_SNAPSHOT_THRESHOLDS, entries, bytes }, since, now);
      const byEntries = entries !== null && more >= entries;
      const byBytes = bytes !== null && size >= bytes;
      expect(isDue).toBe(more > 0 && (byEntries || byBytes));
    }),
  );
});

it('[SH1] by entries or bytes none is due before those since the newest outweigh it', () => {
  const thresholds = { ...NO_SNAPSHOT_THRESHOLDS, entries: 10, bytes: 10, growth: 2 };
  const since = { lastApplied: index(5), bytes: 1_000, snapshotBytes: 0 };
  const now = { lastApplied: index(50), bytes: 1_199, snapshotBytes: 100 };
  expect(isSnapshotDue(thresholds, since, now)).toBe(false);
  expect(isSnapshotDue(thresholds, since, { ...now, bytes: 1_200 })).toBe(true);
  expect(isSnapshotDue({ ...thresholds, growth: 0 }, since, now)).toBe(true);
});
