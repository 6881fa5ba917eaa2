/**
 * `npm run hostile`: each attack against three real processes with a 512 MB heap while an ordinary client works, then
 * each command line that contradicts itself. Exits 1 if anything did not hold.
 */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ATTACKS } from './attacks.ts';
import { STARTS, tryStart } from './contradictory-starts.ts';
import { faultsOf, type Siege, startLine, tableOf } from './report.ts';
import { besiege } from './siege.ts';

const USAGE = `npm run hostile -- [options]
  --seconds 8     how long the ordinary client is measured before each attack, and an attack without an end goes on
  --only TEXT     only the attacks and starts whose name contains TEXT
  --cli FILE      another build's dist/src/cli/main.js, to compare
  --json          the measurements as JSON
  --help          this text`;

const options = optionsOrExit();
const CLI = options.cli ?? fileURLToPath(new URL('../../../dist/src/cli/main.js', import.meta.url));

function optionsOrExit(): { seconds: string; only: string; cli?: string; json: boolean } {
  try {
    const { values } = parseArgs({
      options: {
        seconds: { type: 'string', default: '8' },
        only: { type: 'string', default: '' },
        cli: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (!values.help) return values;
    console.log(USAGE);
    return process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    return process.exit(64);
  }
}

const begun = performance.now();
const attacks = ATTACKS.filter(({ name }) => name.includes(options.only));
const starts = STARTS.filter(({ name }) => name.includes(options.only));
const sieges: Siege[] = [];
for (const named of attacks) {
  const siege = await besiege(named, { cli: CLI, durationMs: Number(options.seconds) * 1_000 });
  sieges.push(siege);
  const perAttack = (performance.now() - begun) / sieges.length;
  const leftSeconds = Math.ceil(((attacks.length - sieges.length) * perAttack) / 1_000);
  const verdict = faultsOf(siege).length === 0 ? 'held' : faultsOf(siege).join('; ');
  console.error(`${sieges.length}/${attacks.length} ${siege.name}: ${verdict}`);
  console.error(`    ${siege.said}; about ${leftSeconds} s left`);
}
const outcomes = [];
for (const start of starts) outcomes.push(await tryStart(CLI, start));
if (options.json) console.log(JSON.stringify({ sieges, starts: outcomes }));
else console.log([tableOf(sieges), '', ...outcomes.map(startLine)].join('\n'));
const hasFailed =
  sieges.some((siege) => faultsOf(siege).length > 0) || outcomes.some((each) => !each.isRefused);
process.exitCode = hasFailed ? 1 : 0;
