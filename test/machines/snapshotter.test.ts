/** One snapshot at a time, whoever wants it and whatever becomes of it (§5.1). */
import { expect, it } from 'vitest';
import type { SnapshotterEvent } from '../../machines/snapshotter.machine.ts';
import {
  NO_SNAPSHOT_THRESHOLDS,
  type SnapshotThresholds,
} from '../../src/core/snapshot-thresholds.ts';
import { index } from '../../src/core/types.ts';
import { run } from './harness.ts';

const begin = (thresholds: Partial<SnapshotThresholds> = {}) =>
  run('snapshotter', {
    thresholds: { ...NO_SNAPSHOT_THRESHOLDS, ...thresholds },
    lastApplied: index(10),
  });
const start = (thresholds: Partial<SnapshotThresholds> = {}) => {
  const chart = begin(thresholds);
  chart.send(compacted);
  return chart;
};
const applied = (at: number, bytes = 0, snapshotBytes = 0): SnapshotterEvent => {
  return { type: 'entries.applied', lastApplied: index(at), bytes, snapshotBytes };
};
const wanted = { type: 'snapshot.wanted' } as const;
const captured = { type: 'snapshot.captured' } as const;
const stored = { type: 'snapshot.stored' } as const;
const refused = { type: 'snapshot.refused' } as const;
const impossible = { type: 'snapshot.impossible' } as const;
const compacted = { type: 'log.compacted' } as const;
const [capture, store, compact, ended] = [
  'captureSnapshot',
  'storeSnapshot',
  'compactLog',
  'snapshotEnded',
].map((type) => ({ type }));

it('[SH8] a start lets the log go that an earlier life had yet to let go', () => {
  const chart = begin({ entries: 5 });
  expect(chart.started).toEqual([compact]);
  expect(chart.send(applied(15))).toEqual([]);
  expect(chart.send(compacted)).toEqual([ended, capture]);
});

it('[SH1] without thresholds none is taken until somebody wants one', () => {
  const chart = start();
  expect(chart.send(applied(10_000, 10 ** 9))).toEqual([]);
  expect(chart.advance(10 ** 9)).toEqual([]);
  expect(chart.send(wanted)).toEqual([capture]);
});

it('[SH1] entries and bytes are counted from the last one that was begun', () => {
  const chart = start({ entries: 5, bytes: 100 });
  expect(chart.send(applied(14, 99))).toEqual([]);
  expect(chart.send(applied(15, 99))).toEqual([capture]);
  expect(chart.send(refused)).toEqual([ended]);
  expect(chart.send(applied(19, 198))).toEqual([]);
  expect(chart.send(applied(20, 198))).toEqual([capture]);
});

it('[SH1] bytes alone are enough, once anything was applied', () => {
  const chart = start({ bytes: 100 });
  expect(chart.send(applied(11, 99))).toEqual([]);
  expect(chart.send(applied(12, 100))).toEqual([capture]);
});

it('[SH1] age counts from the first entry that is in none', () => {
  const chart = start({ ageMs: 1_000 });
  expect(chart.advance(5_000)).toEqual([]);
  chart.send(applied(11));
  chart.advance(600);
  chart.send(applied(12));
  expect(chart.advance(399)).toEqual([]);
  expect(chart.advance(1)).toEqual([capture]);
  for (const event of [captured, stored, compacted]) chart.send(event);
  expect(chart.advance(5_000)).toEqual([]);
});

it('[SH2] one at a time: what is wanted meanwhile begins nothing', () => {
  const chart = start({ entries: 200 });
  chart.send(wanted);
  expect(chart.send(wanted)).toEqual([]);
  expect(chart.send(applied(99))).toEqual([]);
  expect(chart.send(captured)).toEqual([store]);
  expect(chart.send(wanted)).toEqual([]);
  expect(chart.send(applied(100))).toEqual([]);
  expect(chart.send(stored)).toEqual([compact]);
  expect(chart.send(wanted)).toEqual([]);
  expect(chart.send(compacted)).toEqual([ended]);
  expect(chart.state()).toBe('idle.resting');
  expect(chart.send(wanted)).toEqual([capture]);
});

it('[SH8] [E12] what crosses a threshold while one is taken is not forgotten, although nothing comes after it', () => {
  const byEntries = start({ entries: 5 });
  for (const event of [applied(15), captured, applied(20), stored]) byEntries.send(event);
  expect(byEntries.send(compacted)).toEqual([ended, capture]);
  for (const event of [captured, applied(24), stored]) byEntries.send(event);
  expect(byEntries.send(compacted)).toEqual([ended]);
  const byAge = start({ ageMs: 1_000 });
  for (const event of [wanted, captured, applied(11), stored, compacted]) byAge.send(event);
  expect(byAge.advance(999)).toEqual([]);
  expect(byAge.advance(1)).toEqual([capture]);
});

it('[IS6] [LR19] once nobody fetches an older one, the log goes that stayed for it, whatever is under way just then', () => {
  const chart = start();
  const released = { type: 'snapshot.released' } as const;
  expect(chart.send(released)).toEqual([compact]);
  expect(chart.send(released)).toEqual([]);
  expect(chart.send(compacted)).toEqual([compact]);
  expect(chart.send(compacted)).toEqual([ended]);
  for (const event of [wanted, captured]) chart.send(event);
  expect(chart.send(released)).toEqual([]);
  expect(chart.send(refused)).toEqual([ended, compact]);
  expect(chart.send(compacted)).toEqual([ended]);
  for (const event of [wanted, released, impossible]) chart.send(event);
  expect(chart.send(released)).toEqual([compact]);
  expect(chart.state()).toBe('unable');
});

it('[SH5] where there are none, nobody is kept waiting and nothing is tried again', () => {
  for (const before of [[], [captured]]) {
    const chart = start({ entries: 1 });
    for (const event of [wanted, ...before]) chart.send(event);
    expect(chart.send(impossible)).toEqual([ended]);
    expect(chart.send(applied(99))).toEqual([]);
    expect(chart.send(wanted)).toEqual([ended]);
    expect(chart.state()).toBe('unable');
  }
});

it('[SH4] a disk that fails ends it, and so the node', () => {
  const chart = start();
  for (const event of [wanted, captured]) chart.send(event);
  expect(chart.send({ type: 'snapshot.failed', error: 'EIO' })).toEqual([]);
  expect(chart.state()).toBe('failed');
  expect(chart.context().error).toBe('EIO');
});
