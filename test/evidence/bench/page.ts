/**
 * Writes what was measured into `docs/BENCHMARKS.md`, between two marks, and its picture beside the others. What stands
 * around the marks is written by hand, and says nothing that another run could make untrue.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { drawChart } from './chart.ts';
import type { Results } from './results.ts';
import { tablesOf } from './shown.ts';

interface Measured extends Results {
  readonly rounds: number;
  readonly seconds: number;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));
const PAGE = `${root}docs/BENCHMARKS.md`;
const [BEGIN, END] = ['<!-- written by npm run bench -- --write -->', '<!-- end -->'];

export function writePage(measured: Measured): void {
  const page = readFileSync(PAGE, 'utf8');
  const [from, to] = [page.indexOf(BEGIN), page.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`${PAGE} has no place between its marks`);
  const text = `${page.slice(0, from + BEGIN.length)}\n\n${wordsFor(measured)}\n${page.slice(to)}`;
  writeFileSync(PAGE, text);
  for (const scheme of ['light', 'dark'] as const) {
    const suffix = scheme === 'light' ? '' : '.dark';
    writeFileSync(`${root}visualizations/benchmarks${suffix}.svg`, drawChart(measured, scheme));
  }
}

function wordsFor({ rounds, seconds, ...results }: Measured): string {
  const day = new Date().toISOString().slice(0, 10);
  const machine = `${cpus().length} cores, ${Math.round(totalmem() / 2 ** 30)} GiB, Node.js ${process.version}`;
  return [
    `Measured on ${day}: ${machine}; ${rounds} rounds of ${seconds} s a row, the rivals by turns, medians.`,
    '',
    ...tablesOf(results).flatMap((lines) => [table(lines), '']),
  ].join('\n');
}

function table([head = [], ...rows]: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows.map(line)].join('\n');
}
