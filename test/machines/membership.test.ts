/** The membership chart, and what the chart of roles does when the members change under it. */
import { expect, it } from 'vitest';
import {
  type Configuration,
  foundingMembership,
  type Membership,
  staticConfiguration,
} from '../../src/core/configuration.ts';
import type { Effect } from '../../src/core/effect.ts';
import {
  CATCH_UP_ROUNDS_MAX,
  CATCH_UP_TIMEOUT_MS,
  HAND_OVER_TIMEOUT_MS,
  PROPOSAL_PATIENCE_MS,
} from '../../src/core/limits.ts';
import { index, type NodeId, term } from '../../src/core/types.ts';
import { enterJoint, leaveJoint } from '../../src/rules/configuration-change.ts';
import { logOf, N1, N2, N3, N4, only, run, THREE } from './harness.ts';
import {
  durable,
  heartbeat,
  into,
  LAST,
  observed,
  preVoteAnswer,
  progress,
  start,
  voteAnswer,
} from './raft-events.ts';

const ROUND_MS = 300;
const LEARNING: Configuration = { ...THREE, learners: [N4] };
const TWO = staticConfiguration([N2, N3]);
const FOUR = staticConfiguration([N1, N2, N3, N4]);

const membership = (configuration: Configuration): Membership => ({
  configuration,
  addresses: {},
  removed: [],
});
const at = (configuration: Configuration, lastIndex = 10) => ({
  present: membership(configuration),
  goesOn: true,
  lastIndex: index(lastIndex),
});
const JOINT = enterJoint(membership(LEARNING), membership(FOUR)).configuration;

function chart() {
  const running = run('membership', { roundMs: ROUND_MS });
  const committed = (configuration: Configuration, lastIndex = 10) =>
    running.send({ type: 'configuration.committed', ...at(configuration, lastIndex) });
  const ask = (goal: Configuration, present = THREE) =>
    running.send({ type: 'change.requested', goal: membership(goal), ...at(present) });
  const reached = (peer: NodeId, matchIndex: number, lastIndex = matchIndex) =>
    running.send({
      type: 'peer.progressed',
      peer,
      matchIndex: index(matchIndex),
      lastIndex: index(lastIndex),
    });
  return { ...running, ask, committed, reached };
}

const proposed = (effects: readonly Effect[]): readonly Configuration[] =>
  effects.flatMap((effect) =>
    effect.type === 'proposeConfiguration' ? [effect.membership.configuration] : [],
  );
const ended = (outcome: string, behind: readonly NodeId[] = []) => [
  { type: 'changeEnded', outcome, behind },
];

it('[MC4] [MC10] a member is added as a learner, promoted when it has caught up, and the joint configuration left', () => {
  const change = chart();
  expect(proposed(change.ask(FOUR))).toEqual([LEARNING]);
  expect(change.state()).toBe('learning');
  expect(change.committed(LEARNING)).toEqual([]);
  expect(change.state()).toBe('catchingUp.quick');
  expect(change.reached(N2, 10)).toEqual([]);
  expect(change.reached(N4, 9)).toEqual([]);
  expect(proposed(change.reached(N4, 10))).toEqual([JOINT]);
  expect(change.state()).toBe('joint');
  expect(proposed(change.committed(JOINT))).toEqual([FOUR]);
  expect(change.state()).toBe('leaving');
  expect(change.committed(FOUR)).toEqual(ended('done'));
  expect(change.state()).toBe('idle');
});

it('[MC10] a round that takes longer than an election timeout is not the last one', () => {
  const change = chart();
  change.ask(FOUR);
  change.committed(LEARNING);
  change.advance(ROUND_MS);
  expect(change.state()).toBe('catchingUp.slow');
  expect(change.reached(N4, 10, 30)).toEqual([]);
  expect(change.state()).toBe('catchingUp.quick');
  // What was the end is not the end of the next round.
  expect(change.reached(N4, 29)).toEqual([]);
  expect(proposed(change.reached(N4, 30))).toEqual([JOINT]);
});

