/** The chart of roles: what each state says to each event (§3.3–§3.6, §6.2, §9.6). */
import { expect, it } from 'vitest';
import type { RaftEvent } from '../../machines/raft.types.ts';
import { staticConfiguration } from '../../src/core/configuration.ts';
import type { Effect } from '../../src/core/effect.ts';
import { COMMIT_NOTICE_DELAY_MS } from '../../src/core/limits.ts';
import type { EntrySpan } from '../../src/core/log-shape.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { type EntryId, index, type NodeId, term } from '../../src/core/types.ts';
import { logOf, N1, N2, N3, N4, N5, only, raftState, run } from './harness.ts';

/** `n1` of three, in term 4, with a log of two entries and nothing committed. Its timeouts are the shortest. */
const start = (changes: Partial<RaftState> = {}, random = () => 0) =>
  run('raft', raftState({ term: term(4), log: logOf([1, 4]), ...changes }), { random });
type Chart = ReturnType<typeof start>;

const LAST: EntryId = { term: term(4), index: index(2) };

const heartbeat = (from: NodeId, of = 4): RaftEvent => entries(from, of, []);
const entries = (from: NodeId, of: number, spans: readonly EntrySpan[]): RaftEvent => ({
  type: 'entries.received',
  from,
  message: {
    type: 'AppendEntries',
    term: term(of),
    prevLog: LAST,
    lastIndex: spans.at(-1)?.lastIndex ?? LAST.index,
    commitIndex: index(0),
    round: 0,
  },
  spans,
});
const askPreVote = (from: NodeId, of = 5): RaftEvent => ({
  type: 'preVote.requested',
  from,
  message: { type: 'PreVote', term: term(of), lastLog: LAST, round: 1 },
});
const preVoteAnswer = (from: NodeId, round: number, granted = true): RaftEvent => ({
  type: 'preVote.answered',
  from,
  message: { type: 'PreVoteReply', term: term(4), round, granted },
});
const askVote = (from: NodeId, of: number, lastLog = LAST): RaftEvent => ({
  type: 'vote.requested',
  from,
  message: { type: 'RequestVote', term: term(of), lastLog },
});
const voteAnswer = (from: NodeId, of: number, granted = true): RaftEvent => ({
  type: 'vote.answered',
  from,
  message: { type: 'RequestVoteReply', term: term(of), granted },
});
const durable = (of: number, votedFor: NodeId | null, entry = LAST): RaftEvent => ({
  type: 'disk.durable',
  hardState: { term: term(of), votedFor },
  entry,
});
const observed = (of: number): RaftEvent => ({ type: 'term.observed', term: term(of) });
const progress = (peer: NodeId, matchIndex: number, round = 0): RaftEvent => ({
  type: 'peer.progressed',
  peer,
  matchIndex: index(matchIndex),
  round,
});

const INTO: Readonly<Record<string, (chart: Chart) => void>> = {
  'follower.leaderless': () => {},
  'follower.loyal': (chart) => chart.send(heartbeat(N2)),
  'follower.doubtful': (chart) => {
    chart.send(heartbeat(N2));
    chart.advance(300);
  },
  'follower.suspicious': (chart) => {
    chart.send(heartbeat(N2));
    chart.send({ type: 'link.closed', peer: N2 });
  },
  preCandidate: (chart) => chart.advance(599),
  candidate: (chart) => {
    chart.advance(599);
    chart.send(preVoteAnswer(N2, 1));
  },
  leader: (chart) => {
    chart.advance(599);
    chart.send(preVoteAnswer(N2, 1));
    chart.send(durable(5, N1));
    chart.send(voteAnswer(N2, 5));
  },
};

/** In that state, with the longest timeouts so that it stays there. */
function into(state: string): Chart {
  const chart = start({}, () => 0.999);
  INTO[state]?.(chart);
  expect(chart.state().split('.service')[0]).toBe(state);
  return chart;
}

const FOLLOWERS = ['follower.leaderless', 'follower.loyal', 'follower.doubtful', 'follower.suspicious'];
const ALL = [...FOLLOWERS, 'preCandidate', 'candidate', 'leader'];
const types = (effects: readonly Effect[]) => effects.map(({ type }) => type);

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

it('[EL7] a timeout asks whether it could win, in the present term, before the term is raised', () => {
  const chart = start();
  expect(chart.advance(300)).toEqual([
    { type: 'roleChanged', role: 'preCandidate', term: 4, leaderId: null, cause: 'no word from a leader' },
    ...[N2, N3].map((to) => ({
      type: 'send',
      to,
      message: { type: 'PreVote', term: 5, lastLog: LAST, round: 1 },
    })),
  ]);
  expect(chart.context()).toMatchObject({ term: 4, votedFor: null });
});

