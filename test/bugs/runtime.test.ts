/**
 * Transport, flow and runtime (family H of the known bugs): peers that read nothing, bytes that mean nothing,
 * answers that never come, timers that fire too late.
 */
import { expect, it } from 'vitest';
import {
  GARBAGE,
  HELLO,
  type Hostile,
  hostileShapes,
  sealed,
} from '../../src/testing/contracts/hostile-frames.ts';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import {
  appendOf,
  EVERY_MESSAGE,
  helloOf,
  LIMITS,
} from '../../src/testing/contracts/sample-messages.ts';
import { encodeMessage } from '../../src/transport/codec.ts';
import { MemoryNetwork } from '../../src/transport/memory-network.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { isA } from '../cluster/messages.ts';
import { led } from '../cluster/scenes.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';
import { N1, N2, N3 } from '../machines/harness.ts';

const KIB = 1024;

it('[H1] a peer that reads nothing costs its leader a bounded number of bytes, and the others nothing', async () => {
  const bytesMax = 16 * KIB;
  const { cluster, leader, others } = await ledVirtually({ limits: { socketBytesMax: bytesMax } });
  const [deaf, other] = others;
  await cluster.submit(leader.id, 'first');
  cluster.network.cut({ from: `at-${leader.id}`, to: `at-${deaf.id}` });
  const command = 'x'.repeat(KIB);
  let buffered = 0;
  for (let sent = 0; sent < 100; sent += 1) {
    expect(await cluster.submit(leader.id, command)).toMatchObject({ type: 'applied' });
    const link = leader.node.status().links.find(({ peer }) => peer === deaf.id);
    buffered = Math.max(buffered, link?.bufferedBytes ?? 0);
  }
  expect(buffered).toBeGreaterThan(bytesMax / 2);
  expect(buffered).toBeLessThanOrEqual(bytesMax + 2 * KIB);
  cluster.network.mend({ from: `at-${leader.id}`, to: `at-${deaf.id}` });
  const applied = (): readonly number[] =>
    [deaf, other].map(({ id }) => cluster.applied(id).length);
  await cluster.until('the rest to arrive', () => applied().every((count) => count === 101));
});

it('[H2] a command too large never enters the log, and the largest allowed one passes everywhere', async () => {
  const limits = { commandBytesMax: 8, messageBytesMax: 1 };
  const { cluster, leader } = await ledVirtually({ limits });
  await cluster.submit(leader.id, 'first');
  const { lastIndex } = leader.node.status();
  for (const id of cluster.members.keys()) {
    expect(await cluster.submit(id, '123456789')).toMatchObject({
      error: { code: 'RAFT_TOO_LARGE', retry: 'never' },
    });
  }
  expect(leader.node.status().lastIndex).toBe(lastIndex);
  for (const id of cluster.members.keys()) {
    expect(await cluster.submit(id, '12345678')).toMatchObject({ type: 'applied' });
  }
});

/** What someone hears to whom these frames are said behind a sound hello. */
async function hearing(frames: readonly Uint8Array[]): Promise<Recorder> {
  const script = [HELLO, ...frames];
  const due: (() => void)[] = [];
  const network = new MemoryNetwork({
    defer: (deliver) => due.push(deliver),
    tamper: (frame, { from }) => (from === 'raw' ? (script.shift() ?? frame) : frame),
  });
  const run = (): void => {
    for (let step = due.shift(); step !== undefined; step = due.shift()) step();
  };
  const acceptor = new Recorder();
  await memoryTransport({ network, address: 'b', limits: LIMITS }).listen(() => acceptor);
  const { connection } = dial(memoryTransport({ network, address: 'raw', limits: LIMITS }), 'b');
  run();
  connection?.sendHello(helloOf('a', 'b'));
  for (const _ of frames) connection?.send(appendOf(1), []);
  run();
  return acceptor;
}

it('[H3] bytes that are no message end the connection that they came on, and reach no one', async () => {
  const whole = EVERY_MESSAGE.map((message) => encodeMessage(message, 0));
  const cut = whole.flatMap((frame) =>
    [...frame.keys()].map((length) => frame.subarray(0, length)),
  );
  const deep = sealed(new Uint8Array(200_000).fill(0x91));
  const proto = sealed(Uint8Array.of(0x81, 0xa9, ...new TextEncoder().encode('__proto__'), 0x80));
  const bare = [...cut, deep, proto].map(
    (frame, at): Hostile => ({ name: `${at}`, frames: [frame] }),
  );
  for (const { name, frames } of [...GARBAGE, ...hostileShapes(), ...bare]) {
    const acceptor = await hearing(frames);
    expect(acceptor.reason()?.kind, name).toBe('badFrame');
    expect(acceptor.messages(), name).toEqual([]);
  }
});

it('[H5] what an earlier connection still delivers after a new one is made changes nothing', async () => {
  const cluster = await led();
  cluster.lose = ({ to }) => to === N3;
  cluster.member(N1).propose('a', 'b');
  cluster.member(N1).propose('c');
  await cluster.settle();
  cluster.lose = () => false;
  const old = cluster.said.filter(isA('AppendEntries', 'AppendEntriesReply'));
  await cluster.reconnect(N1, N3);
  await cluster.settle();
  await cluster.elapse(20);
  const before = [cluster.logs, cluster.member(N1).replication(N3), cluster.member(N1).state.log];
  for (const each of [...old.toReversed(), ...old]) await cluster.bring(each);
  await cluster.settle();
  expect([cluster.logs, cluster.member(N1).replication(N3), cluster.member(N1).state.log]).toEqual(
    before,
  );
});

it('[H6] one that was stopped for seconds does not unseat the leader whose words wait in its socket', async () => {
  const cluster = await led();
  const since = cluster.said.length;
  cluster.cut(N1, N3);
  cluster.cut(N3, N1);
  cluster.cut(N3, N2);
  cluster.favour(N3);
  await cluster.elapse(3_000);
  expect(cluster.member(N3).path).toBe('preCandidate');
  cluster.heal();
  const waiting = cluster.said.slice(since).filter(({ from, to }) => to === N3 || from === N3);
  const [its, others] = [
    waiting.filter(({ from }) => from === N3),
    waiting.filter(({ to }) => to === N3),
  ];
  expect([its.length > 3, others.length > 50]).toEqual([true, true]);
  for (const each of [...its, ...others]) await cluster.bring(each);
  await cluster.elapse(1_000);
  expect(cluster.up.map(({ state }) => [state.term, state.leaderId])).toEqual(
    Array(3).fill([1, N1]),
  );
  expect(cluster.saidBy(N3, 'RequestVote')).toEqual([]);
});
