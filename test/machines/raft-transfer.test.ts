/** The chart of roles: how a leader hands over, and how that ends (§3.10). */
import { expect, it } from 'vitest';
import type { RaftEvent } from '../../machines/raft.types.ts';
import { index, type NodeId, term } from '../../src/core/types.ts';
import { N1, N2, N3, N4, only } from './harness.ts';
import {
  durable,
  FOLLOWERS,
  into,
  observed,
  preVoteAnswer,
  progress,
  types,
  voteAnswer,
} from './raft-events.ts';

const LAST = { term: term(5), index: index(3) };

const request = (to: NodeId | null, connected = [N2, N3]): RaftEvent => ({
  type: 'transfer.requested',
  to,
  connected,
});

/** Leads term 5 and has committed its no-op, entry 3, which `n2` holds as well. */
function serving() {
  const chart = into('leader');
  chart.send(durable(5, N1, LAST));
  chart.send(progress(N2, 3));
  expect(chart.state()).toContain('service.serving');
  return chart;
}

const call = (to: NodeId) => ({
  type: 'send',
  to,
  message: { type: 'TimeoutNow', term: 5, lastLog: LAST },
  isProven: true,
});

it('[LT3] [LT8] a target that holds the whole log is told at once, and has the vote of its leader, which leads no more', () => {
  const chart = serving();
  const effects = chart.send(request(N2));
  expect(effects.slice(0, 2)).toEqual([{ type: 'transferStarted', to: N2 }, call(N2)]);
  expect(types(effects.slice(2))).toEqual(['persist', 'roleChanged', 'send', 'leadExpected']);
  expect(only(effects, 'persist')).toMatchObject([{ hardState: { term: 6, votedFor: N2 } }]);
  const vote = { type: 'RequestVoteReply', term: 6, granted: true };
  expect(only(effects, 'send').at(-1)).toEqual({ type: 'send', to: N2, message: vote });
  expect(chart.state()).toBe('follower.leaderless');
  expect(chart.context()).toMatchObject({ term: 6, votedFor: N2, transferTarget: null });
});

it('[LT8] whoever has its vote unasked and asks for it is told so again, and nothing is written', () => {
  const chart = serving();
  chart.send(request(N2));
  const message = { type: 'RequestVote', term: term(6), lastLog: LAST, transfer: true } as const;
  expect(types(chart.send({ type: 'vote.requested', from: N2, message }))).toEqual(['send']);
  const other = chart.send({ type: 'vote.requested', from: N3, message });
  expect(only(other, 'send')).toMatchObject([{ to: N3, message: { granted: false } }]);
});

it.each(FOLLOWERS)(
  '[LT8] a vote that nobody has asked for is a call to campaign, and counts at once, in %s',
  (state) => {
    const chart = into(state);
    const of = chart.context().term;
    expect(only(chart.send(voteAnswer(N2, of + 2)), 'send')).toEqual([]);
    expect(chart.state()).toBe(state);
    const [asked] = only(chart.send(voteAnswer(N2, of + 1)), 'send');
    expect(asked).toMatchObject({ message: { type: 'RequestVote', transfer: true } });
    expect(chart.state()).toBe('candidate');
    expect(chart.context()).toMatchObject({ term: of + 1, votedFor: N1, granted: [N2] });
  },
);

it('[LT2] a target that does not is told when it has the last entry on its disk', () => {
  const chart = serving();
  expect(types(chart.send(request(N3)))).toEqual(['transferStarted']);
  expect(chart.state()).toContain('transferring.catchingUp');
  expect(only(chart.send(progress(N3, 2)), 'send')).toEqual([]);
  expect(only(chart.send(progress(N3, 3)), 'send')[0]).toEqual(call(N3));
  expect(chart.state()).toBe('follower.leaderless');
});

it('[LT1] where nobody is named whoever holds the whole log first is told, and a learner never', () => {
  const lastLog = { term: term(5), index: index(4) };
  const chart = serving();
  chart.send({ type: 'proposals.gathered', count: 1 });
  expect(types(chart.send(request(null)))).toEqual(['transferStarted']);
  expect(chart.context().transferTarget).toBe(N2);
  expect(only(chart.send(progress(N4, 4)), 'send')).toEqual([]);
  const [told, vote] = only(chart.send(progress(N3, 4)), 'send');
  expect(told).toEqual({ ...call(N3), message: { ...call(N3).message, lastLog } });
  expect(vote).toMatchObject({ to: N3, message: { granted: true } });
});

it('[LT1] whoever is named is waited for, also if that comes second', () => {
  for (const isFirst of [true, false]) {
    const chart = serving();
    chart.send({ type: 'proposals.gathered', count: 1 });
    chart.send(request(isFirst ? N2 : null));
    chart.send(request(isFirst ? null : N2));
    expect(only(chart.send(progress(N3, 4)), 'send')).toEqual([]);
    expect(only(chart.send(progress(N2, 4)), 'send').map(({ to }) => to)).toEqual([N2, N2]);
  }
});

it('[LT2] while it hands over nothing is appended, reads are served and followers kept loyal', () => {
  const chart = serving();
  chart.send(request(N3));
  expect(chart.send({ type: 'proposals.gathered', count: 1 })).toEqual([]);
  expect(chart.context().log.lastIndex).toBe(3);
  expect(types(chart.send({ type: 'round.requested' }))).toEqual(['replicate', 'replicate']);
  expect(types(chart.advance(50))).toContain('replicate');
});

