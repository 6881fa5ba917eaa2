/** The chart of roles: how a leader is found (§3.4, §3.6.1, §9.6). */
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { index, term } from '../../src/core/types.ts';
import { N1, N2, N3, N4, N5, only } from './harness.ts';
import {
  ALL,
  askPreVote,
  askVote,
  durable,
  heartbeat,
  into,
  LAST,
  observed,
  preVoteAnswer,
  start,
  types,
  voteAnswer,
} from './raft-events.ts';

it('[EL2] every node begins as a follower, and says nothing until its timeout', () => {
  const chart = start();
  expect(chart.state()).toBe('follower.leaderless');
  expect(chart.started).toEqual([]);
  expect(chart.advance(299)).toEqual([]);
  chart.advance(1);
  expect(chart.state()).toBe('preCandidate');
});

it('[EL12] a follower waits the drawn timeout, counted from the last word of its leader', () => {
  const chart = start({}, () => 0.5);
  for (let beat = 0; beat < 20; beat += 1) {
    chart.send(heartbeat(N2));
    expect(only(chart.advance(299), 'send', 'roleChanged')).toEqual([]);
  }
  chart.send(heartbeat(N2));
  chart.advance(449);
  expect(chart.state()).toBe('follower.doubtful');
  chart.advance(1);
  expect(chart.state()).toBe('preCandidate');
});

it('[EL12] each wait is drawn anew: rounds that end without a winner are not in step', () => {
  const draws = [0, 0.5, 0.9, 0.1];
  const chart = start({}, () => draws.shift() ?? 0);
  const rounds = [300, 450, 570, 330].map((ms) => {
    chart.advance(ms - 1);
    return only(chart.advance(1), 'send').length;
  });
  expect(rounds).toEqual([2, 2, 2, 2]);
});

it('[EL13] whoever has a live leader, or leads, refuses a pre-vote; all others grant it', () => {
  const answers = ALL.map((state) => {
    const chart = into(state);
    const [reply] = only(chart.send(askPreVote(N3, 9)), 'send');
    expect(reply?.to).toBe(N3);
    return reply?.message.type === 'PreVoteReply' && reply.message.granted;
  });
  expect(answers).toEqual([true, false, true, true, true, true, false]);
});

it('[EL6] [A2] [A16] a pre-vote request changes nothing in any state: no term, no vote, no timer, no write', () => {
  for (const state of ALL) {
    const chart = into(state);
    const before = [chart.state(), chart.context(), chart.clock.nextDueMs];
    expect(types(chart.send(askPreVote(N3, 9)))).toEqual(['send']);
    expect([chart.state(), chart.context(), chart.clock.nextDueMs]).toEqual(before);
  }
});

it('[EL7] [A15] a timeout asks whether it could win, in the present term, before the term is raised', () => {
  const chart = start();
  chart.send(heartbeat(N2));
  expect(chart.advance(300)).toEqual([
    {
      type: 'roleChanged',
      role: 'preCandidate',
      term: 4,
      leaderId: null,
      cause: 'no word from a leader',
    },
    ...[N2, N3].map((to) => ({
      type: 'send',
      to,
      message: { type: 'PreVote', term: 5, lastLog: LAST, round: 1 },
    })),
  ]);
  expect(chart.context()).toMatchObject({ term: 4, votedFor: null, leaderId: null });
});

it('[EL15] without pre-vote a timeout raises the term at once, and a closed link is no hint', () => {
  const chart = start({ protocol: { preVote: false, checkQuorum: true } });
  chart.send(heartbeat(N2));
  chart.send({ type: 'link.closed', peer: N2 });
  expect(chart.state()).toBe('follower.loyal');
  const said = [...chart.advance(300), ...chart.send(durable(5, N1))];
  expect(chart.state()).toBe('candidate');
  expect(only(said, 'send').map(({ message }) => message.type)).toEqual([
    'RequestVote',
    'RequestVote',
  ]);
});

it('[EL7] [EL8] [PS1] with a quorum of pre-votes, and not before, it campaigns: term and vote are written first', () => {
  const chart = into('preCandidate');
  expect(chart.send(preVoteAnswer(N2, 1, false))).toEqual([]);
  expect(chart.send(preVoteAnswer(N4, 1))).toEqual([]);
  expect(chart.send(preVoteAnswer(N3, 1))).toEqual([
    { type: 'persist', hardState: { term: 5, votedFor: N1 }, truncateFrom: null, append: null },
    { type: 'roleChanged', role: 'candidate', term: 5, leaderId: null, cause: 'won the pre-vote' },
    ...[N2, N3].map((to) => ({
      type: 'send',
      to,
      message: { type: 'RequestVote', term: 5, lastLog: LAST, transfer: false },
    })),
  ]);
  expect(chart.state()).toBe('candidate');
});

