/** Reads without a round, as long as a quorum must still be loyal (§6.4.1). */
import { describe, expect, it } from 'vitest';
import type { RaftError } from '../../src/core/errors.ts';
import type { RaftProtocol } from '../../src/core/raft-state.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import { isWithinLease, leaseMs } from '../../src/rules/timing.ts';
import type {
  VirtualCluster,
  VirtualClusterOptions,
  VirtualMember,
} from '../../src/testing/virtual-cluster.ts';
import { decodeFrame } from '../../src/transport/codec.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';
import { anotherLeader, ledVirtually, letWrite } from '../cluster/virtual-scene.ts';
import { raftState } from '../machines/harness.ts';

const A_MINUTE = { timeoutMs: 60_000 };
const PROTOCOL = { preVote: true, checkQuorum: true, leaseReads: true };
const WITH_LEASES: VirtualClusterOptions = {
  adapt: (options) => ({ ...options, protocol: PROTOCOL }),
};
const LEASE_MS = 250;

interface Told {
  readonly error: RaftError | null;
  readonly by: string;
}

/** What a read by lease is told within so many milliseconds; `null`: nothing. */
async function asked(cluster: VirtualCluster, at: string, withinMs = 20): Promise<Told | null> {
  const told: Told[] = [];
  cluster.member(at).node.awaitReadable({ ...A_MINUTE, lease: true }, (error, by) => {
    told.push({ error, by: by ?? 'round' });
  });
  await cluster.pass(withinMs);
  return told[0] ?? null;
}

const LEASED: Told = { error: null, by: 'lease' };
const BY_ROUND: Told = { error: null, by: 'round' };

function isVoteAsked({ frames: [first] }: CarriedMessage): boolean {
  const frame = first === undefined ? '' : decodeFrame(first);
  return (
    typeof frame === 'object' && frame.type === 'message' && frame.message.type === 'RequestVote'
  );
}

/** One of three members is told something else. */
function withOther(adapted: Partial<RaftNodeOptions>): VirtualClusterOptions {
  return {
    adapt: (options) => ({
      ...{ ...options, protocol: PROTOCOL },
      ...(options.id === 'n3' ? adapted : {}),
    }),
  };
}

