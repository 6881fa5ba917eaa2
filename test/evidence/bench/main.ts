/**
 * `npm run bench`: durable 256-byte puts on three real processes through the client of this package, at
 * several numbers of requests in flight. Prints a table; it judges nothing. Options: `--seconds 5`,
 * `--in-flight 1,100,1000`, `--json`.
 */
import { cpus } from 'node:os';
import { connect, type KvClient } from '../../../src/client/index.ts';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';

const USAGE = `npm run bench --
  --seconds 5               how long each row is measured
  --in-flight 1,100,1000    one row for each number of writes under way
  --json                    the rows as JSON`;
const { values: options } = wordsOf(USAGE, {
  options: {
    seconds: { type: 'string', default: '5' },
    'in-flight': { type: 'string', default: '1,100,1000' },
    json: { type: 'boolean', default: false },
  },
});
const VALUE = new Uint8Array(256).fill(0x61);
const KEYS = 10_000;
/** Before each row, at its own number in flight. */
const WARM_UP_MS = 1_000;
/** Before the first row, under load: compiled code is measured, not the compiler. */
const FIRST_WARM_UP = { inFlight: 100, durationMs: 3_000 } as const;

interface Row {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

async function measure(client: KvClient, inFlight: number, durationMs: number): Promise<Row> {
  const latencies: number[] = [];
  const measureFrom = performance.now() + WARM_UP_MS;
  const until = measureFrom + durationMs;
  let key = 0;
  const worker = async (): Promise<void> => {
    for (let begun = performance.now(); begun < until; begun = performance.now()) {
      key = (key + 1) % KEYS;
      await client.put(`key/${key}`, VALUE);
      if (begun >= measureFrom) latencies.push(performance.now() - begun);
    }
  };
  await Promise.all(Array.from({ length: inFlight }, worker));
  latencies.sort((left, right) => left - right);
  const at = (share: number): number =>
    latencies[Math.min(latencies.length - 1, Math.floor(latencies.length * share))] ?? Number.NaN;
  const perSecond = latencies.length / (durationMs / 1_000);
  return { inFlight, perSecond, p50Ms: at(0.5), p99Ms: at(0.99), worstMs: at(1) };
}

const cluster = await ProcessCluster.start(3);
const client = connect({ endpoints: [...cluster.endpoints] });
try {
  await measure(client, FIRST_WARM_UP.inFlight, FIRST_WARM_UP.durationMs);
  const rows: Row[] = [];
  for (const inFlight of options['in-flight']
    .split(',')
    .map((text) => wholeNumber('in-flight', text))) {
    rows.push(await measure(client, inFlight, wholeNumber('seconds', options.seconds) * 1_000));
  }
  if (options.json) {
    console.log(JSON.stringify(rows));
  } else {
    const { length } = cpus();
    console.log(`durable 256-byte puts, 3 processes, Node ${process.version}, ${length} cores\n`);
    console.log('in flight      puts/s    p50 ms    p99 ms  worst ms');
    for (const row of rows) {
      const cells = [row.p50Ms, row.p99Ms, row.worstMs].map((ms) => ms.toFixed(2).padStart(10));
      const perSecond = Math.round(row.perSecond).toLocaleString('en').padStart(12);
      console.log(`${String(row.inFlight).padStart(9)}${perSecond}${cells.join('')}`);
    }
  }
} finally {
  await client.close();
  await cluster[Symbol.asyncDispose]();
}