it('[MC10] whoever does not keep up, or is not there at all, stays a learner', () => {
  const slow = chart();
  slow.ask(FOUR);
  slow.committed(LEARNING);
  for (let round = 1; round <= CATCH_UP_ROUNDS_MAX; round += 1) {
    slow.advance(ROUND_MS);
    const effects = slow.reached(N4, 10 * round, 10 * (round + 1));
    expect(effects).toEqual(round < CATCH_UP_ROUNDS_MAX ? [] : ended('behind', [N4]));
  }
  expect(slow.state()).toBe('idle');
  const gone = chart();
  gone.ask(FOUR);
  gone.committed(LEARNING);
  expect(gone.advance(ROUND_MS + CATCH_UP_TIMEOUT_MS)).toEqual(ended('behind', [N4]));
});

it('[MC3] a proposal that a leader could not append is made again, and with its lead all ends', () => {
  const change = chart();
  expect(proposed(change.ask(staticConfiguration([N1, N2])))).toHaveLength(1);
  expect(change.state()).toBe('joint');
  expect(proposed(change.advance(PROPOSAL_PATIENCE_MS))).toHaveLength(1);
  expect(change.send({ type: 'lead.lost' })).toEqual(ended('leadLost'));
  expect(change.send({ type: 'lead.lost' })).toEqual([]);
  expect(change.advance(PROPOSAL_PATIENCE_MS)).toEqual([]);
});

it('[MC3] [MC4] so is that to leave the joint configuration', () => {
  const change = chart();
  change.ask(FOUR);
  change.committed(LEARNING);
  change.reached(N4, 10);
  change.reached(N2, 10);
  expect(proposed(change.committed(JOINT))).toEqual([FOUR]);
  expect(proposed(change.advance(PROPOSAL_PATIENCE_MS))).toEqual([FOUR]);
  expect(change.state()).toBe('leaving');
});

it('[MC9] [D5] a new leader leaves a joint configuration only once an entry of its own term is committed', () => {
  const change = chart();
  expect(change.send({ type: 'lead.established', ...at(THREE) })).toEqual([]);
  expect(proposed(change.send({ type: 'lead.established', ...at(JOINT) }))).toEqual([FOUR]);
  // The chart of roles takes nothing before: it establishes its lead with both majorities.
  const joint = foundingMembership(JOINT, index(2));
  const leader = start({ configuration: JOINT, configurations: [joint] });
  leader.advance(ROUND_MS);
  for (const voter of [N2, N3]) leader.send(preVoteAnswer(voter, 1));
  leader.send(durable(5, N1));
  for (const voter of [N2, N3]) leader.send(voteAnswer(voter, 5));
  const next = { type: 'configuration.proposed', membership: leaveJoint(joint) } as const;
  expect(only(leader.send(next), 'persist')).toEqual([]);
  leader.send(durable(5, N1, { term: term(5), index: index(3) }));
  leader.send(progress(N4, 3));
  expect(leader.state()).toContain('service.establishing');
  leader.send(progress(N2, 3));
  expect(leader.state()).toContain('service.serving');
  expect(only(leader.send(next), 'persist')).toHaveLength(1);
  // Asked once more: the one under way is not committed.
  expect(only(leader.send(next), 'persist')).toEqual([]);
});

/** A leader whose lead is established, and which has appended this configuration as entry 4. */
function changed(to: Configuration) {
  const leader = into('leader');
  leader.send(durable(5, N1, { term: term(5), index: index(3) }));
  leader.send(progress(N2, 3));
  leader.send(progress(N3, 3));
  const effects = leader.send({ type: 'configuration.proposed', membership: membership(to) });
  return { leader, effects };
}

const WITHOUT_N1 = staticConfiguration([N2, N3]);
const LEAVING_N1: Configuration = { ...WITHOUT_N1, votersOutgoing: [N1, N2, N3] };

