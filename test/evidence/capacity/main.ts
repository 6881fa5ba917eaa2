/**
 * `npm run capacity`: how much the server carries, and how soon it is back, on real processes: start-up and catch-up of
 * many keys, snapshots and backups under load, a follower that stands still, four times the load. Exits 1 if a goal was missed.
 */
import { loadavg } from 'node:os';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { tableOf, timeLeft } from '../screen.ts';
import { CASES } from './cases.ts';
import { FINDING_HEAD, type Finding, findingRow, isMet } from './finding.ts';
import { endLine } from './screen-line.ts';

const USAGE = `npm run capacity -- [options]
  --only TEXT           only the cases whose name contains TEXT: ${[...CASES.keys()].join(', ')}
  --keys 200000         keys of 256 bytes, for start-up and catch-up
  --large-keys 300000   keys of 500 bytes, for large-state
  --backup-mib 1024     what is backed up, for backup
  --seconds 10          how long stopped-follower, each part of overload and the puts before backup go on
  --json                the measurements as JSON
  --help                this text`;
const { values } = wordsOf(USAGE, {
  options: {
    only: { type: 'string', default: '' },
    keys: { type: 'string', default: '200000' },
    'large-keys': { type: 'string', default: '300000' },
    'backup-mib': { type: 'string', default: '1024' },
    seconds: { type: 'string', default: '10' },
    json: { type: 'boolean', default: false },
  },
});
const sizes = {
  keys: wholeNumber('keys', values.keys),
  largeKeys: wholeNumber('large-keys', values['large-keys']),
  backupMib: wholeNumber('backup-mib', values['backup-mib']),
  seconds: wholeNumber('seconds', values.seconds),
};

interface Outcome {
  readonly name: string;
  /** How many processes wanted a core, over the last minute of it: more than there are cores say that others were at work. */
  readonly load: number;
  readonly findings: readonly Finding[];
}

const chosen = [...CASES].filter(([name]) => name.includes(values.only));
const left = timeLeft(chosen.length);
const outcomes: Outcome[] = [];
for (const [name, measure] of chosen) {
  const findings = await measure(sizes);
  endLine();
  const load = loadavg()[0] ?? Number.NaN;
  outcomes.push({ name, load, findings });
  const verdict = findings.every(isMet) ? 'met' : 'MISSED';
  const rest = outcomes.length < chosen.length ? `; ${left(outcomes.length)}` : '';
  console.error(
    `${outcomes.length}/${chosen.length} ${name}: ${verdict} (load ${load.toFixed(1)})${rest}`,
  );
}
if (values.json) console.log(JSON.stringify({ outcomes }));
else {
  const rows = outcomes.flatMap(({ name, findings }) =>
    findings.map((finding) => findingRow(name, finding)),
  );
  console.log(tableOf([FINDING_HEAD, ...rows]));
}
if (!outcomes.flatMap(({ findings }) => findings).every(isMet)) process.exitCode = 1;
