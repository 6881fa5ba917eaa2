/** What happens to a cluster of processes while clients write: members are killed, moved, added, removed and replaced. */
import { rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { SeededRandom } from '../../src/testing/index.ts';
import type { CountedWrites } from './counted-writes.ts';
import type { Operator } from './operator.ts';
import { eventually, type ProcessCluster } from './process-cluster.ts';

export interface Stage {
  readonly cluster: ProcessCluster;
  readonly operator: Operator;
  readonly random: SeededRandom;
  readonly writes: CountedWrites;
  /** Names that nobody had. */
  readonly spare: string[];
  /** Who was removed, with the data directory kept. */
  readonly gone: string[];
}

/** Does something, and tells what; all members run afterwards. */
type Upheaval = (stage: Stage) => Promise<string>;

const MEMBERS_MAX = 5;
/** An accident comes at any time up to this after its cause, in milliseconds. */
const ACCIDENT_MS = 400;

export async function upheaval(stage: Stage): Promise<string> {
  const { voters } = await stage.operator.settled();
  const { random, spare } = stage;
  const mayJoin = spare.length > 0 && voters.length < MEMBERS_MAX;
  const choices: Upheaval[] = [killLeader, killAny, killAll, endAny, stopLeader, transfer, compact];
  if (mayJoin) choices.push(join, join, join);
  if (voters.length > 1) choices.push(remove);
  if (spare.length > 0) choices.push(replace, replace);
  if (spare.length > 0 && voters.length > 2) choices.push(wipe, wipe);
  if (stage.gone.length > 0) choices.push(comeBack);
  return random.pick(choices)(stage);
}

const killLeader: Upheaval = async ({ cluster }) => {
  const leader = await cluster.leader();
  await cluster.kill(leader);
  cluster.run(leader);
  return `killed ${leader}, which led`;
};

const killAny: Upheaval = async ({ cluster, operator, random }) => {
  const { voters } = await operator.settled();
  const killed = random.shuffle(voters).slice(0, random.integer(1, 2));
  await Promise.all(killed.map((id) => cluster.kill(id)));
  for (const id of killed) cluster.run(id);
  return `killed ${killed}`;
};

const killAll: Upheaval = async ({ cluster, operator }) => {
  const { voters } = await operator.settled();
  await Promise.all(voters.map((id) => cluster.kill(id)));
  for (const id of voters) cluster.run(id);
  return 'killed all';
};

const endAny: Upheaval = async ({ cluster, operator, random }) => {
  const { voters } = await operator.settled();
  const ended = random.pick(voters);
  // Whoever was started a moment ago has not come to hear signals yet.
  await eventually(20_000, `${ended} to answer`, () => cluster.status(ended));
  const code = await cluster.kill(ended, 'SIGTERM');
  if (code !== 0) throw new Error(`${ended} ended with ${code}: ${cluster.log(ended)}`);
  cluster.run(ended);
  return `ended ${ended}`;
};

const stopLeader: Upheaval = async ({ cluster, random }) => {
  const leader = await cluster.leader();
  cluster.signal(leader, 'SIGSTOP');
  await pause(random.integer(100, 3_000));
  cluster.signal(leader, 'SIGCONT');
  return `stopped ${leader} for a while, which led`;
};

const transfer: Upheaval = async ({ operator, random }) => {
  const { voters } = await operator.settled();
  if (voters.length < 2) return 'nobody to transfer to';
  const targets = Array.from({ length: 5 }, () => random.pick(voters));
  for (const target of targets) await operator.insist('transfer', '--to', target);
  return `transferred to ${targets}`;
};

const compact: Upheaval = async ({ operator, writes }) => {
  const revision = writes.told;
  await operator.insist('compact', `${revision}`).catch((error: Error) => {
    if (!error.message.includes('RAFT_COMPACTED')) throw error;
  });
  return `compacted ${revision}`;
};

const join: Upheaval = async (stage) => {
  const { cluster, operator, random, spare } = stage;
  const id = spare.shift() ?? '';
  let node = await cluster.join(id);
  let words = '';
  if (random.chance(0.4)) {
    await pause(random.integer(200, 200 + ACCIDENT_MS));
    await cluster.kill(id);
    node = cluster.run(id);
    words = ', and was killed meanwhile';
  }
  const accident = await meanwhile(stage, operator.untilJoined(node, id));
  return `${id} joined${words}${accident}`;
};

const remove: Upheaval = async (stage) => {
  const { operator, random } = stage;
  const { voters } = await operator.settled();
  const leaving = random.shuffle(voters).slice(0, voters.length > 3 ? random.integer(1, 2) : 1);
  const accident = await meanwhile(stage, operator.insist('member', 'remove', ...leaving));
  for (const id of leaving) await gone(stage, id);
  return `removed ${leaving}${accident}`;
};

const replace: Upheaval = async (stage) => {
  const { cluster, operator, random, spare } = stage;
  const { voters } = await operator.settled();
  const [old, id] = [random.pick(voters), spare.shift() ?? ''];
  const { peerAddress } = cluster.member(id);
  const isFirst = random.chance(0.5);
  const change = operator.insist('member', 'replace', old, id, peerAddress);
  if (!isFirst) await pause(random.integer(0, ACCIDENT_MS));
  change.catch(() => {});
  await cluster.join(id);
  const accident = await meanwhile(stage, change);
  await gone(stage, old);
  return `replaced ${old} by ${id}${accident}`;
};

const wipe: Upheaval = async (stage) => {
  const { cluster, operator, random, spare } = stage;
  const { voters } = await operator.settled();
  const [lost, id] = [random.pick(voters), spare.shift() ?? ''];
  await cluster.kill(lost);
  await rm(cluster.member(lost).dataDir, { recursive: true });
  await operator.insist('member', 'remove', lost);
  await operator.join(id);
  return `${lost} lost its disk, ${id} joined`;
};

const comeBack: Upheaval = async (stage) => {
  const id = stage.random.pick(stage.gone);
  stage.cluster.run(id);
  await stage.operator.untilRemoved(id);
  return `${id} came back and went`;
};

/** Waits for what is under way, and now and then kills the leader meanwhile. In words. */
async function meanwhile({ cluster, random }: Stage, work: Promise<unknown>): Promise<string> {
  const accident = async (): Promise<string> => {
    if (!random.chance(0.6)) return '';
    await pause(random.integer(0, ACCIDENT_MS));
    const leader = await cluster.leader();
    await cluster.kill(leader);
    cluster.run(leader);
    return `; meanwhile ${leader}, which led, was killed`;
  };
  const [words] = await Promise.all([accident(), work]);
  return words;
}

async function gone(stage: Stage, id: string): Promise<void> {
  await stage.operator.untilRemoved(id);
  stage.gone.push(id);
}
