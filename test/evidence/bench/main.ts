/** `npm run bench`: durable 256-byte puts on three real processes, at several numbers in flight. It judges nothing. */
import { cpus } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { OrdinaryClient } from '../ordinary-client.ts';
import { tableOf } from '../screen.ts';

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
const seconds = wholeNumber('seconds', options.seconds);
const inFlights = options['in-flight'].split(',').map((text) => wholeNumber('in-flight', text));
/** Before each row, at its own number in flight. */
const WARM_UP_MS = 1_000;
/** Before the first row, under load: compiled code is measured, not the compiler. */
const FIRST_WARM_UP = { inFlight: 100, durationMs: 4_000 } as const;

interface Row {
  readonly inFlight: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly worstMs: number;
}

async function measure(client: OrdinaryClient, inFlight: number): Promise<Row> {
  await client.work(inFlight, pause(WARM_UP_MS));
  const { puts, failures, ...latencies } = await client.work(inFlight, pause(seconds * 1_000));
  if (failures.length > 0) throw new Error(failures[0]);
  return { inFlight, perSecond: puts / seconds, ...latencies };
}

function cellsOf({ inFlight, perSecond, ...latencies }: Row): readonly string[] {
  const { p50Ms, p99Ms, worstMs } = latencies;
  return [
    String(inFlight),
    Math.round(perSecond).toLocaleString('en'),
    ...[p50Ms, p99Ms, worstMs].map((ms) => ms.toFixed(2)),
  ];
}

await using cluster = await ProcessCluster.start(3);
await using client = new OrdinaryClient(cluster.endpoints);
await client.work(FIRST_WARM_UP.inFlight, pause(FIRST_WARM_UP.durationMs));
const rows: Row[] = [];
for (const inFlight of inFlights) rows.push(await measure(client, inFlight));
if (options.json) console.log(JSON.stringify(rows));
else {
  const cores = cpus().length;
  console.log(`durable 256-byte puts, 3 processes, Node ${process.version}, ${cores} cores\n`);
  const head = ['in flight', 'puts/s', 'p50 ms', 'p99 ms', 'worst ms'];
  console.log(tableOf([head, ...rows.map(cellsOf)]));
}
