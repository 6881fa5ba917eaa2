/** The chart of roles: what a leader does, and when it gives up (§3.5, §6.2, §6.4). */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { COMMIT_NOTICE_DELAY_MS } from '../../src/core/limits.ts';
import { index, term } from '../../src/core/types.ts';
import { appended, replicate } from './effects.ts';
import { logOf, N1, N2, N3, only } from './harness.ts';
import {
  ALL,
  durable,
  FOLLOWERS,
  heartbeat,
  INTO,
  into,
  preVoteAnswer,
  progress,
  start,
  types,
  voteAnswer,
} from './raft-events.ts';

it('[LR8] a new leader writes its no-op and sends it to all at once', () => {
  const chart = into('candidate');
  chart.send(durable(5, N1));
  const first = { term: 5, commitIndex: 0 };
  expect(chart.send(voteAnswer(N2, 5))).toEqual([
    { type: 'roleChanged', role: 'leader', term: 5, leaderId: N1, cause: 'won the election' },
    appended({ source: 'noop', firstIndex: 3, lastIndex: 3 }),
    replicate(2, 3, { ...first, to: N2 }),
    replicate(2, 3, { ...first, to: N3 }),
  ]);
  expect(chart.children()).toEqual(['replication:n2', 'replication:n3']);
});

it('[RD1] a leader serves reads once its no-op is committed, and says so', () => {
  const chart = into('leader');
  expect(chart.state()).toContain('service.establishing');
  expect(chart.send({ type: 'round.requested' })).toEqual([]);
  chart.send(durable(5, N1, { term: term(5), index: index(3) }));
  expect(only(chart.send(progress(N2, 3)), 'commit', 'established')).toEqual([
    { type: 'commit', commitIndex: 3, term: 5 },
    { type: 'established', term: 5 },
  ]);
  expect(chart.state()).toContain('service.serving');
  expect(types(chart.send({ type: 'round.requested' }))).toEqual(['replicate', 'replicate']);
});

it('[RD2] [F3] each read round is a new one, confirmed by answers to it and not by older ones', () => {
  const chart = into('leader');
  chart.send(durable(5, N1, { term: term(5), index: index(3) }));
  chart.send(progress(N2, 3));
  chart.send({ type: 'round.requested' });
  chart.send({ type: 'round.requested' });
  expect(only(chart.send(progress(N2, 3, 0)), 'roundConfirmed')).toEqual([]);
  expect(only(chart.send(progress(N2, 3, 1)), 'roundConfirmed')).toEqual([
    { type: 'roundConfirmed', round: 1, readIndex: 3 },
  ]);
  expect(only(chart.send(progress(N3, 3, 2)), 'roundConfirmed')).toEqual([
    { type: 'roundConfirmed', round: 2, readIndex: 3 },
  ]);
});

it('[CM1] what becomes committed is told to the peers with the next word to them', () => {
  const chart = into('leader');
  chart.tellChild('replication:n3', { type: 'append.accepted', matchIndex: index(3), round: 0 });
  chart.send(durable(5, N1, { term: term(5), index: index(3) }));
  expect(only(chart.send(progress(N3, 3)), 'commit')).toEqual([
    { type: 'commit', commitIndex: 3, term: 5 },
  ]);
  chart.tellChild('replication:n3', { type: 'commit.advanced', commitIndex: index(3) });
  expect(only(chart.advance(COMMIT_NOTICE_DELAY_MS), 'replicate')).toMatchObject([
    { to: N3, prevIndex: 3, commitIndex: 3 },
  ]);
});

it('[EL12] a leader speaks to every peer each heartbeat interval', () => {
  const chart = into('leader');
  for (let beat = 0; beat < 5; beat += 1) {
    expect(chart.advance(49)).toEqual([]);
    expect(
      only(chart.advance(1), 'replicate')
        .map(({ to }) => to)
        .sort(),
    ).toEqual(expect.arrayContaining([N2, N3]));
  }
});

it('[EL15] without the check a leader that nobody answers leads on', () => {
  const chart = into('leader', { protocol: { preVote: true, checkQuorum: false } });
  chart.advance(6_000);
  expect(chart.state()).toContain('leader');
});

it('[EL10] [A1] a leader that no quorum answered for an election timeout gives up, in the same term', () => {
  const chart = into('leader');
  chart.advance(599);
  expect(chart.state()).toContain('leader');
  expect(only(chart.advance(1), 'roleChanged')).toEqual([
    {
      type: 'roleChanged',
      role: 'follower',
      term: 5,
      leaderId: null,
      cause: 'no quorum answered for an election timeout',
    },
  ]);
  expect(chart.state()).toBe('follower.leaderless');
  expect(chart.context()).toMatchObject({ term: 5, votedFor: N1 });
  expect(chart.children()).toEqual([]);
});

it('[EL10] an answer in each interval is enough, one in an earlier interval is not', () => {
  const chart = into('leader');
  for (let round = 0; round < 5; round += 1) {
    chart.send(progress(N3, 0));
    chart.advance(600);
    expect(chart.state()).toContain('leader');
  }
  chart.advance(600);
  expect(chart.state()).toBe('follower.leaderless');
});