describe('a lease', () => {
  it('[RD6] lets a leader serve without a message, and needs a round first', async () => {
    const { cluster, leader, others } = await ledVirtually(WITH_LEASES);
    await cluster.pass(100);
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    const before = leader.node.counters().messagesSent;
    for (let at = 0; at < 5; at += 1) expect(await asked(cluster, leader.id, 5)).toEqual(LEASED);
    expect(leader.node.counters().messagesSent - before).toBeLessThanOrEqual(2);
    expect(await asked(cluster, others[0].id)).toEqual(BY_ROUND);
  });

  it('[RD6] lasts for the shortest election timeout by the bound on clocks, from when its round was asked for', async () => {
    const { cluster, leader } = await ledVirtually(WITH_LEASES);
    await cluster.pass(100);
    await asked(cluster, leader.id, 5);
    const { holdsLease } = leader.node.inspection();
    expect(holdsLease).toBe(true);
    await cluster.pass(LEASE_MS - 10);
    expect(leader.node.inspection().holdsLease).toBe(true);
    await cluster.pass(5);
    expect(leader.node.inspection().holdsLease).toBe(false);
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
  });

  it('[RD6] [F5] is a look at the clock, which a process that stood still has not had', () => {
    const lease = { fromMs: 1_000, leaseMs: 250 };
    expect([999, 1_000, 1_249, 1_250, 4_000].map((now) => isWithinLease(lease, now))).toEqual([
      ...[false, true, true],
      ...[false, false],
    ]);
    expect(leaseMs(raftState({ protocol: PROTOCOL }))).toBe(LEASE_MS);
    expect(leaseMs(raftState())).toBe(0);
    expect(leaseMs(raftState({ protocol: { ...PROTOCOL, checkQuorum: false } }))).toBe(0);
  });

  it('[RD7] [F5] is over before anyone else can lead, however the leader is cut off', async () => {
    for (const isReset of [false, true]) {
      const scene = await ledVirtually(WITH_LEASES);
      const { cluster, leader, others } = scene;
      await cluster.pass(100);
      await asked(cluster, leader.id);
      cluster.isolate(leader.id);
      if (isReset) cluster.resetLinks(leader.id);
      let lastHeld = 0;
      while (others.every(({ node }) => node.status().role !== 'leader')) {
        if (leader.node.inspection().holdsLease) lastHeld = cluster.clock.now();
        await cluster.pass(5);
      }
      expect(lastHeld).toBeGreaterThan(0);
      expect(cluster.clock.now() - lastHeld).toBeGreaterThanOrEqual(50);
      await anotherLeader(scene);
    }
  });

  it('[RD7] binds who has restarted: a member takes part only once its promises are over', async () => {
    const { cluster, others } = await ledVirtually(WITH_LEASES);
    const [{ id }] = others;
    await cluster.member(id).node.close();
    let isUp = false;
    const booting = cluster.boot(id).then(() => {
      isUp = true;
    });
    await cluster.pass(290);
    expect(isUp).toBe(false);
    await cluster.pass(20);
    await booting;
    expect(isUp).toBe(true);
  });

  it('[RD7] lets nobody wait for the answer of a leader that was deposed', async () => {
    const outcomes: string[] = [];
    let heardLast: VirtualMember | null = null;
    const scene = await ledVirtually({
      ...WITH_LEASES,
      // The word of the candidate that n1 has named never reaches the third member: it hears n1, and passes a command on to it.
      carry: (message) => {
        if (heardLast === null || message.to !== `at-${heardLast.id}`) return true;
        if (!isVoteAsked(message)) return true;
        const { node } = heardLast;
        node.submit(new Uint8Array([1]), A_MINUTE, ({ type }) => outcomes.push(type));
        return false;
      },
    });
    const { cluster, leader, others } = scene;
    await cluster.pass(100);
    heardLast = others[1];
    leader.node.transferLeadership(others[0].id, A_MINUTE, () => {});
    await cluster.pass(500);
    expect(others[0].node.status().role).toBe('leader');
    expect(outcomes).toEqual(['applied']);
  });

  it('[RD7] [RD9] binds who starts again without leases, or with shorter timeouts, as it was promised', async () => {
    const other: Partial<RaftNodeOptions> = {};
    const { cluster } = await ledVirtually(withOther(other));
    const again = async (own: Partial<RaftNodeOptions>): Promise<number> => {
      await Promise.all([cluster.member('n3').node.close(), cluster.pass(500)]);
      Object.assign(other, own);
      const begunMs = cluster.clock.now();
      let tookMs = Number.NaN;
      const booting = cluster.boot('n3').then(() => {
        tookMs = cluster.clock.now() - begunMs;
      });
      await Promise.all([booting, cluster.pass(1_500)]);
      // Time goes by in steps.
      return Math.floor(tookMs / 10) * 10;
    };
    const without = { protocol: { ...PROTOCOL, leaseReads: false } };
    expect(await again({ timing: { electionTimeoutMinMs: 150 } })).toBe(300);
    expect(await again(without)).toBe(150);
    // Nobody counts on it any more.
    expect(await again(without)).toBe(0);
  });

  it('[RD8] [F4] is held until the leader has offered its lead, and not a moment longer', async () => {
    const { cluster, leader, others } = await ledVirtually(WITH_LEASES);
    await cluster.pass(100);
    await asked(cluster, leader.id);
    const [target] = others;
    target.disk.holds = true;
    await cluster.submit(leader.id, 'a');
    leader.node.transferLeadership(target.id, A_MINUTE, () => {});
    await asked(cluster, leader.id);
    expect(leader.node.inspection()).toMatchObject({ leads: true, holdsLease: true });
    letWrite(cluster, target);
    await cluster.until('it is told', () => !leader.node.inspection().leads);
    expect(leader.node.inspection().holdsLease).toBe(false);
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
  });

  it.each([
    ['has no leases', { protocol: { ...PROTOCOL, leaseReads: false } }],
    ['is loyal for a shorter time', { timing: { electionTimeoutMinMs: 299 } }],
  ])('[RD9] is not used while a voter %s', async (_what, adapted) => {
    const { cluster, leader } = await ledVirtually(withOther(adapted));
    if (leader.id === 'n3') throw new Error('another seed is needed: the other member leads');
    await cluster.pass(100);
    for (let at = 0; at < 3; at += 1) expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    expect(leader.node.inspection().holdsLease).toBe(false);
  });

  it('[RD9] is used as soon as the last voter has said that it keeps it', async () => {
    const other: { protocol?: Partial<RaftProtocol> } = { protocol: { leaseReads: false } };
    const { cluster, leader } = await ledVirtually(withOther(other));
    await cluster.pass(100);
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    await cluster.member('n3').node.close();
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    other.protocol = PROTOCOL;
    const booting = cluster.boot('n3');
    await cluster.pass(2_000);
    await booting;
    expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
    expect(await asked(cluster, leader.id)).toEqual(LEASED);
  });

  it('[RD6] is none unless all were told so', async () => {
    const { cluster, leader } = await ledVirtually();
    await cluster.pass(100);
    for (let at = 0; at < 3; at += 1) expect(await asked(cluster, leader.id)).toEqual(BY_ROUND);
  });
});
