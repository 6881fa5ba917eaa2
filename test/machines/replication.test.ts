/** The chart of one peer: probe, then stream, within bounds, whatever is lost on the way (§3.5, §10.2.2). */
import { expect, it } from 'vitest';
import { COMMIT_NOTICE_DELAY_MS, PROGRESS_TIMEOUT_MS } from '../../src/core/limits.ts';
import type { AppendRejected } from '../../src/core/message.ts';
import { index, term } from '../../src/core/types.ts';
import { progressed, replicate } from './effects.ts';
import { LIMITS, logOf, N2, only, replicationState, run } from './harness.ts';

/** The leader's log holds five entries; four bytes go into a message, two messages into the window. */
const start = () => run('replication', replicationState());

type Chart = ReturnType<typeof start>;

/** Has found that the peer holds all of the log. */
function caughtUp(): Chart {
  const chart = start();
  chart.send(accepted(5));
  return chart;
}

/** Has sent entries through `last` in `messages` messages of one byte each; nothing is answered. */
function streaming(messages: number): Chart {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  for (let at = 1; at <= messages; at += 1) chart.send(sent(5 + at));
  return chart;
}

const accepted = (matchIndex: number, round = 0) =>
  ({ type: 'append.accepted', matchIndex: index(matchIndex), round }) as const;
const sent = (through: number, bytes = 1) =>
  ({ type: 'entries.sent', throughIndex: index(through), bytes }) as const;
const outdated = { type: 'entries.outdated' } as const;
const rejected = (prevIndex: number, hintTerm: number, hintIndex: number) => {
  const hint = { term: term(hintTerm), index: index(hintIndex) };
  const rejection: AppendRejected = { accepted: false, lastIndex: index(9), hint };
  return {
    type: 'append.rejected',
    prevIndex: index(prevIndex),
    round: 0,
    rejection,
    log: logOf([1, 1, 2, 2, 3]),
  } as const;
};
it('[LR10] it begins by probing with the no-op of the new term', () => {
  const chart = start();
  expect(chart.state()).toBe('probe.asking');
  expect(chart.started).toEqual([replicate(4, 5)]);
});

it('[LR10] what a probe carried is not under way: nothing is sent ahead until it is answered', () => {
  const chart = start();
  expect(chart.send(sent(5))).toEqual([]);
  chart.send({ type: 'log.grew', lastIndex: index(8), commitIndex: index(2) });
  expect(chart.context()).toMatchObject({ nextIndex: 5, lastIndex: 8, inflight: [] });
});

it('[LR10] a probe that is not answered is repeated with the next heartbeat, without its entries', () => {
  const chart = start();
  expect(chart.send({ type: 'heartbeat.due' })).toEqual([replicate(4, 4)]);
  expect(chart.state()).toBe('probe.asking');
});

it('[LR12] [H4] answers to heartbeats do not hide that an earlier message was lost', () => {
  const chart = streaming(2);
  for (let waited = 0; waited < PROGRESS_TIMEOUT_MS; waited += 100) {
    expect(chart.state()).toMatch(/^replicate/);
    chart.send(accepted(5));
    chart.advance(100);
  }
  expect(chart.state()).toBe('probe.asking');
});

it('[LR7] a refused probe asks again at once, where both logs may agree', () => {
  const chart = start();
  expect(chart.send(rejected(4, 1, 3))).toEqual([progressed(0), replicate(2, 5)]);
  expect(chart.send(accepted(5))).toEqual([progressed(5)]);
  expect(chart.state()).toBe('replicate.caughtUp');
});

it('[LR5] [B8] while it probes, only an answer to the open question moves it', () => {
  const chart = start();
  chart.send(rejected(4, 1, 3));
  expect(chart.send(rejected(4, 0, 0))).toEqual([progressed(0)]);
  expect(chart.send(rejected(1, 0, 0))).toEqual([progressed(0)]);
  expect(chart.context().nextIndex).toBe(3);
  expect(chart.send(accepted(0))).toEqual([progressed(0)]);
  expect(chart.state()).toBe('probe.asking');
});