it('[PS8] a leader whose disk stalls gives up its lead; anyone else goes on', () => {
  for (const state of ALL) {
    const chart = into(state);
    const before = chart.state();
    const effects = chart.send({ type: 'disk.stalled' });
    if (state !== 'leader') expect([effects, chart.state()]).toEqual([[], before]);
    else
      expect(only(effects, 'roleChanged')).toMatchObject([
        { role: 'follower', cause: 'its disk stalls' },
      ]);
  }
});

it('[EL11] a second leader of the own term breaks the node, loudly', () => {
  const chart = into('leader');
  chart.send(heartbeat(N2, 5));
  expect(String(chart.error())).toContain(
    'EL11: a term has at most one leader, but n2 and n1 both lead term 5',
  );
});

it('[EL7] [A20] nothing makes a leader campaign: no late answer, no closed link, no time that quorums answer in', () => {
  const chart = into('leader');
  const late = [preVoteAnswer(N2, 1), preVoteAnswer(N3, 2), voteAnswer(N3, 5), durable(5, N1)];
  for (const event of late)
    expect(only(chart.send(event), 'roleChanged', 'persist', 'send')).toEqual([]);
  chart.send({ type: 'link.closed', peer: N2 });
  chart.send(progress(N3, 0));
  expect(only(chart.advance(599), 'roleChanged', 'persist', 'send')).toEqual([]);
  expect(chart.context().term).toBe(5);
});

it('[EL9] a closed link to the leader lets a follower ask before its timeout, in the order of the voters', () => {
  for (const [id, delay] of [
    [N1, 3],
    [N3, 28],
  ] as const) {
    for (const state of ['follower.loyal', 'follower.doubtful']) {
      const chart = start({ id }, () => 0.5);
      INTO[state]?.(chart);
      expect(chart.state()).toBe(state);
      chart.send({ type: 'link.closed', peer: N2 });
      expect(chart.state()).toBe('follower.suspicious');
      expect(only(chart.advance(delay - 1), 'send')).toEqual([]);
      expect(only(chart.advance(1), 'send')).toHaveLength(2);
    }
  }
});

it('[EL9] the closed link is a hint, not a proof: a word from the leader takes it back', () => {
  const chart = into('follower.suspicious');
  chart.send(heartbeat(N2));
  expect(chart.state()).toBe('follower.loyal');
  expect(only(chart.advance(299), 'send')).toEqual([]);
});

it('[EL9] other closed links mean nothing to a follower', () => {
  for (const state of FOLLOWERS) {
    const chart = into(state);
    expect(chart.send({ type: 'link.closed', peer: N3 })).toEqual([]);
    expect(chart.state()).toBe(state);
  }
});

it('[LR12] a leader passes on what happens to a link to the actor of that peer alone', () => {
  const chart = into('leader');
  expect(chart.send({ type: 'link.closed', peer: N2 })).toEqual([]);
  expect(only(chart.send({ type: 'link.opened', peer: N2 }), 'replicate')).toMatchObject([
    { to: N2, prevIndex: 2, throughIndex: 3 },
  ]);
});

it("[LR9] proposals become one run of the leader's term and reach every peer that waits for more", () => {
  const chart = into('leader');
  for (const peer of [N2, N3]) {
    chart.tellChild(`replication:${peer}`, {
      type: 'append.accepted',
      matchIndex: index(3),
      round: 0,
    });
  }
  const effects = chart.send({ type: 'proposals.gathered', count: 3 });
  expect(only(effects, 'persist')).toEqual([
    appended({ source: 'proposed', firstIndex: 4, lastIndex: 6 }),
  ]);
  expect(only(effects, 'replicate')).toMatchObject([
    { to: N2, prevIndex: 3, throughIndex: 6 },
    { to: N3, prevIndex: 3, throughIndex: 6 },
  ]);
  expect(chart.context().log).toEqual(logOf([1, 4, 5, 5, 5, 5]));
});

it('[LR9] [LT7] whoever does not lead takes no proposals; a candidate notes how many wait for its lead', () => {
  for (const state of ALL.slice(0, -1)) {
    const chart = into(state);
    const before = chart.context();
    expect(chart.send({ type: 'proposals.gathered', count: 1 })).toEqual([]);
    expect(chart.context()).toEqual({ ...before, passedAhead: state === 'candidate' ? 1 : 0 });
  }
});

it('[EL5] alone in its configuration a node leads as soon as its vote is on disk', () => {
  const configuration = staticConfiguration([N1]);
  const chart = start({ configuration });
  expect(only(chart.advance(0), 'send')).toEqual([]);
  expect(chart.state()).toBe('candidate');
  chart.send(durable(5, N1));
  expect(chart.state()).toContain('leader.service.establishing');
  const effects = chart.send(durable(5, N1, { term: term(5), index: index(3) }));
  expect(types(effects)).toEqual(['commit', 'established']);
});
