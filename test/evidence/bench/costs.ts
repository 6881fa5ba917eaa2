/**
 * What a write takes of the machine: processor time of all members, bytes that they write to the disk, and bytes over
 * loopback, those of who asks included. Counted by the operating system over a whole load, and divided by the entries
 * that the leader has applied meanwhile.
 */
import { readFileSync } from 'node:fs';
import { processorMs } from '../../processes/process-usage.ts';
import { quantile } from '../../processes/quantile.ts';
import type { Load, Rival } from './rivals/rival.ts';

/** In the order in which it is shown. */
export interface Cost {
  readonly processorUs: number;
  readonly diskBytes: number;
  readonly wireBytes: number;
}

export interface CostComparison {
  readonly name: string;
  readonly ours: Cost;
  readonly theirs: Cost | null;
}

const LOADS = [1, 100, 1_000].map((callers) => ({
  name: `put ×${callers.toLocaleString('en')}: of each`,
  load: { ask: 'put', callers, at: 'leader', door: 'socket' } as const,
}));
export const COST_NAMES: readonly string[] = LOADS.map(({ name }) => name);

/** Medians of so many rounds, the rivals by turns. */
export async function measureCosts(
  rivals: readonly Rival[],
  { rounds, seconds }: { readonly rounds: number; readonly seconds: number },
): Promise<readonly CostComparison[]> {
  const compared: CostComparison[] = [];
  for (const { name, load } of LOADS) {
    const costs: Cost[][] = rivals.map(() => []);
    for (let round = 0; round < rounds; round += 1) {
      for (const [at, rival] of rivals.entries()) {
        costs[at]?.push(await costOf(rival, load, seconds));
      }
    }
    const [ours = [], theirs] = costs;
    compared.push({
      name,
      ours: medianOf(ours),
      theirs: theirs === undefined ? null : medianOf(theirs),
    });
  }
  return compared;
}

async function costOf(rival: Rival, load: Load, seconds: number): Promise<Cost> {
  const [appliedBefore, before] = [await rival.applied(), usageOf(rival)];
  await rival.load(load, seconds);
  const [after, appliedAfter] = [usageOf(rival), await rival.applied()];
  const writes = appliedAfter - appliedBefore;
  return {
    processorUs: (after.processorUs - before.processorUs) / writes,
    diskBytes: (after.diskBytes - before.diskBytes) / writes,
    wireBytes: (after.wireBytes - before.wireBytes) / writes,
  };
}

/** Since they were started. */
function usageOf(rival: Rival): Cost {
  const sum = (count: (pid: number) => number): number =>
    rival.pids().reduce((total, pid) => total + count(pid), 0);
  return {
    processorUs: sum((pid) => (processorMs(pid) ?? Number.NaN) * 1_000),
    diskBytes: sum(writtenBytes),
    wireBytes: loopbackBytes(),
  };
}

/** Given to the file system. */
function writtenBytes(pid: number): number {
  return Number(/^write_bytes: (\d+)$/m.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[1]);
}

/** Received there, and so sent. */
function loopbackBytes(): number {
  return Number(/^\s*lo:\s*(\d+)/m.exec(readFileSync('/proc/net/dev', 'utf8'))?.[1]);
}

function medianOf(costs: readonly Cost[]): Cost {
  const median = (pick: (cost: Cost) => number): number => quantile(costs.map(pick), 0.5);
  return {
    processorUs: median(({ processorUs }) => processorUs),
    diskBytes: median(({ diskBytes }) => diskBytes),
    wireBytes: median(({ wireBytes }) => wireBytes),
  };
}
