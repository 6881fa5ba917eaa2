/** A cluster whose members all come and go while clients write, and processes are killed at the worst moments. */
import { rm } from 'node:fs/promises';
import { expect, it, onTestFailed } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { endAll, urlOf } from '../cli/cli-process.ts';
import { CountedWrites } from './counted-writes.ts';
import { Operator } from './operator.ts';
import { eventually, ProcessCluster } from './process-cluster.ts';
import { RecordedCalls } from './recorded-calls.ts';

/** Generous: what is waited for comes, however busy the machine is. */
const PATIENCE_MS = 300_000;
const SNAPSHOTS = ['--snapshot-entries', '100', '--trailing-entries', '10'];

let cluster: ProcessCluster;
let operator: Operator;
let writes: CountedWrites;

async function start(): Promise<RecordedCalls> {
  cluster = await ProcessCluster.start(1, SNAPSHOTS);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
  onTestFailed(() => console.error(`${cluster.lastWords(10)}\n${operator.failures.join('\n')}`));
  await cluster.reserve(7);
  operator = new Operator(cluster);
  const { endpoints } = cluster;
  writes = new CountedWrites(endpoints, { clients: 3, each: 2 });
  cleanUp(() => writes[Symbol.asyncDispose]());
  const calls = new RecordedCalls(endpoints, 'replaced');
  cleanUp(() => calls[Symbol.asyncDispose]());
  return calls;
}

async function killAndRun(...ids: readonly string[]): Promise<void> {
  await Promise.all(ids.map((id) => cluster.kill(id)));
  const nodes = ids.map((id) => cluster.run(id));
  for (const node of nodes) await urlOf(node);
}

/** Kills the leader as soon as a change of members has begun, and starts it again. */
async function killLeaderAtChange(change: Promise<unknown>): Promise<void> {
  let isOver = false;
  change
    .finally(() => {
      isOver = true;
    })
    .catch(() => {});
  const before = JSON.stringify(await operator.members());
  await eventually(PATIENCE_MS, 'the change to begin', async () => {
    return isOver || JSON.stringify(await operator.members()) !== before;
  });
  await killAndRun(await cluster.leader());
  await change;
}

/** Leadership moves to each voter in turn, so many times in all. */
async function transfer(times: number): Promise<void> {
  const { voters } = await operator.settled();
  for (let moved = 0; moved < times; ) {
    const asked = cluster.member(voters[moved % voters.length] ?? '');
    const to = voters.at((moved + 1) % voters.length);
    const answer = await fetch(`${asked.url}/transfer`, {
      method: 'POST',
      body: JSON.stringify({ to }),
    });
    const said = await answer.json();
    if (answer.status === 200) moved += 1;
    else expect(said).toMatchObject({ retry: expect.stringMatching(/safe|outcomeUnknown/) });
  }
}

/** One grows to three; the newcomer, then the leader, is killed meanwhile. */
async function growToThree(): Promise<void> {
  const newcomer = await cluster.join('n2');
  await urlOf(newcomer);
  await cluster.kill('n2');
  await operator.untilJoined(cluster.run('n2'), 'n2');
  await killLeaderAtChange(operator.join('n3'));
  await writes.more();
  await killAndRun(await cluster.leader());
  await writes.more();
}

/** Two newcomers at once, and two kills at once. */
async function growToFive(): Promise<void> {
  await Promise.all([operator.join('n4'), operator.join('n5')]);
  expect((await operator.settled()).voters).toHaveLength(5);
  const leader = await cluster.leader();
  await killAndRun(leader, leader === 'n2' ? 'n3' : 'n2');
  await writes.more();
}

async function compact(): Promise<void> {
  const revision = writes.told;
  await operator.insist('compact', `${revision}`);
  for (const { id, url } of cluster.members.filter((each) => cluster.isRunning(each.id))) {
    const { code } = await (await fetch(`${url}/kv?revision=${revision - 1}`)).json();
    expect([id, code]).toEqual([id, 'RAFT_COMPACTED']);
  }
}

/** The leader and another go, and it is killed meanwhile. */
async function shrinkToThree(): Promise<void> {
  const leader = await cluster.leader();
  const going = [leader, leader === 'n5' ? 'n4' : 'n5'];
  await killLeaderAtChange(operator.insist('member', 'remove', ...going));
  for (const id of going) await operator.untilRemoved(id);
  await writes.more();
}

/** One whose disk is lost, one that another takes the place of, and one that leads, which is told. */
async function replaceAll(): Promise<string> {
  const [lost = '', old = '', last = ''] = (await operator.settled()).voters;
  await cluster.kill(lost);
  await rm(cluster.member(lost).dataDir, { recursive: true });
  await operator.insist('member', 'remove', lost);
  await operator.join('n6');
  const place = cluster.member('n7').peerAddress;
  const replacement = operator.insist('member', 'replace', old, 'n7', place);
  await cluster.join('n7');
  await killLeaderAtChange(replacement);
  await operator.untilRemoved(old);
  await operator.join('n8');
  await eventually(PATIENCE_MS, `${last} to lead`, async () => {
    await operator.insist('transfer', '--to', last);
    return (await cluster.leader()) === last;
  });
  await operator.insist('member', 'remove', last);
  await operator.untilRemoved(last);
  expect((await operator.settled()).voters).toEqual(['n6', 'n7', 'n8']);
  return last;
}

it('[CL32] [MC4] [MC7] [MC12] [CL8] [SE15] [PS1] all members are replaced under load and accidents, and every write took effect once', {
  timeout: 900_000,
}, async () => {
  const calls = await start();
  await growToThree();
  await growToFive();
  await transfer(50);
  await compact();
  await shrinkToThree();
  const removed = await replaceAll();
  await transfer(50);
  // Who was removed disturbs nobody.
  cluster.run(removed);
  await operator.untilRemoved(removed);
  for (const id of ['n6', 'n7', 'n8']) {
    expect(await cluster.kill(id, 'SIGTERM')).toBe(0);
    await urlOf(cluster.run(id));
    await writes.more();
  }

  expect(await writes.end()).toEqual([]);
  expect(await calls.end()).toEqual([]);
  const revision = await operator.revision();
  const before = [...(await operator.statesAt(revision))];
  expect(before).toHaveLength(1);
  await killAndRun('n6', 'n7', 'n8');
  expect([...(await operator.statesAt(revision))]).toEqual(before);
});