it('[LT4] [J8] while nobody holds the whole log it leads on after an election timeout, and nothing of the transfer is left', () => {
  const chart = serving();
  chart.send(request(N3));
  chart.send(progress(N2, 3));
  chart.advance(599);
  expect(chart.state()).toContain('transferring.catchingUp');
  chart.send(progress(N2, 3));
  const failed = { type: 'transferFailed', to: N3 };
  expect(only(chart.advance(1), 'transferFailed')).toEqual([failed]);
  expect(chart.state()).toContain('service.serving');
  expect(chart.context().transferTarget).toBeNull();
  expect(types(chart.send({ type: 'proposals.gathered', count: 1 }))).toContain('persist');
});

it('[LT4] a target that catches up, and whose connection closes, ends it at once; that of another member does not', () => {
  const chart = serving();
  chart.send(request(N3));
  expect(only(chart.send({ type: 'link.closed', peer: N2 }), 'transferFailed')).toEqual([]);
  expect(only(chart.send({ type: 'link.closed', peer: N3 }), 'transferFailed')).toHaveLength(1);
  expect(chart.state()).toContain('service.serving');
});

it('[LT4] [J8] a newer term, a stalled disk or a lost quorum end it with the lead', () => {
  const ends: readonly ((chart: ReturnType<typeof serving>) => void)[] = [
    (chart) => chart.send(observed(6)),
    (chart) => chart.send({ type: 'disk.stalled' }),
    (chart) => chart.advance(1_200),
  ];
  for (const end of ends) {
    const chart = serving();
    chart.send(request(N3));
    end(chart);
    expect(chart.state()).toBe('follower.leaderless');
    expect(chart.context().transferTarget).toBeNull();
  }
});

it('[LT1] [J8] a second one shares the end of the first, or is refused; and so is one that comes too early', () => {
  const chart = into('leader');
  const refused = (to: NodeId, reason: string) => [{ type: 'transferRefused', to, reason }];
  expect(chart.send(request(N2))).toEqual(refused(N2, 'notLeading'));
  const serves = serving();
  serves.send(request(N3));
  expect(serves.send(request(null))).toEqual([]);
  expect(serves.send(request(N3))).toEqual([]);
  expect(serves.send(request(N2))).toEqual(refused(N2, 'underWay'));
  expect(serving().send(request(N2, []))).toEqual(refused(N2, 'notConnected'));
});

it('[LT3] [A12] whoever is called campaigns at once, without a pre-vote, and says that its leader wants it', () => {
  const end = { term: term(4), index: index(2) };
  const offer: RaftEvent = {
    type: 'timeoutNow.received',
    from: N2,
    message: { type: 'TimeoutNow', term: term(4), lastLog: end },
  };
  for (const state of FOLLOWERS) {
    const chart = into(state);
    expect(only(chart.send(offer), 'send').map(({ message }) => message)).toEqual([
      { type: 'RequestVote', term: 5, lastLog: end, transfer: true },
      { type: 'RequestVote', term: 5, lastLog: end, transfer: true },
    ]);
    expect(chart.state()).toBe('candidate');
  }
  const behind = into('follower.loyal');
  const elsewhere = { ...offer.message, lastLog: { ...end, index: index(3) } };
  expect(behind.send({ ...offer, message: elsewhere })).toEqual([]);
  expect(behind.state()).toBe('follower.loyal');
  for (const state of ['preCandidate', 'candidate', 'leader']) {
    expect(only(into(state).send(offer), 'send', 'roleChanged')).toEqual([]);
  }
});

const passed = (count: number): RaftEvent => ({ type: 'proposals.gathered', count });

it('[LT7] [LR8] a lead begins with the no-op and, right behind it, all that was passed ahead', () => {
  const chart = into('candidate');
  expect([...chart.send(passed(2)), ...chart.send(passed(5))]).toEqual([]);
  chart.send(durable(5, N1));
  const effects = chart.send(voteAnswer(N2, 5));
  expect(only(effects, 'persist').map(({ append }) => append)).toEqual([
    { source: 'noop', firstIndex: 3, lastIndex: 3 },
    { source: 'proposed', firstIndex: 4, lastIndex: 8 },
  ]);
  expect(only(effects, 'replicate').map(({ throughIndex }) => throughIndex)).toEqual([8, 8]);
  expect(chart.context()).toMatchObject({ termStartIndex: 3, passedAhead: 0 });
  expect(chart.context().log.lastIndex).toBe(8);
});

it('[LT7] what was passed ahead in vain is no part of a later lead', () => {
  const chart = into('candidate');
  chart.send(passed(2));
  chart.advance(1_000);
  chart.send(preVoteAnswer(N2, 2));
  expect(chart.state()).toBe('candidate');
  chart.send(durable(6, N1));
  expect(only(chart.send(voteAnswer(N2, 6)), 'persist')).toHaveLength(1);
});

it('[LT7] only who votes for the candidate that its leader has named expects it to lead', () => {
  const expected = [true, false].map((handsOver) => {
    const chart = into('follower.leaderless');
    const lastLog = { term: term(9), index: index(9) };
    const message = { type: 'RequestVote', term: term(4), lastLog, transfer: handsOver } as const;
    return only(chart.send({ type: 'vote.requested', from: N3, message }), 'leadExpected');
  });
  expect(expected).toEqual([[{ type: 'leadExpected', of: N3 }], []]);
});
