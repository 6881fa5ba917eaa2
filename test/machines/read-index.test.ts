/** What linearizable reads wait for: whom they ask, and which answers count (§6.4). */
import { expect, it } from 'vitest';
import type { RaftState } from '../../src/core/raft-state.ts';
import { index, term } from '../../src/core/types.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';
import { N2, N3, run } from './harness.ts';

const PATIENCE_MS = 300;
const start = () => run('readIndex', { patienceMs: PATIENCE_MS });
const AT = { type: 'reads.gathered', term: term(3), nowMs: 0 } as const;
const LEADING = { ...AT, servesReads: true, leaderId: null } as const;
const FOLLOWING = { ...AT, servesReads: false, leaderId: N2 } as const;
const ALONE = { ...AT, servesReads: false, leaderId: null } as const;
const answered = (requestId: number, readIndex: number) =>
  ({ type: 'leader.answered', requestId, readIndex: index(readIndex) }) as const;
const confirmed = (readIndex: number) =>
  ({ type: 'round.confirmed', readIndex: index(readIndex) }) as const;
const asks = (requestId: number) => ({ type: 'askLeader', leaderId: N2, term: 3, requestId });
const behind = (readIndex: number, lastApplied: number) =>
  ({
    type: 'reads.confirmed',
    readIndex: index(readIndex),
    lastApplied: index(lastApplied),
  }) as const;
const TAKEN_BACK = [{ type: 'readsTakenBack' }];

it('[RD2] a leader asks for a round, and its reads wait for the index that this one confirms', () => {
  const chart = start();
  expect(chart.send(confirmed(4))).toEqual([]);
  expect(chart.send(LEADING)).toEqual([{ type: 'askRound' }]);
  expect(chart.state()).toBe('question.askingRound|confirmed.answered|lease.none');
  expect(chart.send(confirmed(5))).toEqual([{ type: 'readsConfirmed', readIndex: 5 }]);
  expect(chart.send(confirmed(6))).toEqual([]);
  expect(chart.state()).toBe('question.idle|confirmed.answered|lease.none');
});

it('[RD1] who neither serves reads nor knows a leader asks nobody', () => {
  const chart = start();
  expect(chart.send(ALONE)).toEqual([]);
  expect(chart.send(LEADING)).toEqual([{ type: 'askRound' }]);
});

it('[RD2] what an earlier question is answered tells nothing of a later one', () => {
  const chart = start();
  expect(chart.send(FOLLOWING)).toEqual([asks(1)]);
  expect(chart.send({ type: 'leader.refused', requestId: 1 })).toEqual(TAKEN_BACK);
  expect(chart.send(FOLLOWING)).toEqual([asks(2)]);
  expect(chart.send(answered(1, 9))).toEqual([]);
  expect(chart.send({ type: 'leader.refused', requestId: 1 })).toEqual([]);
  expect(chart.send(answered(2, 8))).toEqual([{ type: 'readsConfirmed', readIndex: 8 }]);
  expect(chart.send(answered(2, 8))).toEqual([]);
});

it('[RD4] one question is open at a time', () => {
  const chart = start();
  chart.send(LEADING);
  expect(chart.send(LEADING)).toEqual([]);
  chart.send(confirmed(1));
  chart.send(FOLLOWING);
  expect(chart.send(FOLLOWING)).toEqual([]);
});

it('[RD4] whoever is asked and goes, changes or says nothing is asked no more', () => {
  const chart = start();
  chart.send(LEADING);
  expect(chart.send({ type: 'link.closed', peer: N2 })).toEqual([]);
  expect(chart.send(ROLE_CHANGED)).toEqual(TAKEN_BACK);
  chart.send(FOLLOWING);
  expect(chart.send(ROLE_CHANGED)).toEqual(TAKEN_BACK);
  chart.send(FOLLOWING);
  expect(chart.send({ type: 'link.closed', peer: N3 })).toEqual([]);
  expect(chart.send({ type: 'link.closed', peer: N2 })).toEqual(TAKEN_BACK);
  chart.send(FOLLOWING);
  expect(chart.advance(PATIENCE_MS - 1)).toEqual([]);
  expect(chart.advance(1)).toEqual(TAKEN_BACK);
  expect(chart.send(answered(3, 7))).toEqual([]);
});

