/**
 * `npm run bench:watching`: what it costs three processes to be watched from inside, in puts and in processor time for each:
 * while nobody reads `/inspect`, and while one page is open, as a reader of the stream of every node. By turns: puts are
 * the median of the turns, of the processor time the least counts, so that a busy machine tells the same. It judges nothing.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { wholeNumber, wordsOf } from '../../command-words.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { quantile } from '../../processes/quantile.ts';
import { OrdinaryClient } from '../ordinary-client.ts';
import { tableOf } from '../screen.ts';

const USAGE = `npm run bench:watching --
  --seconds 4               how long each turn is measured
  --turns 3                 turns of each kind
  --in-flight 1,100,1000    three rows for each number of writes under way
  --program MAIN.JS         of another build than this one
  --against MAIN.JS         of a build to compare with, while nobody watches it: such as one without /inspect`;
const { values: options } = wordsOf(USAGE, {
  options: {
    seconds: { type: 'string', default: '4' },
    turns: { type: 'string', default: '3' },
    'in-flight': { type: 'string', default: '1,100,1000' },
    program: { type: 'string' },
    against: { type: 'string' },
  },
});
const seconds = wholeNumber('seconds', options.seconds);
const turns = wholeNumber('turns', options.turns);
const inFlights = options['in-flight'].split(',').map((text) => wholeNumber('in-flight', text));

interface Turn {
  readonly putsPerSecond: number;
  /** Of all three processes together, in microseconds. */
  readonly costOfPut: number;
  readonly recordsPerSecond: number;
}

class Bench implements AsyncDisposable {
  readonly #cluster: ProcessCluster;
  readonly #client: OrdinaryClient;

  private constructor(cluster: ProcessCluster) {
    this.#cluster = cluster;
    this.#client = new OrdinaryClient(cluster.endpoints);
  }

  static async start(program: string | undefined, flags: readonly string[]): Promise<Bench> {
    const bench = new Bench(
      await ProcessCluster.start(3, flags, program === undefined ? {} : { program }),
    );
    await bench.#client.work(100, pause(4_000));
    return bench;
  }

  async unseen(inFlight: number): Promise<Turn> {
    await this.#client.work(inFlight, pause(500));
    const before = this.#processorMs();
    const begun = performance.now();
    const { answered: puts } = await this.#client.work(inFlight, pause(seconds * 1_000));
    const putsPerSecond = (puts * 1_000) / (performance.now() - begun);
    const costOfPut = ((this.#processorMs() - before) * 1_000) / puts;
    return { putsPerSecond, costOfPut, recordsPerSecond: 0 };
  }

  async seen(inFlight: number): Promise<Turn> {
    const over = new AbortController();
    let records = 0;
    const read = async (url: string): Promise<void> => {
      const { body } = await fetch(`${url}/inspect`, { signal: over.signal });
      for await (const bytes of body ?? []) {
        records += Buffer.from(bytes).toString('latin1').split('\n\n').length - 1;
      }
    };
    const readers = this.#cluster.endpoints.map((url) => read(url).catch(() => {}));
    const begun = performance.now();
    const turn = await this.unseen(inFlight);
    const recordsPerSecond = (records * 1_000) / (performance.now() - begun);
    over.abort();
    await Promise.all(readers);
    return { ...turn, recordsPerSecond };
  }

  #processorMs(): number {
    const ids = this.#cluster.members.map(({ id }) => id);
    return ids.reduce((sum, id) => sum + this.#cluster.processorMs(id), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]();
    await this.#cluster[Symbol.asyncDispose]();
  }
}

await using bench = await Bench.start(options.program, ['--inspect']);
await using other = options.against === undefined ? null : await Bench.start(options.against, []);

const kinds: readonly (readonly [string, (inFlight: number) => Promise<Turn>])[] = [
  ['nobody watches', (inFlight) => bench.unseen(inFlight)],
  ['one page open', (inFlight) => bench.seen(inFlight)],
  ...(other === null
    ? []
    : [['the other build', (inFlight: number) => other.unseen(inFlight)] as const]),
];

const head = [
  'in flight',
  '',
  'puts/s',
  'against nobody',
  'µs a put',
  'against nobody',
  'records/s',
];
const rows: (readonly string[])[] = [];
for (const inFlight of inFlights) {
  const measured = kinds.map((): Turn[] => []);
  for (let turn = 0; turn < turns; turn += 1) {
    for (const [at, [, measure]] of kinds.entries()) measured[at]?.push(await measure(inFlight));
  }
  rows.push(...rowsOf(inFlight, measured));
}
console.log(tableOf([head, ...rows]));

function rowsOf(inFlight: number, measured: readonly Turn[][]): readonly (readonly string[])[] {
  const seen = measured.map((all) => ({
    puts: quantile(
      all.map(({ putsPerSecond }) => putsPerSecond),
      0.5,
    ),
    cost: Math.min(...all.map(({ costOfPut }) => costOfPut)),
    records: Math.max(...all.map(({ recordsPerSecond }) => recordsPerSecond)),
  }));
  const [nobody] = seen;
  return seen.map(({ cost, puts, records }, at) => [
    ...[String(inFlight), kinds[at]?.[0] ?? '', Math.round(puts).toLocaleString('en')],
    ...[more(puts, nobody?.puts), cost.toFixed(1), more(cost, nobody?.cost)],
    Math.round(records).toLocaleString('en'),
  ]);
}

function more(value: number, than = value): string {
  const percent = (value / than - 1) * 100;
  return `${percent < 0 ? '−' : '+'}${Math.abs(percent).toFixed(1)} %`;
}
