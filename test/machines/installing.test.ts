/** What charts make of a snapshot of another member: the leader's replication, the applier, and the log itself. */
import { expect, it } from 'vitest';
import { foundingMembership } from '../../src/core/configuration.ts';
import type { AppendRejected } from '../../src/core/message.ts';
import { compactThrough, emptyFrom } from '../../src/core/term-runs.ts';
import { type EntryId, index, term } from '../../src/core/types.ts';
import { holdsSnapshot, holdsThrough, installSnapshot } from '../../src/rules/installation.ts';
import { startProgress } from '../../src/rules/progress.ts';
import { LIMITS, logOf, N1, N2, N3, raftState, replicationState, run, THREE } from './harness.ts';

const entry = (ofTerm: number, at: number): EntryId => ({ term: term(ofTerm), index: index(at) });
const LOG = compactThrough(logOf([1, 1, 2, 2, 3]), entry(2, 4));
const COMPACTED = { baseIndex: index(4) };
const offer = { type: 'offerSnapshot', to: N2, term: 3 };

const rejected = (prevIndex: number, hint: EntryId) => {
  const rejection: AppendRejected = { accepted: false, lastIndex: hint.index, hint };
  const type = 'append.rejected' as const;
  return { type, prevIndex: index(prevIndex), round: 0, rejection, log: LOG };
};
const accepted = (at: number) =>
  ({ type: 'append.accepted', matchIndex: index(at), round: 0 }) as const;

it('[LR20] [LR21] [E7] a peer that ends below the base is offered the snapshot, without a new proposal, and again at each heartbeat', () => {
  const chart = run('replication', replicationState(COMPACTED));
  expect(chart.send(rejected(4, entry(1, 2)))).toContainEqual(offer);
  expect(chart.state()).toBe('snapshot');
  const beat = chart.send({ type: 'heartbeat.due' });
  expect(beat).toMatchObject([{ type: 'replicate', prevIndex: 0, throughIndex: 0 }, offer]);
  chart.send(accepted(0));
  expect(chart.state()).toBe('snapshot');
});

it('[LR21] [E8] once it holds what the log begins behind, it is streamed to at once', () => {
  const chart = run('replication', replicationState(COMPACTED));
  chart.send(rejected(4, entry(1, 2)));
  const effects = chart.send(accepted(4));
  expect(chart.state()).toBe('replicate.sending');
  expect(effects).toContainEqual(expect.objectContaining({ prevIndex: 4, throughIndex: 5 }));
  const atTheEnd = run('replication', replicationState(COMPACTED));
  atTheEnd.send(rejected(4, entry(1, 2)));
  atTheEnd.send(accepted(5));
  expect(atTheEnd.state()).toBe('replicate.owing');
});

it('[LR21] an older snapshot than was asked for is as good, if it meets the log', () => {
  const chart = run('replication', replicationState({ baseIndex: index(2) }));
  chart.send(rejected(4, entry(1, 1)));
  expect(chart.state()).toBe('snapshot');
  chart.send(accepted(3));
  expect(chart.state()).toBe('replicate.sending');
});

it('[LR20] what a peer needs next may be cut off while it is asked, or streamed to', () => {
  const asked = run('replication', replicationState());
  expect(asked.send({ type: 'log.compacted', baseIndex: index(5) })).toContainEqual(offer);
  expect(asked.state()).toBe('snapshot');
  const streamed = run('replication', replicationState());
  streamed.send(accepted(4));
  expect(streamed.send({ type: 'log.compacted', baseIndex: index(3) })).toEqual([]);
  expect(streamed.state()).toBe('replicate.sending');
  streamed.send({ type: 'entries.sent', throughIndex: index(5), bytes: 1 });
  expect(streamed.send({ type: 'log.compacted', baseIndex: index(5) })).toEqual([]);
  expect(streamed.send(rejected(5, entry(1, 4)))).toContainEqual(offer);
});

