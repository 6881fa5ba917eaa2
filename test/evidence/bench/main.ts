/**
 * `npm run bench`: raftchart and Debian's etcd side by side on this machine: as many processes each, durable, values of
 * 256 bytes unless a row says otherwise, turn by turn in one run. Without `etcd`, `h2load` and `wrk` it measures raftchart alone.
 */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { tableOf, timeLeft } from '../screen.ts';
import { writePage } from './page.ts';
import { Etcd } from './rivals/etcd.ts';
import { Raftchart } from './rivals/raftchart.ts';
import { measureAll, NAMES } from './run.ts';
import { tablesOf } from './shown.ts';

const USAGE = `npm run bench -- [options]
  --only TEXT    only the rows whose name contains TEXT: ${NAMES.join('; ')}
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
const isChosen = (name: string): boolean => name.includes(values.only);
const total = NAMES.filter(isChosen).length;
const left = timeLeft(total);
let done = 0;
const starts = isAlone ? [Raftchart.start] : [Raftchart.start, Etcd.start];
const results = await measureAll({ starts, rounds, seconds, isChosen, told });
if (values.write) writePage({ ...results, rounds, seconds });
if (values.json) console.log(JSON.stringify(results));
else console.log(tablesOf(results).map(tableOf).join('\n\n'));

function told(cells: readonly string[]): void {
  done += 1;
  const rest = done < total ? `; ${left(done)}` : '';
  console.error(`${done}/${total} ${cells.join('  ')}${rest}`);
}

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
