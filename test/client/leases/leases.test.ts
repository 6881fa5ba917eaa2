/** A lease that a client holds: when it is renewed, when it is lost, and what a put that is bound to it says. */
import { describe, expect, it } from 'vitest';
import { Lease } from '../../../src/client/leases/lease.ts';
import { LeaseRenewals } from '../../../src/client/leases/lease-renewals.ts';
import { RaftError } from '../../../src/core/errors.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { localServer } from '../../server/local-server.ts';
import { clientAt, facts, rejection } from '../stage.ts';
import { clockOf } from '../virtual-server.ts';

const TTL_MS = 9_000;

/** A cluster that answers a renewal so much later, or fails. */
class Stage {
  readonly clock = new VirtualClock();
  readonly renewedMs: number[] = [];
  revoked = 0;
  answer: 'renews' | 'fails' | 'silent' | 'ended' = 'renews';
  delayMs = 0;
  /** What becomes of giving it back; `null`: it is. */
  revocation: () => RaftError | null = () => null;
  readonly lease: Lease;

  constructor() {
    const home = {
      clock: clockOf(this.clock),
      random: { next: () => 0.5 },
      renew: () => this.#renew(),
      revoke: async () => {
        this.revoked += 1;
        const fault = this.revocation();
        if (fault !== null) throw fault;
      },
    };
    this.lease = new Lease({ id: 7, ttlMs: TTL_MS, sentMs: this.clock.now() }, home);
  }

  /** Promises go on between the timers. */
  async pass(byMs: number): Promise<void> {
    for (let left = byMs; left > 0; left -= 10) {
      this.clock.advance(Math.min(10, left));
      for (let turn = 0; turn < 8; turn += 1) await Promise.resolve();
    }
  }

  #renew(): Promise<number> {
    this.renewedMs.push(this.clock.now());
    return new Promise((resolve, reject) => {
      if (this.answer === 'silent') return;
      const ended = new RaftError('RAFT_LEASE_EXPIRED', 'gone');
      const failed = new RaftError('RAFT_NO_LEADER', 'nobody');
      const { answer } = this;
      this.clock.setTimeout(() => {
        if (answer === 'renews') resolve(TTL_MS);
        else reject(answer === 'ended' ? ended : failed);
      }, this.delayMs);
    });
  }
}

