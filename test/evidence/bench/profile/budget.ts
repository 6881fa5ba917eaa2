/**
 * Microseconds of processor time for each call, by stage. Samples say in which proportion, /proc how much it was. While threads wait
 * for cores there are more samples than time, so each counts for less; if there are fewer, the time is the kernel's, which wakes
 * the thread and reads its sockets while V8 takes it for idle.
 */
import type { Stack } from './cpu-profile.ts';
import { STAGE_NAMES, type Stage, stageOf } from './stages.ts';
import type { Uses } from './threads.ts';

/** As `--cpu-prof` has it by itself. */
const SAMPLE_US = 1_000;

/** Of one process, while so many calls were answered in so long. */
export interface Measured {
  readonly stacks: readonly Stack[];
  readonly uses: Uses;
  readonly calls: number;
  readonly lastedNs: number;
}

export interface Budget {
  /** Together what the thread that runs JavaScript took. */
  readonly stages: Readonly<Record<Stage, number>>;
  readonly main: number;
  /** Samples alone, a millisecond each. */
  readonly sampled: number;
  readonly helpers: number;
  readonly pool: number;
  readonly compaction: number;
  /** Without the profiler's own thread. */
  readonly process: number;
  /** How the thread that runs JavaScript spent the time, in shares of 1; the rest it slept. */
  readonly ran: number;
  readonly waited: number;
}

export function budgetOf({ calls, lastedNs, stacks, uses }: Measured): Budget {
  const microseconds = (ns: number): number => ns / 1_000 / calls;
  const main = microseconds(uses.main.ranNs);
  const counts = samplesByStage(stacks);
  const sampled = (samplesOf(stacks) * SAMPLE_US) / calls;
  const unseen = Math.max(0, main - sampled);
  const perSample = (main - unseen) / Math.max(1, samplesOf(stacks));
  const [helpers, pool, compaction] = [uses.helpers, uses.pool, uses.compaction].map(({ ranNs }) =>
    microseconds(ranNs),
  ) as [number, number, number];
  return {
    stages: byStage((stage) =>
      stage === 'kernel' ? unseen : (counts.get(stage) ?? 0) * perSample,
    ),
    ...{ sampled, main, helpers, pool, compaction, process: main + helpers + pool + compaction },
    ran: uses.main.ranNs / lastedNs,
    waited: uses.main.waitedNs / lastedNs,
  };
}

export function samplesOf(parts: readonly { readonly samples: number }[]): number {
  return parts.reduce((sum, { samples }) => sum + samples, 0);
}

/** Microseconds in words: three figures at most. */
export function shown(microseconds: number): string {
  if (microseconds === 0) return '–';
  if (microseconds >= 100) return microseconds.toFixed(0);
  return microseconds.toFixed(microseconds >= 10 ? 1 : 2);
}

/** Of members that do the same. */
export function meanOf(budgets: readonly Budget[]): Budget {
  const mean = (pick: (budget: Budget) => number): number =>
    budgets.reduce((sum, budget) => sum + pick(budget), 0) / budgets.length;
  return {
    stages: byStage((stage) => mean(({ stages }) => stages[stage])),
    main: mean(({ main }) => main),
    sampled: mean(({ sampled }) => sampled),
    helpers: mean(({ helpers }) => helpers),
    pool: mean(({ pool }) => pool),
    compaction: mean(({ compaction }) => compaction),
    process: mean(({ process }) => process),
    ran: mean(({ ran }) => ran),
    waited: mean(({ waited }) => waited),
  };
}

function samplesByStage(stacks: readonly Stack[]): ReadonlyMap<Stage, number> {
  const counts = new Map<Stage, number>();
  for (const { frames, samples } of stacks) {
    const stage = stageOf(frames);
    counts.set(stage, (counts.get(stage) ?? 0) + samples);
  }
  return counts;
}

function byStage(of: (stage: Stage) => number): Readonly<Record<Stage, number>> {
  return Object.fromEntries(STAGE_NAMES.map((stage) => [stage, of(stage)])) as Readonly<
    Record<Stage, number>
  >;
}
