/**
 * `npm run bench`: raftchart and Debian's etcd side by side on this machine: three processes each, durable, values of
 * 256 bytes, turn by turn in one run. Without `etcd`, `h2load` and `wrk` it measures raftchart alone.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { tableOf, timeLeft } from '../screen.ts';
import {
  type Comparison,
  comparisonOf,
  type OutageComparison,
  outageComparison,
  type Round,
} from './comparison.ts';
import { MEMORY_NAMES, measureMemory } from './memory.ts';
import { noise } from './noise.ts';
import { OUTAGES } from './outages.ts';
import { writePage } from './page.ts';
import { Etcd } from './rivals/etcd.ts';
import { Raftchart } from './rivals/raftchart.ts';
import type { Rival, Sample } from './rivals/rival.ts';
import { ROWS, type Row } from './rows.ts';
import { HEAD, MEMORY_HEAD, OUTAGE_HEAD, outageRowOf, rowOf } from './shown.ts';

const USAGE = `npm run bench -- [options]
  --only TEXT    only the rows whose name contains TEXT: ${[...[...ROWS, ...OUTAGES].map(({ name }) => name), ...MEMORY_NAMES].join('; ')}
  --rounds 3     rounds of each row, of which the medians count
  --seconds 5    how long each turn is measured
  --alone        raftchart only
  --json         the rows as JSON
  --write        also writes docs/BENCHMARKS.md and its picture; for whole runs on a quiet machine
  --help         this text`;
const { values } = wordsOf(USAGE, {
  options: {
    only: { type: 'string', default: '' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '5' },
    alone: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rounds = wholeNumber('rounds', values.rounds);
const seconds = wholeNumber('seconds', values.seconds);
const hasTools = ['etcd', 'h2load', 'wrk'].every(isInstalled);
const isAlone = values.alone || !hasTools;
if (isAlone && !values.alone)
  console.error('etcd, h2load or wrk is not installed: raftchart alone');
/** Code that runs for the first time is compiled meanwhile; etcd gets the same. */
const WARM_UP = { ask: 'put', callers: 100, at: 'leader', door: 'socket' } as const;
const WARM_UP_SECONDS = 5;
/** What a burst of writes leaves undone is part of what follows it; anything else is not. */
const REST_MS = 300;

function isInstalled(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

async function turn(rival: Rival, { burst, load }: Row): Promise<Sample> {
  if (burst === undefined) await pause(REST_MS);
  else await rival.load(WARM_UP, burst);
  return rival.load(load, seconds);
}

async function roundOf(row: Row, ours: Rival, theirs: Rival | null): Promise<Round> {
  const before = noise();
  const own = await turn(ours, row);
  if (theirs === null) return { ours: own, theirs: null, noise: before };
  const between = noise();
  return { ours: own, theirs: await turn(theirs, row), noise: Math.max(before, between) };
}

await using ours = await Raftchart.start();
await using theirs = isAlone ? null : await Etcd.start();
const rivals: readonly Rival[] = theirs === null ? [ours] : [ours, theirs];
for (const rival of rivals) await rival.load(WARM_UP, WARM_UP_SECONDS);
const chosen = ROWS.filter(({ name }) => name.includes(values.only));
const chosenOutages = OUTAGES.filter(({ name }) => name.includes(values.only));
const hasMemory = MEMORY_NAMES.some((name) => name.includes(values.only));
const total = chosen.length + chosenOutages.length + (hasMemory ? MEMORY_NAMES.length : 0);
const left = timeLeft(total);
const rows: Comparison[] = [];
const outages: OutageComparison[] = [];
let done = 0;
for (const row of chosen) {
  for (const rival of rivals) await rival.fill(row.keys);
  const measured: Round[] = [];
  for (let round = 0; round < rounds; round += 1) measured.push(await roundOf(row, ours, theirs));
  const comparison = comparisonOf(row, measured);
  rows.push(comparison);
  tell(rowOf(comparison));
}
for (const outage of chosenOutages) {
  for (const rival of rivals) await rival.fill(outage.keys);
  const measured: { ours: number; theirs: number | null }[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const own = await outage.measure(ours);
    measured.push({ ours: own, theirs: theirs === null ? null : await outage.measure(theirs) });
  }
  const comparison = outageComparison(outage, measured);
  outages.push(comparison);
  tell(outageRowOf(comparison));
}
const memory = hasMemory
  ? await measureMemory(isAlone ? [Raftchart.start] : [Raftchart.start, Etcd.start])
  : [];
for (const each of memory) tell(outageRowOf(each));
if (values.write) writePage({ rows, outages, memory, rounds, seconds });
if (values.json) console.log(JSON.stringify({ rows, outages, memory }));
else {
  if (rows.length > 0) console.log(`${tableOf([HEAD, ...rows.map(rowOf)])}\n`);
  if (outages.length > 0) console.log(`${tableOf([OUTAGE_HEAD, ...outages.map(outageRowOf)])}\n`);
  if (memory.length > 0) console.log(tableOf([MEMORY_HEAD, ...memory.map(outageRowOf)]));
}

function tell(cells: readonly string[]): void {
  done += 1;
  const rest = done < total ? `; ${left(done)}` : '';
  console.error(`${done}/${total} ${cells.join('  ')}${rest}`);
}