it('[LR10] once both logs agree it streams the rest in messages of bounded size, ahead of the answers', () => {
  const chart = start();
  chart.send({ type: 'log.grew', lastIndex: index(20), commitIndex: index(2) });
  expect(chart.send(accepted(5))).toEqual([progressed(5), replicate(5, 20)]);
  expect(chart.state()).toBe('replicate.sending');
  expect(chart.send(sent(8))).toEqual([replicate(8, 20)]);
  expect(chart.context()).toMatchObject({ matchIndex: 5, nextIndex: 9, inflightBytes: 1 });
});

it('[LR11] it pauses when as many messages are under way as allowed, and goes on when one is answered', () => {
  const chart = streaming(2);
  expect(chart.state()).toBe('replicate.awaiting.room');
  expect(chart.context().inflight).toHaveLength(LIMITS.inflightMessagesMax);
  expect(chart.send(accepted(6))).toEqual([progressed(6), replicate(7, 9)]);
  expect(chart.state()).toBe('replicate.sending');
});

it('[LR11] it pauses when as many bytes are under way as allowed, whatever their number', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  expect(chart.send(sent(6, LIMITS.inflightBytesMax + 1))).toEqual([]);
  expect(chart.state()).toBe('replicate.awaiting.room');
  expect(chart.send(accepted(6))).toEqual([progressed(6), replicate(6, 9)]);
});

it('[LR11] [B12] what is under way comes back to zero when all is answered', () => {
  const chart = streaming(2);
  chart.send(accepted(6));
  chart.send(sent(9));
  expect(chart.send(accepted(9))).toEqual([progressed(9)]);
  expect(chart.context()).toMatchObject({
    inflight: [],
    inflightBytes: 0,
    matchIndex: 9,
    nextIndex: 10,
  });
  expect(chart.state()).toBe('replicate.caughtUp');
});

it('[LR11] while it waits for answers it sends what is new', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(6), commitIndex: index(2) });
  chart.send(sent(6));
  expect(chart.state()).toBe('replicate.awaiting.answers');
  const grown = { type: 'log.grew', lastIndex: index(7), commitIndex: index(2) } as const;
  expect(chart.send(grown)).toEqual([replicate(6, 7)]);
});

it('[CM3] a peer that has everything is told a commit after a short while, once', () => {
  const chart = caughtUp();
  const commit = { type: 'commit.advanced', commitIndex: index(5) } as const;
  expect(chart.send(commit)).toEqual([]);
  expect(chart.advance(COMMIT_NOTICE_DELAY_MS - 1)).toEqual([]);
  expect(chart.advance(1)).toEqual([replicate(5, 5, { commitIndex: 5 })]);
  expect([...chart.send(commit), ...chart.advance(PROGRESS_TIMEOUT_MS)]).toEqual([]);
});

it('[CM3] entries that come meanwhile carry the commit, and the notice is spared', () => {
  const chart = caughtUp();
  chart.send({ type: 'commit.advanced', commitIndex: index(5) });
  const grown = { type: 'log.grew', lastIndex: index(6), commitIndex: index(5) } as const;
  expect(chart.send(grown)).toEqual([replicate(5, 6, { commitIndex: 5 })]);
  chart.send(sent(6));
  chart.send(accepted(6));
  expect(chart.advance(PROGRESS_TIMEOUT_MS)).toEqual([]);
});

it('[CM3] more commits do not put the notice off', () => {
  const chart = caughtUp();
  chart.send({ type: 'commit.advanced', commitIndex: index(3) });
  chart.advance(COMMIT_NOTICE_DELAY_MS - 1);
  chart.send({ type: 'commit.advanced', commitIndex: index(4) });
  expect(chart.advance(1)).toEqual([replicate(5, 5, { commitIndex: 4 })]);
});

it('[CM3] a commit that came while entries were under way is told once they are answered', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(6), commitIndex: index(2) });
  chart.send(sent(6));
  expect(chart.send({ type: 'commit.advanced', commitIndex: index(5) })).toEqual([]);
  expect(chart.send(accepted(6))).toEqual([progressed(6)]);
  expect(chart.advance(COMMIT_NOTICE_DELAY_MS)).toEqual([replicate(6, 6, { commitIndex: 5 })]);
});