it('[EL8] [A3] a late answer to a pre-vote is no vote', () => {
  const chart = into('candidate');
  chart.send(durable(5, N1));
  expect(chart.send(preVoteAnswer(N3, 1))).toEqual([]);
  expect(chart.context().granted).toEqual([N1]);
  expect(chart.state()).toBe('candidate');
});

it('[EL8] [A21] an answer of an earlier round does not win a later one', () => {
  const chart = into('preCandidate');
  chart.advance(599);
  expect(chart.context().preVoteRound).toBe(2);
  chart.send(preVoteAnswer(N2, 1));
  expect(chart.state()).toBe('preCandidate');
  chart.send(preVoteAnswer(N2, 2));
  expect(chart.state()).toBe('candidate');
  const configuration = staticConfiguration([N1, N2, N3, N4, N5]);
  const ofFive = start({ configuration }, () => 0.999);
  ofFive.advance(599);
  ofFive.send(preVoteAnswer(N2, 1));
  ofFive.advance(599);
  expect(ofFive.context()).toMatchObject({ preVoteRound: 2, granted: [N1] });
});

it('[PS2] a candidate leads once a quorum has granted and its own vote is on disk, in either order', () => {
  const votesFirst = into('candidate');
  votesFirst.send(voteAnswer(N2, 5));
  expect(votesFirst.state()).toBe('candidate');
  votesFirst.send(durable(5, N1));
  expect(votesFirst.state()).toContain('leader');
  const diskFirst = into('candidate');
  diskFirst.send(durable(5, N1));
  expect(diskFirst.state()).toBe('candidate');
  diskFirst.send(voteAnswer(N2, 5));
  expect(diskFirst.state()).toContain('leader');
});

it('[PS2] [A6] what the disk completes of another term or vote is not the own vote', () => {
  const chart = into('candidate');
  chart.send(voteAnswer(N2, 5));
  for (const event of [durable(4, N1), durable(5, null), durable(5, N2)]) {
    expect(chart.send(event)).toEqual([]);
    expect(chart.state()).toBe('candidate');
  }
  const lost = into('candidate');
  lost.send(heartbeat(N2, 5));
  lost.send(durable(5, N1));
  expect(lost.state()).toBe('follower.loyal');
  expect(lost.context().granted).toEqual([]);
});

it('[EL4] [A4] a vote of an older term, or told twice, wins nothing', () => {
  const configuration = staticConfiguration([N1, N2, N3, N4, N5]);
  const chart = start({ configuration }, () => 0.999);
  chart.advance(599);
  chart.send(preVoteAnswer(N2, 1));
  chart.send(preVoteAnswer(N3, 1));
  chart.send(durable(5, N1));
  const vain = [voteAnswer(N3, 4), voteAnswer(N4, 6), voteAnswer(N4, 5, false)];
  for (const event of [...vain, voteAnswer(N2, 5), voteAnswer(N2, 5)]) chart.send(event);
  expect([chart.state(), chart.context().granted]).toEqual(['candidate', [N1, N2]]);
  chart.send(voteAnswer(N3, 5));
  expect(chart.state()).toContain('leader');
});

it('[EL7] a campaign that nobody wins ends with a new pre-vote, not with the next term', () => {
  const chart = into('candidate');
  chart.advance(599);
  expect(chart.state()).toBe('preCandidate');
  expect(chart.context()).toMatchObject({ term: 5, votedFor: N1, granted: [N1] });
});

it('[EL2] a leader of the present term is obeyed by pre-candidates and candidates at once', () => {
  for (const [state, of] of [
    ['preCandidate', 4],
    ['candidate', 5],
  ] as const) {
    const chart = into(state);
    const [change] = only(chart.send(heartbeat(N2, of)), 'roleChanged');
    expect(change).toMatchObject({ role: 'follower', term: of, leaderId: N2 });
    expect(chart.state()).toBe('follower.loyal');
  }
});