it('[MC5] a leader speaks to a new member from the append of its configuration on', () => {
  const { leader, effects } = changed(LEARNING);
  expect(only(effects, 'configurationChanged')).toMatchObject([
    { isCommitted: false, come: [N4], gone: [], membership: { index: 4 } },
  ]);
  expect(leader.children()).toContain('replication:n4');
});

it('[MC8] learners do not count: an entry is committed without them, and not by them', () => {
  const { leader } = changed(LEARNING);
  leader.send(durable(5, N1, { term: term(5), index: index(4) }));
  expect(only(leader.send(progress(N4, 4)), 'commit')).toEqual([]);
  expect(only(leader.send(progress(N2, 4)), 'commit')).toMatchObject([{ commitIndex: 4 }]);
});

it('[MC7] [D8] a leader that removes itself does not count itself, and leads no more when that is committed', () => {
  const { leader } = changed(LEAVING_N1);
  const own = (place: number) =>
    leader.send(durable(5, N1, { term: term(5), index: index(place) }));
  own(4);
  // A majority of both halves: of the old with itself, of the new without.
  expect(only(leader.send(progress(N2, 4)), 'commit')).toEqual([]);
  expect(only(leader.send(progress(N3, 4)), 'commit')).toMatchObject([{ commitIndex: 4 }]);
  leader.send({ type: 'configuration.proposed', membership: membership(WITHOUT_N1) });
  own(5);
  expect(only(leader.send(progress(N2, 5)), 'commit')).toEqual([]);
  const last = leader.send(progress(N3, 5));
  expect(only(last, 'commit', 'configurationChanged', 'roleChanged')).toMatchObject([
    { commitIndex: 5 },
    { isCommitted: true, gone: [N1] },
    { role: 'learner', leaderId: null },
  ]);
  expect(leader.state()).toBe('learner.leaderless');
  expect(leader.children()).toEqual([]);
  leader.advance(100_000);
  expect(leader.state()).toBe('learner.leaderless');
});

it('[MC7] [D12] answers of a removed member count no more, to entries, reads and the quorum', () => {
  const without: Configuration = { ...staticConfiguration([N1, N2]), votersOutgoing: [N1, N2, N3] };
  const { leader } = changed(without);
  const own = (place: number) =>
    leader.send(durable(5, N1, { term: term(5), index: index(place) }));
  own(4);
  leader.send(progress(N2, 4));
  leader.send({
    type: 'configuration.proposed',
    membership: membership(staticConfiguration([N1, N2])),
  });
  own(5);
  leader.send({ type: 'round.requested' });
  expect(only(leader.send(progress(N3, 5, 1)), 'commit', 'roundConfirmed')).toEqual([]);
  expect(only(leader.send(progress(N2, 5, 1)), 'commit', 'roundConfirmed')).toHaveLength(2);
  // For a while it is still told why.
  expect(leader.children()).toEqual(['replication:n2', 'replication:n3']);
  leader.send({ type: 'round.requested' });
  leader.advance(700);
  expect(only(leader.send(progress(N3, 5, 2)), 'roundConfirmed')).toEqual([]);
});

it('[MC7] what a member hears last is that it is none any more', () => {
  const without: Configuration = { ...staticConfiguration([N1, N2]), votersOutgoing: [N1, N2, N3] };
  const { leader } = changed(without);
  leader.send(durable(5, N1, { term: term(5), index: index(4) }));
  leader.send(progress(N2, 4));
  leader.send({
    type: 'configuration.proposed',
    membership: membership(staticConfiguration([N1, N2])),
  });
  leader.send(durable(5, N1, { term: term(5), index: index(5) }));
  const last = leader.send(progress(N2, 5));
  expect(only(last, 'replicate')).toMatchObject([{ to: N3, commitIndex: 5 }]);
});

const learner = (changes = {}) =>
  start({ configuration: staticConfiguration([N2, N3]), log: logOf([1, 4]), ...changes });

