/** A run of the comparison: the kinds of figures one after the other, each on clusters that are new where that matters. */
import { setTimeout as pause } from 'node:timers/promises';
import { comparisonOf, outageComparison, type Round } from './comparison.ts';
import { COST_NAMES, measureCosts } from './costs.ts';
import { COUNTER_NAMES, measureCounters } from './embedded.ts';
import { MEMORY_NAMES, measureMemory } from './memory.ts';
import { noise } from './noise.ts';
import { OUTAGES, type Outage } from './outages.ts';
import type { Results } from './results.ts';
import type { Rival, Sample } from './rivals/rival.ts';
import { ROWS, type Row } from './rows.ts';
import { costRowOf, countedRowOf, outageRowOf, rowOf } from './shown.ts';

interface Run {
  /** Ours, and etcd's where it is installed: each starts a cluster of so many members. */
  readonly starts: readonly ((members?: number) => Promise<Rival>)[];
  readonly rounds: number;
  /** How long each turn is measured. */
  readonly seconds: number;
  readonly isChosen: (name: string) => boolean;
  /** Hears of each line once it is measured. */
  readonly told: (cells: readonly string[]) => void;
}

export const NAMES: readonly string[] = [
  ...[...OUTAGES, ...ROWS].map(({ name }) => name),
  ...[...COST_NAMES, ...MEMORY_NAMES, ...COUNTER_NAMES],
];

/** Code that runs for the first time is compiled meanwhile; etcd gets the same. */
const WARM_UP = { ask: 'put', callers: 100, at: 'leader', door: 'socket' } as const;
const WARM_UP_SECONDS = 5;
/** What a burst of writes leaves undone is part of what follows it; anything else is not. */
const REST_MS = 300;
const MEMBERS = 3;

export async function measureAll(run: Run): Promise<Results> {
  const { isChosen, starts, told } = run;
  const rows = ROWS.filter(({ name }) => isChosen(name));
  const results = {
    outages: await outagesOf(run),
    rows: [...(await sharedRowsOf(run, rows)), ...(await otherRowsOf(run, rows))],
    costs: await costsOf(run),
    memory: MEMORY_NAMES.some(isChosen) ? await measureMemory(starts) : [],
    counted: COUNTER_NAMES.some(isChosen) ? await measureCounters(run) : [],
  };
  for (const each of results.memory) told(outageRowOf(each));
  for (const each of results.counted) told(countedRowOf(each));
  return results;
}

/** First, on clusters that hold nothing else: what rows write stays in the history. */
async function outagesOf(run: Run): Promise<Results['outages']> {
  const chosen = OUTAGES.filter(({ name }) => run.isChosen(name));
  return onNewClusters(run, { members: MEMBERS, each: chosen }, async (rivals, outage: Outage) => {
    const measured: { ours: number; theirs: number | null }[] = [];
    for (const rival of rivals) await rival.fill(outage.keys);
    for (let round = 0; round < run.rounds; round += 1) {
      const [ours = Number.NaN, theirs = null] = await inTurn(rivals, outage.measure);
      measured.push({ ours, theirs });
    }
    const comparison = outageComparison(outage, measured);
    run.told(outageRowOf(comparison));
    return comparison;
  });
}

function sharedRowsOf(run: Run, rows: readonly Row[]): Promise<Results['rows']> {
  const each = rows.filter(({ members }) => members === undefined);
  return onNewClusters(run, { members: MEMBERS, each }, (rivals, row) => rowWith(run, rivals, row));
}

async function otherRowsOf(run: Run, rows: readonly Row[]): Promise<Results['rows']> {
  const measured: Results['rows'][number][] = [];
  for (const each of rows) {
    const { members } = each;
    if (members === undefined) continue;
    const one = { members, each: [each] };
    measured.push(...(await onNewClusters(run, one, (rivals, row) => rowWith(run, rivals, row))));
  }
  return measured;
}

async function costsOf(run: Run): Promise<Results['costs']> {
  if (!COST_NAMES.some(run.isChosen)) return [];
  const [costs = []] = await onNewClusters(run, { members: MEMBERS, each: [run] }, measureCosts);
  for (const cost of costs) run.told(costRowOf(cost));
  return costs;
}

async function rowWith(
  { rounds, seconds, told }: Run,
  rivals: readonly Rival[],
  row: Row,
): Promise<Results['rows'][number]> {
  for (const rival of rivals) await rival.fill(row.keys);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const noises: number[] = [];
    const [ours, theirs = null] = await inTurn(rivals, (rival) => {
      noises.push(noise());
      return turn(rival, row, seconds);
    });
    if (ours !== undefined) measured.push({ ours, theirs, noise: Math.max(...noises) });
  }
  const comparison = comparisonOf(row, measured);
  told(rowOf(comparison));
  return comparison;
}

async function turn(rival: Rival, { burst, load }: Row, seconds: number): Promise<Sample> {
  if (burst === undefined) await pause(REST_MS);
  else await rival.load(WARM_UP, burst);
  return rival.load(load, seconds);
}

/** Each in clusters of their own, warm, and gone afterwards; nothing is started for nothing. */
async function onNewClusters<Each, Result>(
  { starts }: Run,
  { each, members }: { readonly each: readonly Each[]; readonly members: number },
  measure: (rivals: readonly Rival[], each: Each) => Promise<Result>,
): Promise<readonly Result[]> {
  if (each.length === 0) return [];
  const rivals: Rival[] = [];
  try {
    for (const start of starts) rivals.push(await start(members));
    for (const rival of rivals) await rival.load(WARM_UP, WARM_UP_SECONDS);
    return await inTurn(each, (one) => measure(rivals, one));
  } finally {
    for (const rival of rivals) await rival[Symbol.asyncDispose]();
  }
}

async function inTurn<Each, Result>(
  all: readonly Each[],
  act: (each: Each) => Promise<Result>,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const each of all) results.push(await act(each));
  return results;
}