it('[EL2] a newer term makes a follower of everyone, written down, with the vote free again', () => {
  for (const state of ALL) {
    const chart = into(state);
    expect(only(chart.send(observed(9)), 'persist', 'roleChanged'), state).toEqual([
      { type: 'persist', hardState: { term: 9, votedFor: null }, truncateFrom: null, append: null },
      {
        type: 'roleChanged',
        role: 'follower',
        term: 9,
        leaderId: null,
        cause: 'heard of a newer term',
      },
    ]);
    expect(chart.state()).toMatch(/^follower\.(leaderless|suspicious)$/);
    expect(chart.context()).toMatchObject({ term: 9, votedFor: null, leaderId: null });
    expect(chart.children()).toEqual([]);
  }
});

it('[EL2] newer terms without a leader do not put off the timeout of a follower that has none', () => {
  const chart = start();
  for (let of = 5; of < 10; of += 1) {
    chart.advance(59);
    chart.send(observed(of));
  }
  chart.advance(5);
  expect(chart.state()).toBe('preCandidate');
});

it('[EL3] [PS1] a vote is granted by any node that has not voted, written first, and puts off its timeout', () => {
  for (const state of ALL.filter(
    (each) => !['follower.loyal', 'candidate', 'leader'].includes(each),
  )) {
    const chart = into(state);
    expect(only(chart.send(askVote(N3, 4)), 'persist', 'send'), state).toEqual([
      { type: 'persist', hardState: { term: 4, votedFor: N3 }, truncateFrom: null, append: null },
      { type: 'send', to: N3, message: { type: 'RequestVoteReply', term: 4, granted: true } },
    ]);
    expect(chart.state()).toBe('follower.leaderless');
    expect(only(chart.advance(598), 'send')).toEqual([]);
  }
});

it('[EL13] a follower that has just heard its leader votes for nobody, and goes on hearing it', () => {
  const chart = into('follower.loyal');
  const before = [chart.state(), chart.context(), chart.clock.nextDueMs];
  const message = { type: 'RequestVoteReply', term: 4, granted: false };
  expect(chart.send(askVote(N3, 4))).toEqual([{ type: 'send', to: N3, message }]);
  expect([chart.state(), chart.context(), chart.clock.nextDueMs]).toEqual(before);
});

it('[EL17] a vote makes a follower leaderless: it names no leader any more, and says so', () => {
  for (const state of ['follower.doubtful', 'follower.suspicious']) {
    const chart = into(state);
    expect(chart.context().leaderId).toBe(N2);
    expect(only(chart.send(askVote(N3, 4)), 'roleChanged')).toMatchObject([
      { role: 'follower', term: 4, leaderId: null },
    ]);
    expect([chart.state(), chart.context().leaderId]).toEqual(['follower.leaderless', null]);
  }
});

it('[EL18] a pre-candidate that votes for another is told to be a follower', () => {
  const chart = into('preCandidate');
  expect(only(chart.send(askVote(N3, 4)), 'roleChanged')).toEqual([
    { type: 'roleChanged', role: 'follower', term: 4, leaderId: null, cause: 'voted for another' },
  ]);
});

it('[EL18] [EL19] whoever is alone waits for nobody, and is never told to be a pre-candidate: the same step makes it a candidate', () => {
  const chart = start({ configuration: staticConfiguration([N1]) });
  expect(only(chart.advance(0), 'roleChanged')).toEqual([
    { type: 'roleChanged', role: 'candidate', term: 5, leaderId: null, cause: 'won the pre-vote' },
  ]);
});

it('[EL3] a refusal changes nothing: neither vote nor timer', () => {
  for (const state of ALL) {
    const chart = into(state);
    chart.advance(1);
    const before = [chart.state(), chart.context(), chart.clock.nextDueMs];
    const older = askVote(N3, 3);
    const behind = askVote(N3, chart.context().term, { term: term(1), index: index(9) });
    for (const event of [older, behind]) {
      const message = { type: 'RequestVoteReply', term: chart.context().term, granted: false };
      expect(chart.send(event), state).toEqual([{ type: 'send', to: N3, message }]);
    }
    expect([chart.state(), chart.context(), chart.clock.nextDueMs]).toEqual(before);
  }
});

it('[EL3] [A1] a candidate that lost keeps the vote it gave itself', () => {
  const chart = into('candidate');
  chart.send(heartbeat(N2, 5));
  expect(only(chart.send(askVote(N3, 5)), 'send')).toMatchObject([{ message: { granted: false } }]);
  expect(chart.context().votedFor).toBe(N1);
});