it('[EL7] with a quorum of pre-votes, and not before, it campaigns: term and vote are written first', () => {
  const chart = into('preCandidate');
  expect(chart.send(preVoteAnswer(N2, 1, false))).toEqual([]);
  expect(chart.send(preVoteAnswer(N4, 1))).toEqual([]);
  expect(chart.send(preVoteAnswer(N3, 1))).toEqual([
    { type: 'persist', hardState: { term: 5, votedFor: N1 }, truncateFrom: null, append: null },
    { type: 'roleChanged', role: 'candidate', term: 5, leaderId: null, cause: 'won the pre-vote' },
    ...[N2, N3].map((to) => ({
      type: 'send',
      to,
      message: { type: 'RequestVote', term: 5, lastLog: LAST },
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
  for (const event of [voteAnswer(N2, 4), voteAnswer(N2, 5), voteAnswer(N2, 5)]) chart.send(event);
  expect(chart.state()).toBe('candidate');
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
  for (const [state, of] of [['preCandidate', 4], ['candidate', 5]] as const) {
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
      { type: 'roleChanged', role: 'follower', term: 9, leaderId: null, cause: 'heard of a newer term' },
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

it('[EL3] a vote is granted by any node that has not voted, written first, and puts off its timeout', () => {
  for (const state of ['follower.leaderless', 'follower.doubtful', 'follower.suspicious', 'preCandidate']) {
    const chart = into(state);
    expect(only(chart.send(askVote(N3, 4)), 'persist', 'send'), state).toEqual([
      { type: 'persist', hardState: { term: 4, votedFor: N3 }, truncateFrom: null, append: null },
      { type: 'send', to: N3, message: { type: 'RequestVoteReply', term: 4, granted: true } },
    ]);
    expect(chart.state()).toBe('follower.leaderless');
    expect(only(chart.advance(598), 'send')).toEqual([]);
  }
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

it('[LR8] a new leader writes its no-op and sends it to all at once', () => {
  const chart = into('candidate');
  chart.send(durable(5, N1));
  const replicate = (to: NodeId) => ({
    type: 'replicate',
    to,
    term: 5,
    prevIndex: 2,
    throughIndex: 3,
    bytesMax: 4,
    commitIndex: 0,
    round: 0,
  });
  expect(chart.send(voteAnswer(N2, 5))).toEqual([
    { type: 'roleChanged', role: 'leader', term: 5, leaderId: N1, cause: 'won the election' },
    { type: 'persist', hardState: null, truncateFrom: null, append: { source: 'noop', firstIndex: 3, lastIndex: 3 } },
    replicate(N2),
    replicate(N3),
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
  chart.send(progress(N3, 3));
  expect(only(chart.advance(COMMIT_NOTICE_DELAY_MS), 'replicate')).toMatchObject([
    { to: N3, prevIndex: 3, commitIndex: 3 },
  ]);
});

it('[EL12] a leader speaks to every peer each heartbeat interval', () => {
  const chart = into('leader');
  for (let beat = 0; beat < 5; beat += 1) {
    expect(chart.advance(49)).toEqual([]);
    expect(only(chart.advance(1), 'replicate').map(({ to }) => to).sort()).toEqual(
      expect.arrayContaining([N2, N3]),
    );
  }
});

it('[EL10] a leader that no quorum answered for an election timeout gives up, in the same term', () => {
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
    else expect(only(effects, 'roleChanged')).toMatchObject([{ role: 'follower', cause: 'its disk stalls' }]);
  }
});

it('[EL11] a second leader of the own term breaks the node, loudly', () => {
  const chart = into('leader');
  chart.send(heartbeat(N2, 5));
  expect(String(chart.error())).toContain('EL11: a term has at most one leader, but n2 and n1 both lead term 5');
});

it('[EL7] [A20] nothing makes a leader campaign: no late answer, no closed link, no time that quorums answer in', () => {
  const chart = into('leader');
  const late = [preVoteAnswer(N2, 1), preVoteAnswer(N3, 2), voteAnswer(N3, 5), durable(5, N1)];
  for (const event of late) expect(only(chart.send(event), 'roleChanged', 'persist', 'send')).toEqual([]);
  chart.send({ type: 'link.closed', peer: N2 });
  chart.send(progress(N3, 0));
  expect(only(chart.advance(599), 'roleChanged', 'persist', 'send')).toEqual([]);
  expect(chart.context().term).toBe(5);
});

it('[EL9] a closed link to the leader lets a follower ask before its timeout, in the order of the voters', () => {
  for (const [id, delay] of [[N1, 3], [N3, 28]] as const) {
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
    { to: N2, prevIndex: 0, throughIndex: 3 },
  ]);
});

it('[LR9] proposals become one run of the leader\'s term and reach every peer that waits for more', () => {
  const chart = into('leader');
  for (const peer of [N2, N3]) {
    chart.tellChild(`replication:${peer}`, { type: 'append.accepted', matchIndex: index(3), round: 0 });
  }
  const effects = chart.send({ type: 'proposals.gathered', count: 3 });
  expect(only(effects, 'persist')).toEqual([
    { type: 'persist', hardState: null, truncateFrom: null, append: { source: 'proposed', firstIndex: 4, lastIndex: 6 } },
  ]);
  expect(only(effects, 'replicate')).toMatchObject([
    { to: N2, prevIndex: 3, throughIndex: 6 },
    { to: N3, prevIndex: 3, throughIndex: 6 },
  ]);
  expect(chart.context().log).toEqual(logOf([1, 4, 5, 5, 5, 5]));
});

it('[LR9] whoever does not lead takes no proposals', () => {
  for (const state of ALL.slice(0, -1)) {
    const chart = into(state);
    const before = chart.context();
    expect(chart.send({ type: 'proposals.gathered', count: 1 })).toEqual([]);
    expect(chart.context()).toEqual(before);
  }
});

it('[EL5] alone in its configuration a node leads as soon as its vote is on disk', () => {
  const configuration = staticConfiguration([N1]);
  const chart = start({ configuration });
  expect(only(chart.advance(300), 'send')).toEqual([]);
  expect(chart.state()).toBe('candidate');
  chart.send(durable(5, N1));
  expect(chart.state()).toContain('leader.service.establishing');
  const effects = chart.send(durable(5, N1, { term: term(5), index: index(3) }));
  expect(types(effects)).toEqual(['commit', 'established']);
});
