/**
 * `npm run hostile`: each attack against three real processes with a 512 MB heap while an ordinary client works.
 * Exits 1 if anything did not hold.
 */
import { fileURLToPath } from 'node:url';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { tableOf, timeLeft } from '../screen.ts';
import { ATTACKS } from './attacks.ts';
import { faultsOf, SIEGE_HEAD, type Siege, siegeRow, verdictOn } from './report.ts';
import { besiege } from './siege.ts';

const BUILT = '../../../dist/cli/main.js';
const USAGE = `npm run hostile -- [options]
  --seconds 8     how long the ordinary client is measured before each attack, and an attack without an end goes on
  --only TEXT     only the attacks whose name contains TEXT
  --cli FILE      another build's dist/cli/main.js, to compare
  --json          the measurements as JSON
  --help          this text`;

const { values: options } = wordsOf(USAGE, {
  options: {
    seconds: { type: 'string', default: '8' },
    only: { type: 'string', default: '' },
    cli: { type: 'string', default: fileURLToPath(new URL(BUILT, import.meta.url)) },
    json: { type: 'boolean', default: false },
  },
});
const durationMs = wholeNumber('seconds', options.seconds) * 1_000;
const attacks = ATTACKS.filter(({ name }) => name.includes(options.only));
const left = timeLeft(attacks.length);
const sieges: Siege[] = [];
for (const named of attacks) {
  const siege = await besiege(named, { cli: options.cli, durationMs });
  sieges.push(siege);
  console.error(`${sieges.length}/${attacks.length} ${siege.name}: ${verdictOn(siege)}`);
  console.error(`    ${siege.said}; ${left(sieges.length)}`);
}
if (options.json) console.log(JSON.stringify({ sieges }));
else console.log(tableOf([SIEGE_HEAD, ...sieges.map(siegeRow)]));
if (sieges.some((siege) => faultsOf(siege).length > 0)) process.exitCode = 1;
