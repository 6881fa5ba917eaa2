/**
 * `npm run bench:micro`: the hot rules, charts, codecs and the store, each alone: nanoseconds and bytes of heap for each
 * call. The median of many batches, by mitata. It judges nothing, and tells little of the whole: `npm run bench` does.
 */
import { strict as assert } from 'node:assert';
import { do_not_optimize, measure } from 'mitata';
import { wordsOf } from '../../../command-words.ts';
import { tableOf, timeLeft } from '../../screen.ts';
import { ACCESS } from './access.ts';
import { BYTES } from './bytes.ts';
import { CHARTS } from './charts.ts';
import type { Measured } from './measured.ts';
import { STORE } from './store.ts';

const USAGE = `npm run bench:micro --
  --only TEXT   only what has TEXT in its name
  --json        the figures as JSON`;
const { values } = wordsOf(USAGE, {
  options: { only: { type: 'string', default: '' }, json: { type: 'boolean', default: false } },
});

interface Figures {
  readonly name: string;
  readonly nanoseconds: number;
  /** Of the heap; what lies outside of it, such as the bytes of buffers, is not counted. */
  readonly bytes: number;
}

async function figuresOf({ call, isDone, name }: Measured): Promise<Figures> {
  const { heap, p50 } = await measure(() => do_not_optimize(call()), {
    heap: () => process.memoryUsage().heapUsed,
  });
  assert(isDone?.() !== false, `${name}: it did not do what was measured`);
  return { name, nanoseconds: Math.round(p50), bytes: Math.round(heap?.avg ?? Number.NaN) };
}

const all = [...CHARTS, ...BYTES, ...STORE, ...ACCESS].map((make) => make());
const chosen = all.filter(({ name }) => name.includes(values.only));
const left = timeLeft(chosen.length);
const rows: Figures[] = [];
for (const measured of chosen) {
  rows.push(await figuresOf(measured));
  console.error(`${rows.length}/${chosen.length} ${measured.name}; ${left(rows.length)}`);
}
if (values.json) console.log(JSON.stringify(rows));
else {
  const cells = rows.map(({ name, nanoseconds, bytes }) => [
    name,
    shown(nanoseconds),
    shown(bytes),
  ]);
  console.log(tableOf([['', 'ns for each', 'bytes of heap'], ...cells]));
}

function shown(figure: number): string {
  return figure.toLocaleString('en');
}
