/** What a process of each holds in memory with so many keys, in MiB: of new clusters, into which they are filled. */
import { setTimeout as pause } from 'node:timers/promises';
import { residentMib } from '../../processes/process-usage.ts';
import { quantile } from '../../processes/quantile.ts';
import { type OutageComparison, outageComparison } from './comparison.ts';
import type { Rival } from './rivals/rival.ts';

/** At most so many times what etcd holds. */
const SIZES = [
  { keys: 100_000, goal: 1 },
  { keys: 200_000, goal: 1 },
  { keys: 1_000_000, goal: 1 },
] as const;
/** What filling leaves behind is part of it; what is cleaned up at once is not. */
const REST_MS = 2_000;

export const MEMORY_NAMES: readonly string[] = SIZES.map(({ keys }) => nameOf(keys));

/** `starts`: ours, and etcd's where it is installed; one runs at a time. */
export async function measureMemory(
  starts: readonly (() => Promise<Rival>)[],
): Promise<readonly OutageComparison[]> {
  const measured: number[][] = [];
  for (const start of starts) measured.push(await sizesOf(start));
  const [ours = [], theirs] = measured;
  return SIZES.map(({ keys, goal }, at) =>
    outageComparison({ name: nameOf(keys), goal }, [
      { ours: ours[at] ?? Number.NaN, theirs: theirs?.[at] ?? null },
    ]),
  );
}

async function sizesOf(start: () => Promise<Rival>): Promise<number[]> {
  await using rival = await start();
  const sizes: number[] = [];
  for (const { keys } of SIZES) {
    await rival.fill(keys);
    await pause(REST_MS);
    sizes.push(mibOf(rival));
  }
  return sizes;
}

/** The median of its processes. */
function mibOf(rival: Rival): number {
  const mib = rival.pids().map((pid) => residentMib(pid) ?? Number.NaN);
  return quantile(mib, 0.5);
}

function nameOf(keys: number): string {
  return `memory at ${keys.toLocaleString('en')} keys`;
}