it('[LR20] a lost connection asks again about the end of the log, whatever was fetched before', () => {
  const chart = run('replication', replicationState(COMPACTED));
  chart.send(rejected(4, entry(1, 2)));
  expect(chart.send({ type: 'link.opened' })).toMatchObject([{ type: 'replicate', prevIndex: 5 }]);
  expect(chart.state()).toBe('probe.asking');
});

it('[LR20] whoever joins long after the term began is asked about no entry from before the log', () => {
  const start = { peer: N2, term: term(3), log: LOG, commitIndex: index(4), limits: LIMITS };
  expect(startProgress({ ...start, nextIndex: index(2) }).nextIndex).toBe(5);
});

it('[IS3] the batch with the state machine is the last before its state is replaced', () => {
  const chart = run('applier', { lastApplied: index(2) });
  chart.send({ type: 'commit.advanced', commitIndex: index(4) });
  expect(chart.send({ type: 'restore.requested' })).toEqual([]);
  chart.send({ type: 'commit.advanced', commitIndex: index(12) });
  expect(chart.send({ type: 'apply.completed', throughIndex: index(4) })).toEqual([
    { type: 'restore' },
  ]);
  expect(chart.send({ type: 'restore.completed', throughIndex: index(10) })).toEqual([
    { type: 'apply', fromIndex: 11, throughIndex: 12 },
  ]);
});

it('[IS3] with no batch under way it is replaced at once, and all that it holds is committed', () => {
  const chart = run('applier', { lastApplied: index(2) });
  expect(chart.send({ type: 'restore.requested' })).toEqual([{ type: 'restore' }]);
  expect(chart.send({ type: 'restore.completed', throughIndex: index(10) })).toEqual([]);
  expect(chart.context()).toMatchObject({ lastApplied: 10, commitIndex: 10 });
  expect(chart.state()).toBe('idle');
});

const covered = { lastEntry: entry(3, 10), membership: foundingMembership(THREE, index(7)) };

it('[IS2] [E1] the whole log gives way to a snapshot whose last entry it has not, conflicting entries behind it too', () => {
  const log = logOf([2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2]);
  const state = raftState({ term: term(3), log, commitIndex: index(1), leaderId: N2 });
  const { changes, effects } = installSnapshot(state, covered);
  expect(changes).toMatchObject({
    log: emptyFrom(entry(3, 10)),
    commitIndex: 10,
    durableIndex: 10,
  });
  expect(effects).toEqual([
    {
      type: 'moveBase',
      operation: 'restart',
      base: covered.lastEntry,
      membership: covered.membership,
    },
    { type: 'send', to: N2, message: holdsThrough(state, covered.lastEntry) },
  ]);
});

it('[IS1] [E2] [E5] whoever holds its last entry, or more is committed there, keeps all that it has', () => {
  const prefix = raftState({ term: term(3), log: logOf(Array.from({ length: 20 }, () => 3)) });
  expect(holdsSnapshot(prefix, covered.lastEntry)).toBe(true);
  expect(installSnapshot(prefix, covered)).toEqual({ changes: {}, effects: [] });
  const late = raftState({ term: term(3), log: emptyFrom(entry(3, 12)), commitIndex: index(12) });
  expect(installSnapshot(late, covered)).toEqual({ changes: {}, effects: [] });
  expect(holdsThrough(late, covered.lastEntry)).toMatchObject({
    prevIndex: 10,
    result: { accepted: true, matchIndex: 10 },
  });
});

it('[IS2] [D3] [D7] its members count from then on, both halves of a joint configuration, and no stale one', () => {
  const joint = {
    voters: [N1, N2],
    votersOutgoing: [N2, N3],
    learners: [],
    learnersNext: [N3],
  };
  const membership = foundingMembership(joint, index(7));
  const stale = foundingMembership({ ...THREE, voters: [N1] }, index(5));
  const { configuration } = stale;
  const log = logOf([2, 2, 2, 2, 2]);
  const state = raftState({ term: term(3), log, configuration, configurations: [stale] });
  expect(installSnapshot(state, { ...covered, membership }).changes).toMatchObject({
    configuration: joint,
    configurations: [membership],
  });
});
