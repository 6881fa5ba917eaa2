/** Sessions through whole members: forwarded, restarted, led by others, with clocks that differ. */
import { describe, expect, it } from 'vitest';
import { SESSION_TTL_MS } from '../../src/core/session.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { CommittedCommand } from '../../src/ports/state-machine.ts';
import { ListMachine, VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { anotherLeader } from '../cluster/virtual-scene.ts';
import { add, answerOf, ask, callIn, countAt, ledCounting, openAt, operate } from './scene.ts';
import { clientId } from './session-stage.ts';

describe('exactly once', () => {
  it('[SE1] [I1] a write that was committed before its leader was lost is answered by the next one', async () => {
    const scene = await ledCounting();
    const { cluster, leader, others } = scene;
    const call = callIn(await openAt(cluster, leader.id), 1);
    await add(cluster, { id: leader.id, call, by: 5 });
    await Promise.all([leader.node.close(), cluster.pass(100)]);
    await anotherLeader(scene);
    for (const { id } of others) {
      expect(await add(cluster, { id, call, by: 5 })).toEqual({ count: 5 });
      expect(countAt(cluster, id)).toBe(5);
    }
  });

  it('[SE1] a repeated write is answered as before after all members were restarted', async () => {
    const { cluster, leader } = await ledCounting();
    const session = await openAt(cluster, leader.id);
    expect(await add(cluster, { id: leader.id, call: callIn(session, 1), by: 2 })).toEqual({
      count: 2,
    });
    expect(await add(cluster, { id: leader.id, call: callIn(session, 2), name: 'refuse' })).toBe(
      'not today',
    );
    for (const id of ['n1', 'n2', 'n3'])
      await Promise.all([cluster.member(id).node.close(), cluster.pass(3_000)]);
    for (const id of ['n1', 'n2', 'n3']) await cluster.boot(id);
    await cluster.leader();
    for (const id of ['n1', 'n2', 'n3']) {
      expect(await add(cluster, { id, call: callIn(session, 1), by: 2 })).toEqual({ count: 2 });
      expect(await add(cluster, { id, call: callIn(session, 2), name: 'refuse' })).toBe(
        'not today',
      );
      expect(countAt(cluster, id)).toBe(2);
    }
  });

  it('[SE1] [SE13] two copies in the log, passed on by two members, take effect once', async () => {
    const { cluster, leader, others } = await ledCounting();
    const call = callIn(await openAt(cluster, others[0].id), 1);
    const lastIndex = leader.node.status().lastIndex;
    const heard = others.map(({ id }) => ask(cluster, { id, call }));
    await cluster.until('both answers', () => heard.every(({ length }) => length > 0));
    expect(heard).toEqual([[{ count: 1 }], [{ count: 1 }]]);
    expect(leader.node.status().lastIndex).toBe(lastIndex + 2);
    expect(countAt(cluster, leader.id)).toBe(1);
  });

  it('[SE2] writes of one session arrive in any order and all take effect', async () => {
    const { cluster, leader, others } = await ledCounting();
    const session = await openAt(cluster, leader.id);
    for (const sequence of [3, 1, 4, 2]) {
      await add(cluster, { id: others[1].id, call: callIn(session, sequence) });
    }
    expect(countAt(cluster, others[1].id)).toBe(4);
    expect(await add(cluster, { id: leader.id, call: callIn(session, 4) })).toEqual({ count: 3 });
  });

  it('[SE3] a late copy of what its client has acknowledged is refused and does nothing', async () => {
    const { cluster, leader } = await ledCounting();
    const session = await openAt(cluster, leader.id);
    await add(cluster, { id: leader.id, call: callIn(session, 1) });
    await add(cluster, { id: leader.id, call: callIn(session, 2, 1) });
    expect(await add(cluster, { id: leader.id, call: callIn(session, 1) })).toBe(
      'RAFT_SEQUENCE_PASSED',
    );
    expect(countAt(cluster, leader.id)).toBe(2);
  });

  it('[SE12] commands without a session are applied as they were, and nobody asks for their results', async () => {
    const asked: boolean[] = [];
    class NosyMachine extends ListMachine {
      override apply(batch: readonly CommittedCommand[]): readonly number[] {
        for (const { wantsResult } of batch) asked.push(wantsResult);
        return super.apply(batch);
      }
    }
    const cluster = await VirtualCluster.start(1, { machine: () => new NosyMachine() });
    await cluster.submit('n1', 'a');
    await Promise.all([cluster.member('n1').node.close(), cluster.pass(3_000)]);
    await cluster.boot('n1');
    await cluster.read('n1');
    expect(cluster.applied('n1')).toEqual(['a']);
    expect(asked).toEqual([true, false]);
  });

  it('[SE12] a machine that cannot write its results down carries a command out once all the same', async () => {
    const cluster = await VirtualCluster.start(1);
    await cluster.leader();
    const call = { ...callIn(clientId(1), 1), opening: { ttlMs: 5_000, notAfterMs: 10 ** 13 } };
    const heard: unknown[] = [];
    const submit = (): void =>
      cluster
        .member('n1')
        .node.submit(new Uint8Array(1), { timeoutMs: 500, session: call }, (outcome) =>
          heard.push(outcome.type === 'applied' ? outcome.result : answerOf(outcome)),
        );
    submit();
    submit();
    await cluster.until('both answers', () => heard.length === 2);
    expect(heard).toEqual([1, 'RAFT_ANSWER_GONE']);
    expect(cluster.applied('n1')).toHaveLength(1);
  });
});

describe('the life of a session', () => {
  it('[SE5] sessions opened by equal requests have ids of their own', async () => {
    const { cluster, leader, others } = await ledCounting();
    const ids = [await openAt(cluster, leader.id), await openAt(cluster, others[0].id)];
    const [one, other] = ids.map((id) => Buffer.from(id).toString('hex'));
    expect(one).not.toBe(other);
  });

  it('[SE6] the first write of a session that its client has named opens it, at any member', async () => {
    const { cluster, leader, others } = await ledCounting();
    const notAfterMs = cluster.clock.wallTimeMs() + 5_000;
    const opening = { ttlMs: 2_000, notAfterMs };
    const call = { ...callIn(clientId(7), 1), opening };
    expect(await add(cluster, { id: others[0].id, call })).toEqual({ count: 1 });
    expect(await add(cluster, { id: others[1].id, call })).toEqual({ count: 1 });
    await cluster.pass(8_000);
    expect(await add(cluster, { id: leader.id, call })).toBe('RAFT_SESSION_EXPIRED');
    expect(countAt(cluster, leader.id)).toBe(1);
  });

  it('[SE6] a session that was closed is not opened again by a late copy of its first write', async () => {
    const { cluster, leader } = await ledCounting();
    const session = clientId(7);
    const opening = { ttlMs: 1_000, notAfterMs: cluster.clock.wallTimeMs() + 5_000 };
    const call = { ...callIn(session, 1), opening };
    await add(cluster, { id: leader.id, call });
    await operate(cluster, leader.id, { type: 'close', session });
    expect(await add(cluster, { id: leader.id, call })).toBe('RAFT_SESSION_EXPIRED');
    expect(countAt(cluster, leader.id)).toBe(1);
  });

  it('[SE7] [I3] every member says of an idle session that it is over, by the time in the log alone', async () => {
    const { cluster, leader, others } = await ledCounting({
      // Whose own clock is an hour ahead, or behind, comes to the same end.
      adapt: (options) => {
        const aheadMs = options.id === 'n1' ? 0 : options.id === 'n2' ? 3_600_000 : -3_600_000;
        const { clock: own } = options;
        const clock: Clock = {
          now: () => own.now(),
          wallTimeMs: () => own.wallTimeMs() + aheadMs,
          setTimeout: (callback, delayMs) => own.setTimeout(callback, delayMs),
          clearTimeout: (timer) => own.clearTimeout(timer),
          defer: (callback) => own.defer(callback),
          yield: (callback) => own.yield(callback),
        };
        return { ...options, clock };
      },
    });
    const session = await openAt(cluster, leader.id, 3_000);
    expect(await add(cluster, { id: others[0].id, call: callIn(session, 1) })).toEqual({
      count: 1,
    });
    await cluster.pass(2_000);
    expect(await add(cluster, { id: others[1].id, call: callIn(session, 1) })).toEqual({
      count: 1,
    });
    await cluster.pass(4_000);
    for (const { id } of [leader, ...others]) {
      for (const sequence of [1, 2]) {
        const call = callIn(session, sequence);
        expect(await add(cluster, { id, call })).toBe('RAFT_SESSION_EXPIRED');
      }
      expect(countAt(cluster, id)).toBe(1);
    }
  });

  it('[SE7] who renews keeps an idle session; a closed one is over at once', async () => {
    const { cluster, leader } = await ledCounting();
    const session = await openAt(cluster, leader.id, 2_000);
    for (let round = 0; round < 3; round += 1) {
      await cluster.pass(1_500);
      const outcome = await operate(cluster, leader.id, { type: 'renew', session });
      expect(outcome).toMatchObject({ type: 'done', state: { ttlMs: 2_000 } });
    }
    expect(await add(cluster, { id: leader.id, call: callIn(session, 1) })).toEqual({ count: 1 });
    await operate(cluster, leader.id, { type: 'close', session });
    for (const type of ['renew', 'close'] as const) {
      const outcome = await operate(cluster, leader.id, { type, session });
      expect(outcome).toMatchObject({ error: { code: 'RAFT_SESSION_EXPIRED', retry: 'never' } });
    }
  });

  it('[SE10] what makes no sense is refused before anything is written', async () => {
    const { cluster, leader } = await ledCounting();
    const { lastIndex } = leader.node.status();
    const session = clientId(1);
    const calls = [
      callIn(session.subarray(1), 1),
      callIn(session, 0),
      callIn(session, 1.5),
      callIn(session, 2, 2),
      { ...callIn(session, 1), opening: { ttlMs: SESSION_TTL_MS.max + 1, notAfterMs: 1 } },
      { ...callIn(session, 1), opening: { ttlMs: 5_000, notAfterMs: -1 } },
      { ...callIn(new Uint8Array(16), 1), opening: { ttlMs: 5_000, notAfterMs: 1 } },
    ];
    for (const call of calls) {
      expect(await add(cluster, { id: leader.id, call })).toBe('RAFT_BAD_REQUEST');
    }
    const operations = [
      { type: 'open', ttlMs: 0, salt: new Uint8Array(8) },
      { type: 'open', ttlMs: 5_000, salt: new Uint8Array(7) },
      { type: 'renew', session: new Uint8Array(15) },
    ] as const;
    for (const each of operations) {
      const outcome = await operate(cluster, leader.id, each);
      expect(outcome).toMatchObject({ error: { code: 'RAFT_BAD_REQUEST' } });
    }
    expect(leader.node.status().lastIndex).toBe(lastIndex);
  });
});