describe('a lease', () => {
  it('[LE10] is kept alive at about a third of its time, and is not lost while that works', async () => {
    const stage = new Stage();
    stage.lease.keepAlive().keepAlive();
    await stage.pass(10 * TTL_MS);
    const gaps = stage.renewedMs.map((at, place) => at - (stage.renewedMs[place - 1] ?? 0));
    for (const gap of gaps) {
      expect(gap).toBeGreaterThan(TTL_MS / 5);
      expect(gap).toBeLessThanOrEqual(TTL_MS / 3);
    }
    expect(stage.lease.lost.aborted).toBe(false);
  });

  it('[LE10] is counted from when the renewal that was answered was sent, not from its answer', async () => {
    const stage = new Stage();
    stage.delayMs = 2_000;
    stage.lease.keepAlive();
    await stage.pass(TTL_MS / 3 + 1_900);
    stage.answer = 'silent';
    const [sentMs = 0] = stage.renewedMs;
    await stage.pass(sentMs + TTL_MS - stage.clock.now() - 20);
    expect([stage.lease.lost.aborted, stage.lease.remainingMs]).toEqual([false, 20]);
    await stage.pass(0.25);
    expect(stage.lease.remainingMs).toBe(19);
    await stage.pass(19.75);
    expect(stage.lease.lost.reason).toMatchObject({ code: 'RAFT_LEASE_EXPIRED' });
    expect(stage.lease.remainingMs).toBe(0);
  });

  it('[LE10] is renewed again soon where that failed, and lost at once where it has ended', async () => {
    const stage = new Stage();
    stage.answer = 'fails';
    stage.lease.keepAlive();
    await stage.pass(0.6 * TTL_MS);
    expect(stage.renewedMs.length).toBeGreaterThan(4);
    stage.answer = 'ended';
    await stage.pass(600);
    expect(stage.lease.lost.reason).toMatchObject({ message: 'gone' });
    const { length } = stage.renewedMs;
    await stage.pass(3 * TTL_MS);
    expect(stage.renewedMs).toHaveLength(length);
  });

  it('[LE10] is lost for whoever looks at it, also before the timers of a program that stood still', () => {
    const clock = new VirtualClock();
    let stoodMs = 0;
    const home = {
      clock: { ...clockOf(clock), now: () => clock.now() + stoodMs },
      random: { next: () => 0.5 },
      renew: async () => TTL_MS,
      revoke: async () => {},
    };
    const lease = new Lease({ id: 7, ttlMs: TTL_MS, sentMs: clock.now() }, home);
    stoodMs = TTL_MS - 1;
    expect(lease.lost.aborted).toBe(false);
    stoodMs = TTL_MS;
    expect(lease.lost.aborted).toBe(true);
  });

  it('[LE10] that nobody keeps alive is lost when its time is over; one that is revoked is not lost', async () => {
    const stage = new Stage();
    await stage.pass(TTL_MS);
    expect(stage.lease.lost.aborted).toBe(true);
    const other = new Stage();
    other.lease.keepAlive();
    {
      await using lease = other.lease;
      expect(lease.id).toBe(7);
    }
    await other.pass(3 * TTL_MS);
    expect([other.revoked, other.renewedMs, other.lease.lost.aborted]).toEqual([1, [], false]);
  });

  it('[LE10] that nobody can take back just now is given back again, until it is or its time is over', async () => {
    const noLeader = new RaftError('RAFT_NO_LEADER', 'nobody leads', { retry: 'safe' });
    const ended = new RaftError('RAFT_LEASE_EXPIRED', 'gone');
    const stopped = new RaftError('RAFT_STOPPED', 'closed', { retry: 'safe' });
    const until = async (
      byMs: number,
      revocation: (triesMade: number) => RaftError | null,
    ): Promise<[number, string]> => {
      const stage = new Stage();
      let outcome = 'waits';
      stage.revocation = () => revocation(stage.revoked);
      stage.lease.revoke().then(
        () => {
          outcome = 'revoked';
        },
        (error: RaftError) => {
          outcome = error.code;
        },
      );
      await stage.pass(byMs);
      return [stage.revoked, outcome];
    };
    expect(await until(300, () => noLeader)).toEqual([2, 'waits']);
    expect(await until(300, (tries) => (tries > 1 ? null : noLeader))).toEqual([2, 'revoked']);
    expect(await until(300, (tries) => (tries > 1 ? ended : noLeader))).toEqual([2, 'revoked']);
    expect(await until(TTL_MS - 10, () => noLeader)).toEqual([45, 'waits']);
    expect(await until(TTL_MS + 10, () => noLeader)).toEqual([46, 'RAFT_NO_LEADER']);
    expect(await until(TTL_MS, () => stopped)).toEqual([1, 'RAFT_STOPPED']);
  });

  it('[LE10] is renewed together with others of its client, and each hears of its own', async () => {
    const clock = new VirtualClock();
    const asked: (readonly number[])[] = [];
    const renewals = new LeaseRenewals(clockOf(clock), async (leases, timeoutMs) => {
      asked.push(leases);
      expect(timeoutMs).toBe(50);
      return leases.map((lease) => (lease === 2 ? 0 : 1_000 * lease));
    });
    const all = [1, 2, 3].map((lease) => renewals.renew(lease, 100 - 25 * (lease - 1)));
    const outcomes = Promise.allSettled(all);
    // As long as suits the shortest of them.
    clock.advance(2);
    expect(asked).toEqual([]);
    clock.advance(1);
    expect(await outcomes).toMatchObject([
      { value: 1_000 },
      { reason: { code: 'RAFT_LEASE_EXPIRED' } },
      { value: 3_000 },
    ]);
    expect(asked).toEqual([[1, 2, 3]]);
  });

  it('[LE10] is renewed at most a tenth of a second later for the sake of others', () => {
    const clock = new VirtualClock();
    let asked = 0;
    const renewals = new LeaseRenewals(clockOf(clock), async () => {
      asked += 1;
      return [];
    });
    for (const timeoutMs of [60_000, 50_000]) void renewals.renew(1, timeoutMs).catch(() => {});
    clock.advance(99);
    expect(asked).toBe(0);
    clock.advance(1);
    expect(asked).toBe(1);
    void renewals.renew(1, 60_000).catch(() => {});
    clock.advance(100);
    expect(asked).toBe(2);
  });

  it('[LE10] binds keys that go with it, over the client, and tells what has ended', async () => {
    const { client } = await clientAt(localServer());
    const lease = await client.grantLease({ ttlMs: 60_000 });
    await client.put('a', '1', { lease: lease.id });
    const put = { type: 'put', key: 'b', value: '2', lease: lease.id } as const;
    await client.txn({ success: [put] });
    expect(await client.get('b')).toMatchObject({ lease: lease.id });
    expect(await client.renewLease(lease.id)).toBe(60_000);
    const adopted = await client.adoptLease(lease.id);
    await adopted.revoke();
    await adopted.revoke();
    expect((await client.range({ prefix: '' })).kvs).toEqual([]);
    const gone = ['RAFT_LEASE_EXPIRED', 'never'];
    expect(facts(await rejection(client.put('a', '1', { lease: lease.id })))).toEqual(gone);
    expect(facts(await rejection(client.renewLease(lease.id)))).toEqual(gone);
    expect(facts(await rejection(client.revokeLease(lease.id)))).toEqual(gone);
    await expect(client.grantLease({ ttlMs: 99 })).rejects.toThrowError(TypeError);
    await expect(client.put('a', '1', { lease: 0 })).rejects.toThrowError(TypeError);
  });
});
