/**
 * `npm run elections`: the published election experiment, in four variants. Shows progress and the time left, prints
 * the table of `docs/EVIDENCE.md` and draws `visualizations/elections.svg`. The same trials each time: the
 * seeds are the names of variant, timeouts and stage.
 *
 *   npm run elections -- [--trials 1000]    a tenth of them for 150–150 ms, as published
 */
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { drawPlots } from './plot.ts';
import { runSeries, type Series } from './series.ts';
import { BY_CHANCE, BY_LENGTH, nameOf, type TimeoutRange, VARIANTS } from './settings.ts';
import { drawTable } from './table.ts';

const PICTURE = fileURLToPath(new URL('../../visualizations/elections.svg', import.meta.url));

const { values } = parseArgs({ options: { trials: { type: 'string', default: '1000' } } });
const trials = Number(values.trials);
if (!Number.isSafeInteger(trials) || trials < 1) {
  console.error(`--trials takes a whole number from 1, not ${JSON.stringify(values.trials)}`);
  process.exit(64);
}

const ranges = [
  ...new Map([...BY_LENGTH, ...BY_CHANCE].map((range) => [nameOf(range), range])).values(),
];
const variants = Object.values(VARIANTS);
const results = await runAll();
console.log(drawTable(ranges, variants, results));
writeFileSync(PICTURE, drawPlots(results));

async function runAll(): Promise<readonly Series[]> {
  const done: Series[] = [];
  const settings = variants.flatMap((variant) => ranges.map((range) => ({ variant, range })));
  const startMs = Date.now();
  for (const { variant, range } of settings) {
    done.push(await runSeries(variant, range, trialsOf(range)));
    const leftMs = ((Date.now() - startMs) / done.length) * (settings.length - done.length);
    const left = `about ${Math.ceil(leftMs / 60_000)} min left`;
    console.error(
      `${done.length} of ${settings.length}: ${variant.name}, ${nameOf(range)}; ${left}`,
    );
  }
  return done;
}

function trialsOf({ minMs, maxMs }: TimeoutRange): number {
  return minMs === maxMs ? Math.ceil(trials / 10) : trials;
}
