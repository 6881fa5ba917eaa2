/** The life of one node: recover, run, drain, stop; or halt, its parts first (§3.8). */
import { expect, it } from 'vitest';
import type { NodeEvent } from '../../machines/node.machine.ts';
import type { Effect } from '../../src/core/effect.ts';
import { RaftError } from '../../src/core/errors.ts';
import { PROTOCOL_VERSION } from '../../src/core/hello.ts';
import {
  CALL_PATIENCE_MS,
  DRAIN_TIMEOUT_MS,
  FAREWELL_MS,
  HAND_OVER_TIMEOUT_MS,
} from '../../src/core/limits.ts';
import { NO_SNAPSHOT_THRESHOLDS } from '../../src/core/snapshot-thresholds.ts';
import { index, type NodeId, nodeId, term } from '../../src/core/types.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { logOf, N1, N2, N3, raftState, run } from './harness.ts';

interface Heard {
  readonly effect: Effect;
  /** How many timers ran when it left. */
  readonly timers: number;
}

function start() {
  const clock = new VirtualClock();
  const heard: Heard[] = [];
  const chart = run(
    'node',
    { diskStallMs: 100, snapshotThresholds: NO_SNAPSHOT_THRESHOLDS },
    { clock, heard: (effect) => heard.push({ effect, timers: clock.pendingCount }) },
  );
  return { chart, clock, heard };
}

const state = raftState({ term: term(4), log: logOf([1, 4]) });
const recovered: NodeEvent = { type: 'recovered', state, lastApplied: index(0) };
const stop: NodeEvent = { type: 'stop' };
const handedOver: NodeEvent = { type: 'handedOver' };
const drained: NodeEvent = { type: 'drained' };
const failure = new RaftError('RAFT_STORAGE_FAILED', 'the disk is gone');
const failed: NodeEvent = { type: 'failed', error: failure };

it('[PS9] nothing runs before the disk has proven itself', () => {
  const { chart, clock } = start();
  expect(chart.state()).toBe('recovering');
  expect(chart.children()).toEqual(['recovery']);
  expect(clock.pendingCount).toBe(0);
  expect(chart.advance(100_000)).toEqual([]);
});

it('[PS9] with what recovery found the parts start: always as a follower that calls its peers', () => {
  const { chart } = start();
  const dial = (peer: string) => ({ type: 'dial', peer, attempt: 1 });
  // What an earlier life's snapshot holds leaves the log (SH8).
  expect(chart.send(recovered)).toEqual([dial(N2), dial(N3), { type: 'compactLog' }]);
  expect(chart.state()).toBe('active.running');
  expect([...chart.children()].sort()).toEqual([
    'applier',
    'forwarding',
    'link:n2',
    'link:n3',
    'logWriter',
    'membership',
    'raft',
    'readIndex',
    'snapshotReceiver',
    'snapshotter',
  ]);
  const effects = chart.advance(300);
  const preVote = { type: 'PreVote', term: 5, lastLog: { term: 4, index: 2 }, round: 1 };
  expect(effects.filter(({ type }) => type === 'send')).toEqual([
    { type: 'send', to: N2, message: preVote },
    { type: 'send', to: N3, message: preVote },
  ]);
});

it('[PS9] the smaller id dials: of two members exactly one calls', () => {
  const clock = new VirtualClock();
  const chart = run(
    'node',
    { diskStallMs: 100, snapshotThresholds: NO_SNAPSHOT_THRESHOLDS },
    { clock },
  );
  expect(
    chart
      .send({ type: 'recovered', state: { ...state, id: N2 }, lastApplied: index(0) })
      .filter(({ type }) => type === 'dial'),
  ).toEqual([{ type: 'dial', peer: N3, attempt: 1 }]);
});

