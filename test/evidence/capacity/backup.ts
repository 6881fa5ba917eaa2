/**
 * A backup of a large state, from the leader and from a follower, while puts go on: how much longer they take than before, and how
 * much more memory it takes to make it, to prove it, and to begin from it.
 */
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../../src/client/index.ts';
import { runCliProcess } from '../../cli/cli-process.ts';
import { type Member, ProcessCluster } from '../../processes/process-cluster.ts';
import { MemoryWatch } from '../memory.ts';
import { atMost, type Finding, told } from './finding.ts';
import { say } from './screen-line.ts';
import type { Sizes } from './sizes.ts';
import { keyAt, latenciesOf, writeKeys } from './writing.ts';

const VALUE_BYTES = 4_000;
/** So many times the p99 of before. */
const SLOWDOWN_MAX = 3;
const GROWTH_MIB_MAX = 100;
/** Puts beside it, each of another key, one after the other of each writer. */
const WRITERS = 32;
const KEYS_WRITTEN = 1_000;

export async function measureBackup({ backupMib, seconds }: Sizes): Promise<readonly Finding[]> {
  await using cluster = await ProcessCluster.start(3);
  const folder = await mkdtemp(join(tmpdir(), 'raftchart-backup-'));
  try {
    const count = Math.ceil((backupMib * 2 ** 20) / VALUE_BYTES);
    await writeKeys(cluster.endpoints, { prefix: 'key', count, valueBytes: VALUE_BYTES });
    await cluster.converged();
    const calm = latenciesOf(await putsDuring(cluster, () => pause(1_000 * seconds)));
    const leader = await cluster.leader();
    const follower = cluster.members.find(({ id }) => id !== leader)?.id ?? '';
    return [
      told('p99 of puts before', calm[1], 'ms'),
      ...(await taken(cluster, { folder, from: cluster.member(leader), name: 'leader', calm })),
      ...(await taken(cluster, { folder, from: cluster.member(follower), name: 'follower', calm })),
      ...(await proven(join(folder, 'leader'), join(folder, 'n9'))),
    ];
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

interface Taking {
  readonly folder: string;
  readonly from: Member;
  readonly name: string;
  readonly calm: ReturnType<typeof latenciesOf>;
}

async function taken(
  cluster: ProcessCluster,
  { calm, folder, from, name }: Taking,
): Promise<readonly Finding[]> {
  say(`a backup from the ${name}`);
  const file = join(folder, name);
  const pids = cluster.pids();
  const place = cluster.members.findIndex(({ id }) => id === from.id);
  const memory = new MemoryWatch(pids.slice(place, place + 1));
  let tookMs = Number.NaN;
  const puts = await putsDuring(cluster, async () => {
    const begun = performance.now();
    await raftchart('backup', file, '--endpoints', from.url);
    tookMs = performance.now() - begun;
  });
  const { growthMib } = memory;
  memory.stop();
  const [, p99, worst] = latenciesOf(puts);
  return [
    told(`a backup from the ${name}`, (await stat(file)).size / 2 ** 20, 'MiB'),
    told('took', tookMs, 'ms'),
    atMost(SLOWDOWN_MAX * calm[1], ['p99 of puts meanwhile', p99, 'ms']),
    told('the slowest of them', worst, 'ms'),
    atMost(GROWTH_MIB_MAX, ['the member held more by', growthMib, 'MiB']),
  ];
}

async function proven(file: string, directory: string): Promise<readonly Finding[]> {
  say('proving and restoring');
  const [begun, verified] = [performance.now(), await timeOf(raftchart('verify', file))];
  await raftchart('restore', file, '--data-dir', directory, '--id', 'n9');
  const restored = performance.now() - begun - verified;
  return [told('verify took', verified, 'ms'), told('restore took', restored, 'ms')];
}

async function timeOf(work: Promise<void>): Promise<number> {
  const begun = performance.now();
  await work;
  return performance.now() - begun;
}

/** How long each put took that was begun while `work` went on. */
async function putsDuring(
  cluster: ProcessCluster,
  work: () => Promise<void>,
): Promise<readonly number[]> {
  await using client = connect({ endpoints: [...cluster.endpoints], timeoutMs: 60_000 });
  const value = new Uint8Array(100).fill(0x62);
  const latencies: number[] = [];
  let isOver = false;
  const write = async (_: unknown, writer: number): Promise<void> => {
    for (let at = 0; !isOver; at = (at + 1) % KEYS_WRITTEN) {
      const begun = performance.now();
      await client.put(keyAt(`beside/${writer}`, at), value);
      latencies.push(performance.now() - begun);
    }
  };
  const writing = Promise.all(Array.from({ length: WRITERS }, write));
  await Promise.race([work(), writing]);
  isOver = true;
  await writing;
  return latencies;
}

async function raftchart(...words: readonly string[]): Promise<void> {
  const { code, errors } = await runCliProcess(words);
  if (code !== 0) throw new Error(errors);
}

function pause(ms: number): Promise<void> {
  return new Promise((over) => setTimeout(over, ms));
}