it('[RD3] a confirmed read waits until everything up to its index is applied here', () => {
  const chart = start();
  const applied = (at: number) => chart.send({ type: 'entries.applied', lastApplied: index(at) });
  expect(applied(1)).toEqual([]);
  expect(chart.send(behind(17, 17))).toEqual([{ type: 'readsReadable', lastApplied: 17 }]);
  expect(chart.state()).toBe('question.idle|confirmed.answered|lease.none');
  expect(chart.send(behind(20, 17))).toEqual([]);
  expect(chart.send(behind(18, 17))).toEqual([]);
  expect(chart.send(behind(18, 18))).toEqual([{ type: 'readsReadable', lastApplied: 18 }]);
  expect(applied(19)).toEqual([{ type: 'readsReadable', lastApplied: 19 }]);
  expect(chart.state()).toBe('question.idle|confirmed.waiting|lease.none');
  expect(applied(20)).toEqual([{ type: 'readsReadable', lastApplied: 20 }]);
  expect(chart.state()).toBe('question.idle|confirmed.answered|lease.none');
});

it('[RD3] reads that wait to be applied keep no others from asking', () => {
  const chart = start();
  chart.send(behind(20, 17));
  expect(chart.send(LEADING)).toEqual([{ type: 'askRound' }]);
  expect(chart.send(ROLE_CHANGED)).toEqual(TAKEN_BACK);
  expect(chart.state()).toBe('question.idle|confirmed.waiting|lease.none');
});

const LEASES = {
  timing: DEFAULT_TIMING,
  protocol: { preVote: true, checkQuorum: true, leaseReads: true },
};
const LEASE_MS = 250;
const ROLE_CHANGED = { type: 'role.changed' } as const;

function leading(changes: Partial<RaftState> = {}) {
  const chart = run('readIndex', { leases: { ...LEASES, ...changes } });
  chart.send(ROLE_CHANGED);
  chart.send({ ...LEADING, nowMs: 70 });
  return chart;
}

it('[RD6] a round that a quorum confirms grants a lease from when it was asked for', () => {
  const chart = leading();
  expect(chart.state()).toContain('lease.none');
  chart.send(confirmed(5));
  expect(chart.state()).toContain('lease.held');
  expect(chart.context()).toMatchObject({ leaseFromMs: 70, askedMs: null });
  chart.advance(LEASE_MS - 1);
  chart.send({ ...LEADING, nowMs: 300 });
  chart.send(confirmed(5));
  chart.advance(LEASE_MS - 1);
  expect(chart.state()).toContain('lease.held');
  expect(chart.context()).toMatchObject({ leaseFromMs: 300 });
  chart.advance(1);
  expect(chart.state()).toContain('lease.none');
});

it('[RD6] a round that was not asked for grants none, nor does any where leases are off or nobody need be loyal', () => {
  const chart = leading();
  chart.send(ROLE_CHANGED);
  chart.send(confirmed(5));
  expect(chart.state()).toContain('lease.none');
  const others = [{ leaseReads: false }, { checkQuorum: false }];
  for (const each of others) {
    const off = leading({ protocol: { ...LEASES.protocol, ...each } });
    off.send(confirmed(5));
    expect(off.state()).toContain('lease.none');
  }
});

it('[RD8] a lease ends with the lead, and the next lead begins without one', () => {
  const chart = leading();
  chart.send(confirmed(5));
  chart.send(ROLE_CHANGED);
  expect(chart.state()).toContain('lease.none');
  expect(chart.context()).toMatchObject({ leaseFromMs: null });
  chart.send({ ...LEADING, nowMs: 80 });
  expect(chart.state()).toContain('lease.none');
  chart.send(confirmed(5));
  expect(chart.state()).toContain('lease.held');
});