it('[MC5] [MC7] a peer that joins has a link, is called by the smaller id at once, and after a while by the larger', () => {
  const [n4, n5] = [nodeId('n4'), nodeId('n5')];
  const { chart } = start();
  const join = (peer: NodeId, calls: boolean) => chart.send({ type: 'peer.joined', peer, calls });
  const dialled = (effects: readonly Effect[]) =>
    effects.flatMap((effect) => (effect.type === 'dial' ? [effect.peer] : []));
  chart.send({ type: 'recovered', state: { ...state, id: n4 }, lastApplied: index(0) });
  expect(join(n5, false)).toEqual([{ type: 'dial', peer: n5, attempt: 1 }]);
  expect(join(n5, false)).toEqual([]);
  expect(join(n4, false)).toEqual([]);
  chart.send({ type: 'peer.left', peer: n5 });
  expect(chart.children()).not.toContain('link:n5');
  // It calls itself: to call it as well would only cross its call.
  expect(join(n5, true)).toEqual([]);
  expect(dialled(chart.advance(CALL_PATIENCE_MS - 1))).not.toContain(n5);
  expect(dialled(chart.advance(1))).toContain(n5);
  chart.send({ type: 'peer.left', peer: n5 });
  chart.send({ type: 'peer.left', peer: N2 });
  expect(join(N2, false)).toEqual([]);
  expect(dialled(chart.advance(CALL_PATIENCE_MS))).toContain(N2);
});

it('[MC7] whoever is removed has a link for a while longer, unless it is a member again by then', () => {
  const { chart } = start();
  chart.send(recovered);
  chart.send({ type: 'peer.leaving', peer: N2 });
  chart.advance(FAREWELL_MS - 1);
  expect(chart.children()).toContain('link:n2');
  chart.send({ type: 'peer.joined', peer: N2, calls: false });
  chart.advance(FAREWELL_MS);
  expect(chart.children()).toContain('link:n2');
  chart.send({ type: 'peer.leaving', peer: N2 });
  expect(chart.advance(FAREWELL_MS)).toContainEqual({ type: 'linkEnded', peer: N2 });
  expect(chart.children()).not.toContain('link:n2');
});

it('[LR16] a call that is admitted opens its link and is over, in one step', () => {
  const { chart } = start();
  chart.send(recovered);
  chart.send({ type: 'call.received', call: 1 });
  const identity = { clusterId: 'c', nodeId: N2, incarnation: 'i', boots: 1, lineage: ['a'] };
  const hello = { protocolVersion: PROTOCOL_VERSION, identity, to: N1 };
  chart.tellChild('call:1', { type: 'hello.received', hello });
  chart.tellChild('call:1', { type: 'hello.believed', hello });
  const effects = chart.tellChild('call:1', { type: 'answer.ready', hello, answer: hello });
  expect(effects.map(({ type }) => type)).toEqual(['admitCall', 'linkOpened', 'callEnded']);
  expect(effects[1]).toMatchObject({ peer: N2, attempt: 2, call: 1 });
  expect(chart.children()).not.toContain('call:1');
});

it('[RD4] in one node a change of role takes back what its reads had asked', () => {
  const { chart } = start();
  chart.send(recovered);
  const askable = { term: term(4), servesReads: false, leaderId: N2, nowMs: 0 };
  chart.advance(100);
  chart.tellChild('readIndex', { type: 'reads.gathered', ...askable });
  const effects = chart.advance(200).map(({ type }) => type);
  expect(effects).toEqual(expect.arrayContaining(['roleChanged', 'readsTakenBack', 'forward']));
});

it('[PS7] a failure halts the node in every state, and is announced once', () => {
  for (const before of [[], [recovered], [recovered, stop]]) {
    const { chart } = start();
    for (const event of before) chart.send(event);
    expect(chart.send(failed)).toEqual([{ type: 'halted', error: failure }]);
    expect(chart.state()).toBe('halted');
    expect([failed, recovered, stop, drained].flatMap((event) => chart.send(event))).toEqual([]);
    expect(chart.state()).toBe('halted');
    expect(chart.context().error).toBe(failure);
  }
});

it('[PS7] all parts have ended when the halt is announced: no timer runs, no child lives, nothing more is said', () => {
  const { chart, clock, heard } = start();
  chart.send(recovered);
  chart.send(failed);
  expect(heard.at(-1)).toEqual({ effect: { type: 'halted', error: failure }, timers: 0 });
  expect(chart.children()).toEqual([]);
  expect(clock.pendingCount).toBe(0);
  expect(chart.advance(100_000)).toEqual([]);
});