it('[LR13] a peer whose callers wait for an index is told the moment it is committed, whichever came first', () => {
  const waits = { type: 'peer.waits', index: index(4) } as const;
  const early = caughtUp();
  expect(early.send(waits)).toEqual([]);
  expect(early.send({ type: 'commit.advanced', commitIndex: index(3) })).toEqual([
    replicate(5, 5, { commitIndex: 3 }),
  ]);
  expect(early.send({ type: 'commit.advanced', commitIndex: index(4) })).toEqual([
    replicate(5, 5, { commitIndex: 4 }),
  ]);
  expect(early.send({ type: 'commit.advanced', commitIndex: index(5) })).toEqual([]);
  const late = caughtUp();
  late.send({ type: 'commit.advanced', commitIndex: index(5) });
  expect(late.send(waits)).toEqual([replicate(5, 5, { commitIndex: 5 })]);
  expect(late.advance(PROGRESS_TIMEOUT_MS)).toEqual([]);
});

it('[LR13] a peer that is still probed is told as well, and nothing is made of its refusal', () => {
  const chart = start();
  chart.send({ type: 'peer.waits', index: index(5) });
  expect(chart.send({ type: 'commit.advanced', commitIndex: index(5) })).toEqual([
    replicate(5, 5, { commitIndex: 5 }),
  ]);
  expect(chart.send(rejected(5, 1, 3))).toEqual([progressed(0)]);
  expect(chart.state()).toBe('probe.asking');
  expect(chart.send(accepted(5))).toEqual([progressed(5), replicate(5, 5, { commitIndex: 5 })]);
  expect(chart.state()).toBe('replicate.caughtUp');
  const unawaited = start();
  expect(unawaited.send({ type: 'commit.advanced', commitIndex: index(5) })).toEqual([]);
});

it('[LR5] [B14] a heartbeat in any state starts from the entry known to match', () => {
  const beat = { type: 'heartbeat.due' } as const;
  expect(caughtUp().send(beat)).toEqual([replicate(5, 5)]);
  expect(streaming(1).send(beat)).toEqual([replicate(5, 5)]);
  expect(streaming(2).send(beat)).toEqual([replicate(5, 5)]);
});

it('[RD2] a new round leaves at once, whatever else is under way', () => {
  const began = { type: 'round.began', round: 7, commitIndex: index(0) } as const;
  const beat = (prev: number) => [replicate(prev, prev, { round: 7 })];
  expect(start().send(began)).toEqual(beat(0));
  expect(caughtUp().send(began)).toEqual(beat(5));
  expect(streaming(1).send(began)).toEqual(beat(5));
  expect(streaming(2).send(began)).toEqual(beat(5));
  const newer = { ...began, commitIndex: index(5) };
  expect(start().send(newer)).toEqual([replicate(0, 0, { round: 7, commitIndex: index(5) })]);
});

it('[LR4] [B7] a late acceptance changes nothing but proves contact', () => {
  const chart = streaming(2);
  chart.send(accepted(7));
  const { matchIndex, nextIndex } = chart.context();
  expect(only(chart.send(accepted(5, 3)), 'progressed')).toEqual([progressed(7, 3)]);
  expect(chart.context()).toMatchObject({ matchIndex, nextIndex });
});

it('[LR5] [B8] a late refusal does not stop the stream', () => {
  const chart = streaming(2);
  for (const prev of [0, 4, 5, 8, 9]) {
    expect(chart.send(rejected(prev, 1, 1)), `of ${prev}`).toEqual([progressed(5)]);
  }
  expect(chart.state()).toBe('replicate.awaiting.room');
  expect(chart.context()).toMatchObject({ matchIndex: 5, nextIndex: 8 });
});

it('[LR7] a refusal of what is under way falls back to probing, never below what matches', () => {
  const chart = streaming(2);
  expect(chart.send(rejected(6, 1, 2))).toEqual([progressed(5), replicate(5, 9)]);
  expect(chart.state()).toBe('probe.asking');
  expect(chart.context()).toMatchObject({
    matchIndex: 5,
    nextIndex: 6,
    inflight: [],
    inflightBytes: 0,
  });
});

it('[LR12] without any answer for too long it says so and probes again from what matches', () => {
  for (const messages of [1, 2]) {
    const chart = streaming(messages);
    if (messages === 1) chart.send(sent(9));
    expect(chart.advance(PROGRESS_TIMEOUT_MS - 1)).toEqual([]);
    expect(chart.advance(1)).toEqual([
      { type: 'peerStalled', peer: N2, matchIndex: 5 },
      replicate(5, 9),
    ]);
    expect(chart.state()).toBe('probe.asking');
    expect(chart.send(accepted(9))).toEqual([progressed(9)]);
    expect(chart.state()).toBe('replicate.caughtUp');
  }
});

