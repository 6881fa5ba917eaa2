/**
 * Writes what was measured into `docs/BENCHMARKS.md`, between two marks of its own, and the pictures beside the others. What stands
 * below the marks, what bounds each stage and what was tried, is written by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { budgetOf, type Measured, shown } from './budget.ts';
import { budgetTable, serviceWords } from './budget-table.ts';
import { drawFlames, type Panel } from './flame-graph.ts';
import { flamesOf } from './flame-tree.ts';
import { ASKS } from './load.ts';
import type { Profiled } from './measure.ts';

const root = fileURLToPath(new URL('../../../..', import.meta.url));
const PAGE = `${root}docs/BENCHMARKS.md`;
const BEGIN = '<!-- written by npm run bench:profile -- --write -->';
const END = '<!-- end of the profile -->';
/** Of puts by so many callers. */
const PICTURED = [1, 1_000] as const;

interface Circumstances {
  readonly seconds: number;
  /** Of the minute before: how many threads wanted a core. */
  readonly load: number;
}

export function writeProfile(profiled: readonly Profiled[], circumstances: Circumstances): void {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place between its marks`);
  const words = wordsFor(profiled, circumstances);
  writeFileSync(PAGE, `${page.slice(0, from + BEGIN.length)}\n\n${words}\n\n${page.slice(to)}`);
  for (const callers of PICTURED) {
    const found = profiled.find(({ load }) => load.ask === 'put' && load.callers === callers);
    if (found !== undefined) drawBoth(found);
  }
}

function wordsFor(profiled: readonly Profiled[], { load: before, seconds }: Circumstances): string {
  const day = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`;
  const tables = ASKS.map((ask) => profiled.filter(({ load }) => load.ask === ask));
  return [
    `Measured on ${day}: ${machine}; ${seconds} s each, under the profiler, load ${before.toFixed(1)} before. ${profiled.map(serviceWords).join('; ')}.`,
    ...tables.filter((each) => each.length > 0).map((each) => markdown(budgetTable(each))),
  ].join('\n\n');
}

function markdown([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|---|${'---:|'.repeat(head.length - 1)}`, ...rows.map(line)].join('\n');
}

function drawBoth({ load, leader, followers: [follower] }: Profiled): void {
  const panels = [panelOf('Leader', leader), ...(follower ? [panelOf('Follower', follower)] : [])];
  const callers =
    load.callers === 1 ? 'one caller' : `${load.callers.toLocaleString('en')} callers`;
  const title = `Processor time of a put with ${callers}: below each function, what it calls`;
  for (const scheme of ['light', 'dark'] as const) {
    const name = `profile-${load.callers}${scheme === 'light' ? '' : '.dark'}.svg`;
    writeFileSync(`${root}visualizations/${name}`, drawFlames(title, panels, scheme));
  }
}

function panelOf(who: string, measured: Measured): Panel {
  const { main, helpers, pool, compaction, stages } = budgetOf(measured);
  const beside = [`V8’s helpers ${shown(helpers)}`, `thread pool ${shown(pool)}`];
  const all = compaction === 0 ? beside : [...beside, `LevelDB ${shown(compaction)}`];
  return {
    title: `${who}: ${shown(main)} µs in the thread that runs JavaScript; beside it ${all.join(', ')}`,
    flames: flamesOf(measured.stacks),
    main,
    unseen: stages.kernel,
  };
}