it('[MC8] a learner waits without a timer, hears its leader, and takes entries', () => {
  const chart = learner();
  expect(chart.state()).toBe('learner.leaderless');
  chart.advance(100_000);
  expect(chart.state()).toBe('learner.leaderless');
  expect(only(chart.send(heartbeat(N2)), 'roleChanged')).toMatchObject([{ role: 'learner' }]);
  expect(chart.state()).toBe('learner.loyal');
  chart.advance(ROUND_MS);
  expect(chart.state()).toBe('learner.doubtful');
  chart.send(observed(5));
  expect(chart.state()).toBe('learner.leaderless');
});

it('[MC8] [A23] a learner that is asked for its vote gives it once, and none while it hears its leader', () => {
  const chart = learner();
  const ask = (from: NodeId) =>
    only(
      chart.send({
        type: 'vote.requested',
        from,
        message: { type: 'RequestVote', transfer: false, term: term(4), lastLog: LAST },
      }),
      'send',
    );
  expect(ask(N3)).toMatchObject([{ message: { granted: true } }]);
  expect(ask(N2)).toMatchObject([{ message: { granted: false } }]);
  const loyal = learner();
  loyal.send(heartbeat(N2));
  expect(loyal.state()).toBe('learner.loyal');
  loyal.send({ type: 'link.closed', peer: N2 });
  expect(loyal.state()).toBe('learner.doubtful');
});

it('[MC5] a learner that is made a voter follows, and learns again if that is taken back', () => {
  const chart = learner();
  const entries = (of: number, prev: number, configuration?: Configuration) => {
    const place = index(prev + 1);
    const span = { term: term(of), firstIndex: place, lastIndex: place };
    return {
      type: 'entries.received',
      from: N2,
      message: {
        type: 'AppendEntries',
        term: term(4),
        prevLog: LAST,
        lastIndex: place,
        commitIndex: index(0),
        round: 0,
      },
      spans: [
        configuration === undefined ? span : { ...span, membership: membership(configuration) },
      ],
    } as const;
  };
  const joint: Configuration = { ...THREE, votersOutgoing: [N2, N3] };
  expect(
    only(chart.send(entries(4, 2, joint)), 'configurationChanged', 'roleChanged'),
  ).toMatchObject([
    { role: 'follower', leaderId: N2 },
    { come: [N1] },
    { role: 'follower', leaderId: N2 },
  ]);
  expect(chart.state()).toBe('follower.loyal');
  chart.send(observed(5));
  const other = entries(5, 2);
  const message = { ...other.message, term: term(5) };
  chart.send({ ...other, from: N3, message });
  expect(chart.state()).toBe('learner.loyal');
});

it('[MC12] a leader that is to vote no more hands over first, and ends the change itself if nobody takes over', () => {
  const gone = enterJoint(membership(THREE), membership(TWO)).configuration;
  const asked = { type: 'configuration.committed', ...at(gone), goesOn: false } as const;
  for (const isTaken of [true, false]) {
    const change = chart();
    expect(proposed(change.ask(TWO))).toEqual([gone]);
    expect(change.send(asked)).toEqual([{ type: 'yieldLead' }]);
    expect(change.state()).toBe('yielding');
    // What is committed meanwhile changes nothing.
    expect(change.send(asked)).toEqual([]);
    if (isTaken) expect(change.send({ type: 'lead.lost' })).toEqual(ended('leadLost'));
    else expect(proposed(change.advance(HAND_OVER_TIMEOUT_MS))).toEqual([TWO]);
    expect(change.state()).toBe(isTaken ? 'idle' : 'leaving');
  }
});

it('[MC12] [MC9] a new leader that finds a joint configuration in which it is to go hands over, too', () => {
  const change = chart();
  const gone = enterJoint(membership(THREE), membership(TWO)).configuration;
  expect(change.send({ type: 'lead.established', ...at(gone), goesOn: false })).toEqual([
    { type: 'yieldLead' },
  ]);
  expect(change.state()).toBe('yielding');
});