it('[LR12] [H4] a closed link forgets what was under way; its opening probes at once', () => {
  const chart = streaming(2);
  expect(chart.send({ type: 'link.closed' })).toEqual([]);
  expect(chart.state()).toBe('probe.postponed');
  expect(chart.context()).toMatchObject({ nextIndex: 6, inflight: [], inflightBytes: 0 });
  expect(chart.send({ type: 'link.opened' })).toEqual([replicate(5, 9)]);
  expect(chart.state()).toBe('probe.asking');
});

it('[LR12] a peer that comes back, of which nothing is known yet, is asked about the end of the log', () => {
  const chart = start();
  chart.send({ type: 'link.closed' });
  expect(chart.send({ type: 'link.opened' })).toEqual([replicate(4, 5)]);
  chart.send(rejected(4, 1, 2));
  chart.send({ type: 'link.closed' });
  expect(chart.send({ type: 'link.opened' })).toEqual([replicate(2, 5)]);
});

it('[LR12] [H4] what the link would not take is asked for again with the next heartbeat', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  expect(chart.send({ type: 'entries.dropped' })).toEqual([]);
  expect(chart.state()).toBe('probe.postponed');
  expect(chart.send({ type: 'heartbeat.due' })).toEqual([replicate(5, 9)]);
  expect(chart.send({ type: 'entries.dropped' })).toEqual([]);
  expect(chart.state()).toBe('probe.postponed');
});

it('[LR12] news of what was sent or dropped, once nobody waits for it, asks for nothing', () => {
  const probing = start();
  probing.send({ type: 'entries.dropped' });
  expect(probing.send({ type: 'entries.dropped' })).toEqual([]);
  expect(probing.state()).toBe('probe.postponed');
  const streaming = caughtUp();
  expect(streaming.send(sent(5, 0))).toEqual([]);
  expect(streaming.state()).toBe('replicate.caughtUp');
});

it('[LR4] an answer that covers all that was still to be sent ends the sending, and the commit is told', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  expect(chart.send(accepted(9))).toEqual([progressed(9)]);
  expect(chart.state()).toBe('replicate.sending');
  expect(chart.send(outdated)).toEqual([]);
  expect(chart.state()).toBe('replicate.owing');
  expect(chart.advance(COMMIT_NOTICE_DELAY_MS)).toEqual([replicate(9, 9)]);
  expect(chart.state()).toBe('replicate.caughtUp');
});

it('[LR11] what an answer overtook while it was read is not sent, and what is left is asked for', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  expect(chart.send(accepted(7))).toEqual([progressed(7)]);
  expect(chart.send(outdated)).toEqual([replicate(7, 9)]);
  chart.send(sent(8));
  chart.send(accepted(9));
  expect(chart.send(outdated)).toEqual([]);
  expect(chart.state()).toBe('replicate.owing');
});

it('[LR11] a message too large for the window keeps it shut until it is answered, however many others are', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  chart.send(sent(6));
  chart.send(sent(7, LIMITS.inflightBytesMax + 1));
  expect(chart.send(accepted(6))).toEqual([progressed(6)]);
  expect(chart.state()).toBe('replicate.awaiting.room');
  expect(chart.send(accepted(7))).toEqual([progressed(7), replicate(7, 9)]);
});

it('[LR12] a postponed probe still takes an answer that was under way', () => {
  const chart = start();
  chart.send({ type: 'entries.dropped' });
  expect(chart.send(accepted(5))).toEqual([progressed(5)]);
  expect(chart.state()).toBe('replicate.caughtUp');
});

it('[LR12] what was sent before a break is not counted after it', () => {
  const chart = caughtUp();
  chart.send({ type: 'log.grew', lastIndex: index(9), commitIndex: index(2) });
  chart.send({ type: 'link.closed' });
  expect(chart.send(sent(9))).toEqual([]);
  expect(chart.context()).toMatchObject({ nextIndex: 6, inflight: [], inflightBytes: 0 });
});

it('[LR4] a peer that claims more than the leader has ends the actor, and with it the node', () => {
  const chart = start();
  chart.send(accepted(6));
  expect(String(chart.error())).toContain('LR4: a peer holds no more than its leader sent');
});
