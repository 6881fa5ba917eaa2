/**
 * Who is who (family A of the known bugs): emptied disks, copies, strangers and numbers that are no terms. The
 * other elections are in `elections.test.ts`, restored backups in `disks.test.ts`.
 */

import { expect, it } from 'vitest';
import { PROTOCOL_VERSION } from '../../src/core/hello.ts';
import { COUNTER_MAX } from '../../src/core/limits.ts';
import { index, nextTerm, nodeId, term } from '../../src/core/types.ts';
import { judgeHello } from '../../src/rules/identity.ts';
import { admit } from '../../src/rules/ingress.ts';
import { hostileNumbers } from '../../src/testing/contracts/hostile-frames.ts';
import { OWNER } from '../../src/testing/contracts/log-operations.ts';
import { dial } from '../../src/testing/contracts/recorder.ts';
import { LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { decodeFrame, encodeMessage } from '../../src/transport/codec.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { append } from '../cluster/messages.ts';
import { ledVirtually } from '../cluster/virtual-scene.ts';
import { raftState } from '../machines/harness.ts';
import { PromptDisk } from '../storage/prompt-disk.ts';

it('[A8] a member whose disk was emptied lends nobody the majority that its old disk had given away', async () => {
  const { cluster, leader: first, others } = await ledVirtually();
  const [{ id: second }, { id: third }] = others;
  cluster.isolate(third);
  expect(await cluster.submit(first.id, 'x')).toMatchObject({ type: 'applied' });
  const { store } = cluster.member(second);
  for (const id of [first.id, second]) {
    await Promise.all([cluster.member(id).node.close(), cluster.pass(3_000)]);
    cluster.members.delete(id);
  }
  await cluster.boot(second);
  cluster.mend(third);
  await cluster.pass(5_000);
  expect(cluster.nodes.map((node) => node.status().role)).not.toContain('leader');
  expect(cluster.member(second).node.status()).toMatchObject({ term: 0, leader: null });
  await cluster.member(second).node.close();
  await cluster.boot(second, store);
  expect(await cluster.read(third)).toBeNull();
  expect(cluster.applied(third)).toEqual(['x']);
});

it('[A10] of two processes on one directory the second is turned away, and so is a copy while the first is connected', async () => {
  const disk = new PromptDisk();
  const store = disk.store();
  const { identity } = await store.open(OWNER);
  await expect(disk.store().open(OWNER)).rejects.toMatchObject({ code: 'RAFT_LOG_REFUSED' });
  const copy = await disk.copy().store().open(OWNER);
  const boot = identity.lineage.at(-1) ?? '';
  const { nodeId: name, incarnation, boots } = identity;
  const other = nodeId('n2');
  const context = {
    own: { ...identity, nodeId: other, incarnation: 'own' },
    members: [name, other],
    removed: [],
    machineInUse: 1,
    newcomers: [],
    configurationIndex: index(0),
    purpose: 'talk' as const,
    met: { incarnation, boots, word: boot },
    connectedBoot: boot,
  };
  const hello = {
    address: null,
    protocolVersion: PROTOCOL_VERSION,
    machineVersion: 1,
    identity: copy.identity,
    to: other,
    configurationIndex: index(0),
    purpose: 'talk' as const,
  };
  expect(judgeHello(context, hello)).toMatchObject({ type: 'refuse' });
  expect(judgeHello(context, { ...hello, identity })).toEqual({ type: 'accept' });
});

it('[A11] what comes from another cluster, or is for another node, is dropped before it changes anything', async () => {
  const { cluster, leader, others } = await ledVirtually();
  const victim = others[0];
  await cluster.submit(victim.id, 'x');
  await cluster.pass(200);
  const standing = () => ({ ...victim.node.status(), links: [] });
  const before = standing();
  const { message: takeover } = append(
    { from: leader.id, to: victim.id },
    { of: 900, prev: [0, 0] },
  );
  const identity = { nodeId: leader.id, incarnation: 'i', boots: 99, lineage: ['a'] };
  const strangers = [
    { identity: { ...identity, clusterId: 'another' }, to: victim.id },
    { identity: { ...identity, clusterId: 'virtual' }, to: leader.id },
  ];
  for (const [at, hello] of strangers.entries()) {
    const address = `stranger ${at}`;
    const transport = memoryTransport({ network: cluster.network, address, limits: LIMITS });
    const stranger = dial(transport, `at-${victim.id}`);
    await cluster.pass(10);
    stranger.connection?.sendHello({
      protocolVersion: PROTOCOL_VERSION,
      machineVersion: 1,
      configurationIndex: index(0),
      purpose: 'talk' as const,
      address: null,
      ...hello,
    });
    stranger.connection?.send(takeover, []);
    await cluster.pass(100);
    expect(stranger.reason()?.kind, address).toBe('refused');
    expect(stranger.reason()?.text, address).not.toMatch(/virtual|n2.*n1|this is/);
  }
  expect(standing()).toEqual(before);
});

it('[A19] no number becomes a term that could not be counted on from', () => {
  const frames = hostileNumbers();
  expect(frames.length).toBeGreaterThan(300);
  for (const {
    name,
    frames: [frame = new Uint8Array()],
  } of frames) {
    expect(decodeFrame(frame), name).toBeTypeOf('string');
  }
  for (const value of [2 ** 53 - 1, 2 ** 53, Number.NaN, 1.5, -1, Number.POSITIVE_INFINITY]) {
    expect(() => term(value)).toThrow(RangeError);
    expect(() => index(value)).toThrow(RangeError);
  }
  const newest = { type: 'RequestVoteReply', term: term(COUNTER_MAX), granted: false } as const;
  expect(decodeFrame(encodeMessage(newest, 0))).toMatchObject({ message: newest });
  const standing = { ...raftState({ term: term(5) }), isLoyal: false, leads: false };
  expect(admit(standing, newest)).toEqual({ type: 'drop' });
  expect(COUNTER_MAX + 1).toBeGreaterThan(COUNTER_MAX);
  expect(() => nextTerm(term(COUNTER_MAX))).toThrow(RangeError);
});
