import { describe, expect, it } from 'vitest';
import { RUNS_GATHERED_MAX } from '../../src/node/limits.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';

describe('a cluster under virtual time', () => {
  it('[PS6] a vote is one write, together with the newer term in which it is cast', async () => {
    const cluster = await VirtualCluster.start(3);
    await cluster.leader();
    await cluster.pass(100);
    for (const { node } of cluster.members.values()) {
      expect(node.status()).toMatchObject({ term: 1, lastIndex: 1 });
      // The vote, and the no-op of the new leader.
      expect(node.counters().diskWrites).toBe(2);
    }
  });

  it('[PS6] what fills several runs is one write, up to a bound', async () => {
    const { cluster, leader } = await ledVirtually({ limits: { runBytesMax: 150 } });
    await cluster.pass(500);
    const before = leader.node.counters().diskWrites;
    const outcomes: string[] = [];
    for (let run = 0; run < RUNS_GATHERED_MAX + 1; run += 1) {
      leader.node.submit(new Uint8Array(100), { timeoutMs: 1_000 }, ({ type }) => {
        outcomes.push(type);
      });
    }
    await cluster.pass(100);
    expect(outcomes).toEqual(Array.from({ length: RUNS_GATHERED_MAX + 1 }, () => 'applied'));
    expect(leader.node.counters().diskWrites - before).toBe(2);
  });

  it('[CM4] a restarted member applies from disk and from memory, whichever holds the entry', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const follower = others[0].id;
    for (let at = 0; at < 5; at += 1) await cluster.submit(leader.id, `${at}`);
    await cluster.member(follower).node.close();
    for (let at = 5; at < 10; at += 1) await cluster.submit(leader.id, `${at}`);
    const { disk, node } = await cluster.boot(follower);
    disk.holds = true;
    await cluster.until('its link to the leader to open', () => {
      // What it notes about its peers reaches the disk, and nothing after that.
      for (const write of disk.held.splice(0)) write();
      return node.status().links.some(({ peer, state }) => peer === leader.id && state === 'open');
    });
    await cluster.pass(500);
    expect(node.status().role).toBe('follower');
    expect(cluster.applied(follower)).toHaveLength(10);
  });

  it('[LR12] a member that was away while another began to lead is sent what it lacks, and nothing it has', async () => {
    const sent = { bytes: 0 };
    const { cluster, leader, others } = await ledVirtually({
      carry: ({ frames }) => {
        sent.bytes += frames.reduce((sum, { length }) => sum + length, 0);
        return true;
      },
    });
    for (let at = 0; at < 3; at += 1) await cluster.submit(leader.id, 'x'.repeat(100_000));
    await cluster.pass(500);
    await others[0].node.close();
    await Promise.all([leader.node.close(), cluster.pass(3_000)]);
    await cluster.boot(others[0].id);
    const next = await cluster.leader();
    await cluster.submit(next.id, 'last');
    sent.bytes = 0;
    await cluster.boot(leader.id);
    await cluster.until('all to be applied', () => cluster.applied(leader.id).length === 4);
    expect(sent.bytes).toBeLessThan(10_000);
  });

  it('[TR19] a line that went dead without a word is noticed and dialled anew', async () => {
    const { cluster, leader } = await ledVirtually();
    cluster.isolate(leader.id);
    await cluster.until('the silence to be noticed', () =>
      leader.node.status().links.every(({ state }) => state !== 'open'),
    );
    const reasons = leader.node.status().links.map(({ reason }) => reason);
    expect(reasons.join(' ')).toContain('nothing was heard');
    cluster.mend(leader.id);
    await cluster.until('the links to open again', () =>
      leader.node.status().links.every(({ state }) => state === 'open'),
    );
  });

  it('[TR19] members that have nothing to say stay connected', async () => {
    const cluster = await VirtualCluster.start(3);
    await cluster.leader();
    await cluster.pass(1_000);
    const before = cluster.nodes.map((node) => node.counters().leaderChanges);
    await cluster.pass(8_000);
    for (const node of cluster.nodes) {
      expect(node.status().links.map(({ state }) => state)).toEqual(['open', 'open']);
      expect(node.status().links.map(({ reason }) => reason)).toEqual([null, null]);
    }
    expect(cluster.nodes.map((node) => node.counters().leaderChanges)).toEqual(before);
  });
});

describe('bounds', () => {
  it('[EM6] a full queue refuses at once, safely', async () => {
    const cluster = await VirtualCluster.start(3, { limits: { proposalBytesMax: 4 } });
    cluster.isolate('n1');
    cluster.member('n1').node.submit(new Uint8Array(4), { timeoutMs: 60_000 }, () => {});
    expect(await cluster.submit('n1', 'x')).toMatchObject({
      error: { code: 'RAFT_OVERLOADED', retry: 'safe' },
    });
  });

  it('[EM7] without a leader a command ends at its deadline, as never done', async () => {
    const cluster = new VirtualCluster(3);
    await cluster.boot('n1');
    expect(await cluster.submit('n1', 'a', 500)).toMatchObject({
      error: { code: 'RAFT_NO_LEADER', retry: 'safe' },
    });
    expect(await cluster.read('n1', 500)).toMatchObject({ code: 'RAFT_NO_LEADER' });
  });

  it('[LR9] commands that waited for a leader enter the log run by run', async () => {
    const cluster = await VirtualCluster.start(3, { limits: { runBytesMax: 1 } });
    const names = ['a', 'b', 'c', 'd', 'e'];
    const outcomes = names.flatMap((name) =>
      ['n1', 'n2', 'n3'].map((id) => cluster.submit(id, `${name}${id}`)),
    );
    for (const outcome of await Promise.all(outcomes)) expect(outcome.type).toBe('applied');
    for (const node of cluster.nodes) expect(node.status().role).not.toBe('halted');
  });

  it('[EM7] of commands that were passed on together each ends by its own deadline', async () => {
    const { cluster, leader, others } = await ledVirtually();
    const [follower] = others;
    await cluster.pass(100);
    cluster.network.cut({ from: `at-${leader.id}`, to: `at-${follower.id}` });
    const ended: string[] = [];
    for (const timeoutMs of [100, 800]) {
      follower.node.submit(new Uint8Array([1]), { timeoutMs }, (outcome) => {
        ended.push(`${timeoutMs} ${outcome.type === 'failed' ? outcome.error.retry : 'applied'}`);
      });
    }
    await cluster.pass(150);
    expect(ended).toEqual(['100 outcomeUnknown']);
    await cluster.pass(1_000);
    expect(ended).toHaveLength(2);
  });

  it('[LR11] everything works with every limit at its smallest', async () => {
    const cluster = await VirtualCluster.start(3, {
      limits: {
        runBytesMax: 1,
        messageBytesMax: 1,
        inflightMessagesMax: 1,
        inflightBytesMax: 1,
        cacheBytesMax: 1,
        applyBytesMax: 1,
      },
    });
    const outcomes = await Promise.all(
      Array.from({ length: 12 }, (_, at) => cluster.submit(`n${(at % 3) + 1}`, `${at}`)),
    );
    expect(outcomes.every(({ type }) => type === 'applied')).toBe(true);
    for (const id of ['n1', 'n2', 'n3']) {
      expect(await cluster.read(id)).toBeNull();
      expect(cluster.applied(id)).toHaveLength(12);
    }
  });
});
