/**
 * What an orderly stop costs: three processes under writes, the leader gets SIGTERM, again and again. For each stop the
 * time without an acknowledgement in which another member has begun to lead, the
 * longest time without an acknowledgement within a second of the signal, the same within the second before, which is what
 * the machine itself costs, the difference, and every write that failed, over the client library and over plain HTTP:
 * `npm run handovers -- --stops 30 --writers 8`. Exits 1 if a write failed.
 */
import { setTimeout as pause } from 'node:timers/promises';
import { connect } from '../../src/client/index.ts';
import { logLines } from '../cli/cli-process.ts';
import { wholeNumber, wordsOf } from '../command-words.ts';
import { eventually, ProcessCluster } from '../processes/process-cluster.ts';
import { quantile } from '../processes/quantile.ts';

const USAGE = `npm run handovers --
  --stops 30    so many times the leader is told to stop under writes
  --writers 8   so many writes at once, over the client library and as many over HTTP`;
const { values } = wordsOf(USAGE, {
  options: {
    stops: { type: 'string', default: '30' },
    writers: { type: 'string', default: '8' },
  },
});
const stops = wholeNumber('stops', values.stops, 1);
const writers = wholeNumber('writers', values.writers, 1);

/** When each write was acknowledged, in milliseconds, and what went wrong. */
interface Writes {
  readonly at: number[];
  readonly failures: string[];
}

/** Long enough for the client to have moved, the cluster to be whole again, and its youngest member to have rehearsed (SV35). */
const REST_MS = 4_000;
const LOOKED_AT_MS = 1_000;
const PATIENCE_MS = 30_000;
const WORDS = {
  moving: 'pause in which the lead moved',
  stopping: 'longest pause after the signal',
  before: 'longest pause in the second before',
  dearer: 'of these two, the first longer by',
} as const;

await using cluster = await ProcessCluster.start(3);
const library = await measured('client library', libraryWriters);
const http = await measured('HTTP', httpWriters);
if (library + http > 0) process.exitCode = 1;

type Write = (index: number) => Promise<void>;

/** One connection, as a program has it. */
function libraryWriters(): { readonly write: Write; readonly close: () => Promise<void> } {
  const client = connect({ endpoints: [...cluster.endpoints], timeoutMs: 5_000, sessions: false });
  return {
    write: async (index) => void (await client.put(`key ${index}`, 'value')),
    close: () => client.close(),
  };
}

/** Connections that are kept; what is refused at the door, with nothing sent, goes to the next member. */
function httpWriters(): { readonly write: Write; readonly close: () => Promise<void> } {
  const first = new Map<number, number>();
  const write: Write = async (index) => {
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const place = first.get(index) ?? 0;
      const url = cluster.endpoints[place % 3];
      try {
        const answer = await fetch(`${url}/kv/key${index}`, { method: 'PUT', body: 'value' });
        if (answer.status === 200) return void (await answer.arrayBuffer());
        throw new Error(`${answer.status} ${await answer.text()}`);
      } catch (error) {
        const { cause } = error as { cause?: { code?: string } };
        if (cause?.code !== 'ECONNREFUSED') throw error;
        first.set(index, place + 1);
      }
    }
    throw new Error('no member could be reached');
  };
  return { write, close: () => Promise.resolve() };
}

async function measured(name: string, begin: typeof libraryWriters): Promise<number> {
  const { write, close } = begin();
  const writes: Writes = { at: [], failures: [] };
  let isOver = false;
  const loops = Array.from({ length: writers }, async (_, index) => {
    while (!isOver) {
      await write(index).then(
        () => writes.at.push(performance.now()),
        (error: Error) => writes.failures.push(wordsFor(error)),
      );
    }
  });
  const pauses: Pauses[] = [];
  for (let stop = 0; stop < stops; stop += 1) pauses.push(await stopLeader(writes));
  isOver = true;
  await Promise.all(loops);
  await close();
  console.log(
    `${name}: ${stops} stops; ${writes.at.length} acknowledged, ${writes.failures.length} failed`,
  );
  for (const when of ['moving', 'stopping', 'before', 'dearer'] as const) {
    const lengths = pauses.map((each) => each[when]);
    const [median, worst] = [0.5, 1].map((share) => quantile(lengths, share).toFixed(1));
    const all = lengths.map((length) => length.toFixed(1)).join(' ');
    console.log(`  ${WORDS[when]}: median ${median} ms, worst ${worst} ms: ${all}`);
  }
  for (const failure of new Set(writes.failures)) console.log(`  failed: ${failure}`);
  return writes.failures.length;
}

/** The longest ones that began within a second, in milliseconds. */
interface Pauses {
  readonly before: number;
  readonly stopping: number;
  /** The one in which another began to lead. */
  readonly moving: number;
  /** What the stop costs: by how much that one is longer than the longest of a second in which nothing happens. */
  readonly dearer: number;
}

async function stopLeader(writes: Writes): Promise<Pauses> {
  await pause(REST_MS);
  const leader = await cluster.leader();
  const before = longestPause(writes, await lastedFrom(writes));
  const from = writes.at.length;
  const ended = cluster.kill(leader, 'SIGTERM');
  const stopping = longestPause(writes, await lastedFrom(writes, from));
  const moving = longestPause(writes, from, ledFrom(await cluster.leader()));
  if ((await ended) !== 0) writes.failures.push(`${leader} did not end with 0`);
  cluster.run(leader);
  await cluster.converged().catch(() => {});
  return { before, moving, stopping, dearer: moving - before };
}

/** Lets the time pass, and the pause end that it ends in: one that has not ended has no length yet. */
async function lastedFrom(writes: Writes, from = writes.at.length): Promise<number> {
  await pause(LOOKED_AT_MS);
  const count = writes.at.length;
  await eventually(PATIENCE_MS, 'writes to go on', async () => writes.at.length > count);
  return from;
}

/** When this member said last that it leads, in milliseconds as writes have them, to a millisecond. */
function ledFrom(leader: string): number {
  const lines = logLines(cluster.log(leader), 'role').filter(({ role }) => role === 'leader');
  return Date.parse(String(lines.at(-1)?.time)) - performance.timeOrigin;
}

/** From so many writes on, or of those alone in which that moment lies. */
function longestPause({ at }: Writes, from: number, moment: number | null = null): number {
  const looked = at.slice(Math.max(0, from - 1));
  const pauses = looked.map((end, place) => ({ begin: looked[place - 1] ?? end, end }));
  const meant = pauses.filter(
    ({ begin, end }) => moment === null || (begin <= moment + 1 && moment <= end + 1),
  );
  return Math.max(...meant.map(({ begin, end }) => end - begin));
}

function wordsFor(error: Error): string {
  const { code } = { ...(error as { code?: string }) };
  return code === undefined
    ? `${error.message} ${String(error.cause ?? '')}`
    : `${code} ${error.message}`;
}