it('[PS7] a broken rule in a part halts the node, its siblings too', () => {
  const { chart, clock } = start();
  chart.send(recovered);
  const message = {
    type: 'RequestVote',
    term: term(4),
    lastLog: { term: term(4), index: index(2) },
  } as const;
  chart.tellChild('raft', { type: 'vote.requested', from: N2, message });
  const observed = chart.tellChild('raft', { type: 'term.observed', term: term(4) });
  expect(observed).toMatchObject([{ type: 'halted', error: { code: 'RAFT_INVARIANT_VIOLATED' } }]);
  expect(chart.state()).toBe('halted');
  expect(chart.children()).toEqual([]);
  expect(clock.pendingCount).toBe(0);
  expect(chart.error()).toBeNull();
});

it('[PS9] [LT6] told to stop, a node hands over, drains, and then ends with all its parts', () => {
  const { chart, clock } = start();
  chart.send(recovered);
  expect(chart.send(drained)).toEqual([]);
  expect(chart.send(handedOver)).toEqual([]);
  expect(chart.send(stop)).toEqual([{ type: 'handOver' }]);
  expect(chart.state()).toBe('active.handingOver');
  expect(chart.send(stop)).toEqual([]);
  expect(chart.send(handedOver)).toEqual([{ type: 'drain' }]);
  expect(chart.state()).toBe('active.draining');
  expect(chart.children()).toContain('raft');
  expect(chart.send(stop)).toEqual([]);
  expect(chart.send(drained)).toEqual([]);
  expect(chart.state()).toBe('stopped');
  expect(chart.children()).toEqual([]);
  expect(clock.pendingCount).toBe(0);
});

it('[PS9] [LT6] a node that hands over, or drains, for too long ends all the same', () => {
  const { chart, clock } = start();
  chart.send(recovered);
  chart.send(stop);
  chart.advance(HAND_OVER_TIMEOUT_MS - 1);
  expect(chart.state()).toBe('active.handingOver');
  expect(chart.advance(1)).toEqual([{ type: 'drain' }]);
  chart.advance(DRAIN_TIMEOUT_MS - 1);
  expect(chart.state()).toBe('active.draining');
  chart.advance(1);
  expect(chart.state()).toBe('stopped');
  expect(chart.children()).toEqual([]);
  expect(clock.pendingCount).toBe(0);
});

it.each([
  ['logWriter', { type: 'write.failed', error: failure }],
  ['applier', { type: 'apply.failed', error: failure }],
])('[PS7] a failure that the %s is told of halts the node', (part, news) => {
  const { chart } = start();
  chart.send(recovered);
  expect(chart.tellChild(part, news)).toEqual([{ type: 'halted', error: failure }]);
  expect(chart.state()).toBe('halted');
  expect(chart.children()).toEqual([]);
});

it('[PS9] told to stop before it has recovered, a node ends at once', () => {
  const { chart, clock } = start();
  expect(chart.send(stop)).toEqual([]);
  expect(chart.state()).toBe('stopped');
  expect(chart.children()).toEqual([]);
  expect(clock.pendingCount).toBe(0);
});

it("[PS8] the time that a write may take is the node's own", () => {
  const { chart } = start();
  chart.send(recovered);
  chart.tellChild('logWriter', { type: 'write.requested' });
  const stalled = chart.advance(100).filter(({ type }) => type === 'diskStalled');
  expect(stalled).toEqual([{ type: 'diskStalled', stalledForMs: 100 }]);
});

it('[CM4] after a restart applying begins behind what is compacted, whatever was applied before', () => {
  const { chart } = start();
  const log = {
    base: { term: term(1), index: index(7) },
    lastIndex: index(9),
    termRuns: [{ term: term(4), firstIndex: index(8) }],
  };
  const lastApplied = index(7);
  chart.send({
    type: 'recovered',
    state: { ...state, log, commitIndex: lastApplied },
    lastApplied,
  });
  expect(chart.tellChild('applier', { type: 'commit.advanced', commitIndex: index(9) })).toEqual([
    { type: 'apply', fromIndex: 8, throughIndex: 9 },
  ]);
});
