/** Callers of a member that has nobody to ask for them. */
import { describe, expect, it } from 'vitest';
import type { RaftError } from '../../src/core/errors.ts';
import { Patience } from '../../src/node/requests/patience.ts';
import type { ProposalOutcome } from '../../src/ports/replica.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';
import { N2, raftState } from '../machines/harness.ts';

const A_MINUTE = { timeoutMs: 60_000 };
/** Two of the longest election timeouts, and a look at it. */
const PATIENCE_MS = 1_200 + 20;

/** What a member says to a command, and to a read, in the order in which it says it. */
function asked(cluster: VirtualCluster, at: string) {
  const told: (RaftError | null)[] = [];
  const { node } = cluster.member(at);
  node.submit(new Uint8Array(1), A_MINUTE, (outcome) => told.push(errorOf(outcome)));
  node.awaitReadable(A_MINUTE, (error) => told.push(error));
  return told;
}

function errorOf(outcome: ProposalOutcome): RaftError | null {
  return outcome.type === 'failed' ? outcome.error : null;
}

describe('callers of a member without a leader', () => {
  it('[SP12] are told so long before their deadline, and so are the next ones', async () => {
    const cluster = new VirtualCluster(3);
    await cluster.boot('n1');
    const told = asked(cluster, 'n1');
    await cluster.pass(PATIENCE_MS - 60);
    expect(told).toEqual([]);
    await cluster.pass(80);
    expect(told).toMatchObject([
      { code: 'RAFT_NO_LEADER', retry: 'safe', leader: null },
      { code: 'RAFT_NO_LEADER', retry: 'safe' },
    ]);
    expect(told[0]?.message).toMatch(/known no leader for 12\d\d ms:.*ask another member/);
    await cluster.pass(5_000);
    const later = asked(cluster, 'n1');
    await cluster.pass(PATIENCE_MS - 60);
    expect(later).toEqual([]);
    await cluster.pass(80);
    expect(later).toHaveLength(2);
  });

  it('[SP12] are served if one is found in time, whatever became of the leader before', async () => {
    const { cluster, leader, others } = await ledVirtually();
    cluster.isolate(leader.id);
    cluster.resetLinks(leader.id);
    const told = others.map(({ id }) => asked(cluster, id));
    await cluster.until('all answers', () => told.every((each) => each.length === 2));
    expect(told.flat()).toEqual([null, null, null, null]);
  });

  it('[SP12] are told by a leader that has lost its majority, once it has stepped down', async () => {
    const { cluster, leader } = await ledVirtually();
    cluster.isolate(leader.id);
    const told: (RaftError | null)[] = [];
    leader.node.awaitReadable(A_MINUTE, (error) => told.push(error));
    await cluster.pass(600 + PATIENCE_MS);
    expect(told).toMatchObject([{ code: 'RAFT_NO_LEADER', retry: 'safe' }]);
  });

  it('[SP12] wait until their deadline if they asked for that', async () => {
    const cluster = new VirtualCluster(3);
    const { node } = await cluster.boot('n1');
    const told: (RaftError | null)[] = [];
    node.awaitReadable({ ...A_MINUTE, isPatient: true }, (error) => told.push(error));
    await cluster.pass(4 * PATIENCE_MS);
    expect(told).toEqual([]);
    await cluster.boot('n2');
    await cluster.until('a leader', () => told.length > 0);
    expect(told).toEqual([null]);
  });

  it('[SP12] are told nothing of commands that are with a leader already', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const [{ id }] = others;
    const told: (RaftError | null)[] = [];
    for (const each of others) each.disk.holds = true;
    cluster
      .member(id)
      .node.submit(new Uint8Array(1), A_MINUTE, (outcome) => told.push(errorOf(outcome)));
    await cluster.until('the entry at the leader', () => leader.node.status().lastIndex === 2);
    await cluster.pass(3 * PATIENCE_MS);
    expect(told).toEqual([]);
  });
});

it('[SP12] the words name the leader that cannot be reached, and looks that stand far apart count anew', () => {
  const raft = raftState({ leaderId: N2 });
  let isOpen = false;
  const patience = new Patience({
    actors: { hasTag: () => false, raft },
    peers: { isOpen: () => isOpen },
  });
  const lookedAt = (now: number) => patience.look(now);
  for (let now = 0; now < PATIENCE_MS - 40; now += 20) expect(lookedAt(now).through).toBe(now);
  const { error, through } = [1_180, 1_200.6328].map(lookedAt)[1] ?? lookedAt(0);
  expect(through).toBe(Number.POSITIVE_INFINITY);
  expect(error()).toMatchObject({ code: 'RAFT_NO_LEADER', retry: 'safe', leader: N2 });
  expect(error().message).toContain('no connection to the leader n2 for 1201 ms');
  for (let now = 1_220; now < 2_000; now += 20) lookedAt(now);
  expect(lookedAt(9_000).through).toBe(9_000);
  expect(lookedAt(9_020).through).toBe(9_020);
  isOpen = true;
  for (let now = 9_040; now < 12_000; now += 20) expect(lookedAt(now).through).toBe(now);
});

describe('callers of a member that cannot reach the leader', () => {
  it('[SP12] are told as soon', async () => {
    const cluster = await VirtualCluster.start(3);
    const leader = await cluster.leader();
    const follower = [...cluster.members.keys()].find((id) => id !== leader.id) ?? '';
    for (const [from, to] of [
      [leader.id, follower],
      [follower, leader.id],
    ] as const) {
      cluster.network.cut({ from: `at-${from}`, to: `at-${to}` });
    }
    cluster.network.reset(`at-${leader.id}`, `at-${follower}`);
    await cluster.pass(100);
    const told = asked(cluster, follower);
    await cluster.pass(PATIENCE_MS + 20);
    expect(told).toMatchObject([{ retry: 'safe' }, { retry: 'safe' }]);
    expect(told[0]?.code).toBe('RAFT_NO_LEADER');
  });
});
