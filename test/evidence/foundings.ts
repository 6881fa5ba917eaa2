/**
 * Whether `--bootstrap-expect` founds one cluster: simulated worlds first, with the chart and the driver of production, then
 * real processes. Of those three are started in each order in turn, and from none to three of them are killed (SIGKILL) while they
 * found, some with a directory that is emptied; whatever was founded on any disk is counted, also on those that were put aside.
 * `npm run foundings -- --simulated 10000 --real 100`. Exits 1 if there were ever two clusters, or if one is missing
 * where no disk was lost.
 */
import { existsSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { nodeId } from '../../src/core/types.ts';
import { nodeAccess } from '../../src/storage/disk-log-store.ts';
import { readFounding } from '../../src/storage/founding-file.ts';
import { type CliProcess, endAll, logLines, serveLine, startCli } from '../cli/cli-process.ts';
import { wholeNumber, wordsOf } from '../command-words.ts';
import { simulateFoundings } from '../founding/simulated-foundings.ts';
import { freeBasePort } from '../free-ports.ts';
import { quantile } from '../processes/quantile.ts';

const USAGE = `npm run foundings --
  --simulated 10000   so many simulated worlds
  --real 100          so many starts of three processes`;
const { values } = wordsOf(USAGE, {
  options: {
    simulated: { type: 'string', default: '10000' },
    real: { type: 'string', default: '100' },
  },
});
const worlds = wholeNumber('simulated', values.simulated, 0);
const starts = wholeNumber('real', values.real, 0);

const ORDERS = ['123', '132', '213', '231', '312', '321'] as const;
const KILLS_MAX = 3;
/** One start in so many loses a disk with each kill, but for a third one: six directories may found two clusters (FO9). */
const LOSSES_EVERY = 5;
const LOSSES_MAX = 2;
/** Where a disk was lost a node may have to wait for ever, as its log says. */
const PATIENCE_MS = 30_000;
const LOST_PATIENCE_MS = 12_000;

const { founded, runs, whole } = await simulateFoundings(worlds);
console.log(
  `${runs} simulated worlds: ${founded} founded a cluster, none two; ${whole} of them lost no disk`,
);

interface Trial {
  readonly number: number;
  readonly order: string;
  readonly kills: number;
  readonly losesDisks: boolean;
}

interface Result {
  readonly clusters: number;
  readonly serving: number;
  readonly tookMs: number;
}

const results: (Trial & Result)[] = [];
for (let number = 0; number < starts; number += 1) {
  const kills = Math.floor(number / ORDERS.length) % (KILLS_MAX + 1);
  const order = ORDERS[number % ORDERS.length] ?? ORDERS[0];
  const losesDisks = kills > 0 && number % LOSSES_EVERY === 0;
  const trial = { number, order, kills, losesDisks };
  const result = { ...trial, ...(await tried(trial)) };
  results.push(result);
  if (isBad(result)) console.log(`WRONG: ${JSON.stringify(result)}`);
}
tell(results);
if (results.some(isBad)) process.exitCode = 1;
endAll();

function isBad({ clusters, losesDisks, serving }: Trial & Result): boolean {
  return clusters > 1 || (!losesDisks && (clusters !== 1 || serving !== 3));
}

function tell(all: readonly (Trial & Result)[]): void {
  const kept = all.filter(({ losesDisks }) => !losesDisks);
  const lost = all.filter(({ losesDisks }) => losesDisks);
  const kills = all.reduce((sum, trial) => sum + trial.kills, 0);
  const split = all.filter(({ clusters }) => clusters > 1).length;
  const times = kept.map(({ tookMs }) => tookMs);
  const [median, worst] = [0.5, 1].map((share) => quantile(times, share).toFixed(0));
  console.log(
    `${all.length} real starts of three, in every order, ${kills} kills: ${split} with two clusters`,
  );
  console.log(
    `  ${kept.length} lost no disk: ${kept.filter(({ serving }) => serving === 3).length} serve with all three, median ${median} ms, worst ${worst} ms after the last start`,
  );
  console.log(
    `  ${lost.length} lost disks: ${lost.filter(({ clusters }) => clusters === 1).length} founded a cluster, the others wait, as their logs say`,
  );
}

async function tried(trial: Trial): Promise<Result> {
  const directory = mkdtempSync(join(tmpdir(), 'raftchart-foundings-'));
  const base = await freeBasePort(10);
  const running = new Map<number, CliProcess>();
  const start = (number: number): void =>
    void running.set(number, started(number, { base, directory }));
  for (const digit of trial.order) {
    start(Number(digit));
    await pause(Math.random() * 300);
  }
  await Promise.all([...running.values()].map((node) => said(node, 'founding')));
  for (let kill = 0; kill < trial.kills; kill += 1) {
    await pause(Math.random() * 150);
    const number = 1 + Math.floor(Math.random() * 3);
    await killed(running.get(number));
    if (trial.losesDisks && kill < LOSSES_MAX) putAside(directory, number, kill);
    await pause(Math.random() * 200);
    start(number);
  }
  const from = performance.now();
  const patience = trial.losesDisks ? LOST_PATIENCE_MS : PATIENCE_MS;
  const patient = AbortSignal.timeout(patience);
  const served = [...running.values()].map((node) =>
    Promise.race([said(node, 'serving'), over(patient)]),
  );
  await Promise.all(served);
  const tookMs = performance.now() - from;
  const serving = trial.losesDisks ? 0 : await serves(base);
  for (const node of running.values()) await killed(node);
  const clusters = (await foundationsIn(directory)).size;
  rmSync(directory, { recursive: true, force: true });
  return { clusters, serving, tookMs };
}

interface Place {
  readonly base: number;
  readonly directory: string;
}

function started(number: number, { base, directory }: Place): CliProcess {
  const urls = [1, 2, 3].map((each) => `http://127.0.0.1:${base + each}`).join();
  return startCli(
    serveLine(
      `n${number}`,
      join(directory, `n${number}`),
      ...[
        '--listen',
        `127.0.0.1:${base + number}`,
        '--peer-listen',
        `127.0.0.1:${base + 5 + number}`,
      ],
      ...['--bootstrap-expect', '3', '--join', urls],
    ),
  );
}

/** Or has ended. */
function said(node: CliProcess, event: string): Promise<unknown> {
  return node.until((_, errors) => logLines(errors, event).length > 0).catch(() => {});
}

function over(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}

async function killed(node: CliProcess | undefined): Promise<void> {
  node?.kill('SIGKILL');
  await node?.ended;
}

/** The node begins with an empty directory; what it had founded in the old one counts. */
function putAside(directory: string, number: number, kill: number): void {
  const path = join(directory, `n${number}`);
  if (existsSync(path)) renameSync(path, join(directory, `n${number}-before-${kill}`));
}

/** How many of the three tell the same cluster, of which one takes a write. */
async function serves(base: number): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const put = await fetch(`http://127.0.0.1:${base + 1}/kv/a`, {
      method: 'PUT',
      body: 'x',
    }).catch(() => null);
    if (put?.status === 200) break;
    await pause(100);
  }
  const ids = await Promise.all(
    [1, 2, 3].map(async (number) => {
      const status = await fetch(`http://127.0.0.1:${base + number}/status`).catch(() => null);
      const { clusterId, members } = (await status?.json()) ?? {};
      return JSON.stringify([clusterId, members?.voters]);
    }),
  );
  return ids.filter((each) => each === ids[0]).length;
}

async function foundationsIn(directory: string): Promise<ReadonlySet<string>> {
  const found = new Set<string>();
  for (const name of readdirSync(directory)) {
    const place = nodeAccess({ directory: join(directory, name) });
    const held = await readFounding(place, nodeId(name.slice(0, 2)));
    if (held?.state.foundation != null) found.add(JSON.stringify(held.state.foundation));
  }
  return found;
}
