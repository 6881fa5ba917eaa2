/** The room on the disk, as the system tells it. */
import { expect, it } from 'vitest';
import { SPACE_INTERVAL_MS, watchDiskSpace } from '../../../src/server/operations/disk-space.ts';

it('[OP10] is looked up at intervals, one look at a time, and not known where the system does not say', async () => {
  const waiting: (() => void)[] = [];
  let waits = 0;
  const clock = {
    setIdleTimeout: (callback: () => void, delayMs: number) => {
      expect(delayMs).toBe(SPACE_INTERVAL_MS);
      waiting.push(callback);
      waits += 1;
    },
    clearTimeout: () => {
      waiting.length = 0;
    },
  };
  const looks: (() => Promise<{ bavail: number; blocks: number; bsize: number }>)[] = [
    async () => ({ bavail: 3, blocks: 10, bsize: 4096 }),
    () => Promise.reject(new Error('EIO')),
    () => new Promise(() => {}),
  ];
  const look = (): ReturnType<(typeof looks)[number]> =>
    (looks.shift() as (typeof looks)[number])();
  const { latest, stop } = watchDiskSpace('/somewhere', { clock, look });
  expect(latest()).toBe(null);
  await expect.poll(() => waits).toBe(1);
  expect(latest()).toEqual({ freeBytes: 12_288, sizeBytes: 40_960 });
  waiting.pop()?.();
  await expect.poll(() => waits).toBe(2);
  expect(latest()).toBe(null);
  waiting.pop()?.();
  expect(waits).toBe(2);
  stop();
  expect(waiting).toEqual([]);
});
