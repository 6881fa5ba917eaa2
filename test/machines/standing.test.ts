/** Whoever turns out to vote, or to vote no more, takes that standing at once, wherever in the chart of roles it learns of it. */
import { describe, expect, it } from 'vitest';
import type { RaftEvent } from '../../machines/raft.types.ts';
import { foundingMembership, staticConfiguration } from '../../src/core/configuration.ts';
import { type Index, index, type NodeId, term } from '../../src/core/types.ts';
import { isElectable } from '../../src/rules/configurations.ts';
import { standingFaults } from '../../src/testing/simulation/checks/configuration-checks.ts';
import { logOf, N1, N2, N3, only } from './harness.ts';
import { FOLLOWERS, heartbeat, into, observed, preVoteAnswer, start } from './raft-events.ts';

/** Holds what is committed, the members among it: a change that this node slept through. */
const snapshot = (members: readonly NodeId[], at: Index = index(9)): RaftEvent => ({
  type: 'snapshot.received',
  lastEntry: { term: term(4), index: at },
  membership: foundingMembership(staticConfiguration(members), index(8)),
});

/** In that state of a learner, or just started. */
function learnerIn(state: string) {
  const chart = start(
    { configuration: staticConfiguration([N2, N3]), log: logOf([1, 4]) },
    () => 0.999,
  );
  if (state !== 'learner.leaderless') chart.send(heartbeat(N2));
  if (state === 'learner.doubtful') chart.send({ type: 'link.closed', peer: N2 });
  expect(chart.state()).toBe(state);
  return chart;
}

describe.each([
  ['learner.leaderless', 'follower.leaderless', null],
  ['learner.loyal', 'follower.loyal', N2],
  ['learner.doubtful', 'follower.doubtful', N2],
])('%s', (from, to, leaderId) => {
  it('[MC5] follows, and may campaign, once a snapshot makes it a voter', () => {
    const chart = learnerIn(from);
    const told = chart.send(snapshot([N1, N2, N3]));
    expect(only(told, 'roleChanged').at(-1)).toMatchObject({ role: 'follower', leaderId });
    expect(chart.state()).toBe(to);
    chart.advance(1_500);
    expect(chart.state()).toBe('preCandidate');
    expect(chart.send(preVoteAnswer(N2, chart.context().preVoteRound))).not.toEqual([]);
    expect(chart.state()).toBe('candidate');
  });
});

describe.each([
  ['follower.leaderless', 'learner.leaderless'],
  ['follower.loyal', 'learner.loyal'],
  ['follower.doubtful', 'learner.leaderless'],
  ['follower.suspicious', 'learner.leaderless'],
  ['preCandidate', 'learner.leaderless'],
  ['candidate', 'learner.leaderless'],
])('%s', (from, to) => {
  it('[MC7] campaigns no more once a snapshot says that it is no member', () => {
    const chart = into(from);
    const told = chart.send(snapshot([N2, N3]));
    expect(only(told, 'roleChanged').at(-1)).toMatchObject({ role: 'learner' });
    expect(chart.state()).toBe(to);
    expect(chart.context().leaderId).toBe(to === 'learner.loyal' ? N2 : null);
    expect(only(chart.advance(100_000), 'send', 'roleChanged')).toEqual([]);
    expect(chart.state()).toMatch(/^learner/);
  });
});

it('[MC7] a suspicious member that has heard of a newer term stands by as well', () => {
  const chart = into('follower.suspicious');
  chart.send(observed(5));
  chart.send(snapshot([N2, N3]));
  expect(chart.state()).toBe('learner.leaderless');
  expect(chart.context().leaderId).toBeNull();
});

it('[MC5] [MC7] its standing is that of the newest snapshot, whatever came before', () => {
  const chart = into(FOLLOWERS[0] ?? '');
  const lives = [[N2, N3], [N1, N2, N3], [N2], [N1]];
  for (const [life, members] of lives.entries()) {
    chart.send(snapshot(members, index(9 + life)));
    expect(chart.state().startsWith('learner')).toBe(!isElectable(chart.context()));
    expect(standingFaults(chart.context(), chart.state())).toEqual([]);
  }
});
