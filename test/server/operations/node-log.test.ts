/** What of a node's life is a line of the log, and at which level. */
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { nodeId } from '../../../src/core/types.ts';
import { LEADERLESS_INTERVAL_MAX_MS } from '../../../src/server/limits.ts';
import { LEADERLESS_FIRST_MS, logNode } from '../../../src/server/operations/node-log.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { LocalReplica } from '../local-replica.ts';
import { localApi } from '../local-server.ts';

type Line = Readonly<Record<string, unknown>>;

function logged(replica: LocalReplica): { lines: Line[]; clock: VirtualClock; stop: () => void } {
  const lines: Line[] = [];
  const clock = new VirtualClock();
  const log = (level: string, event: string, fields: object = {}): void => {
    lines.push({ level, event, ...fields });
  };
  return { lines, clock, stop: logNode(replica, log, clock) };
}

describe('the log of a node', () => {
  it('[OP5] a halt is an error, a change of role is news, a refusal is a warning', () => {
    const replica = new LocalReplica();
    const { lines } = logged(replica);
    replica.follow('n2');
    const trouble = { peer: 'n9', problem: 'refuses', reason: 'why' } as const;
    for (const listener of replica.peerListeners) listener({ ...trouble, isOver: false });
    for (const listener of replica.peerListeners) listener({ ...trouble, isOver: true });
    for (const listener of replica.diskListeners) listener({ isStalled: true, forMs: 2_000 });
    for (const listener of replica.diskListeners) listener({ isStalled: false, forMs: 2_500 });
    replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'EIO'));
    replica.follow(null);
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'info role',
      'info role',
      'warn peer',
      'info peer',
      'warn disk',
      'info disk',
      'error role',
    ]);
    expect(lines[2]).toEqual({ level: 'warn', event: 'peer', ...trouble, isOver: false });
  });

  it('[OP6] a node without a leader says why, at growing intervals, until it has one', () => {
    const replica = new LocalReplica();
    const { lines, clock } = logged(replica);
    const reasons = () => lines.filter(({ event }) => event === 'leaderless');
    clock.advance(100_000);
    expect(reasons()).toEqual([]);
    replica.link = { ...replica.link, state: 'refused', problem: 'refuses', reason: 'wiped' };
    replica.follow(null);
    replica.follow(null);
    clock.advance(LEADERLESS_FIRST_MS - 1);
    expect(reasons()).toEqual([]);
    clock.advance(1);
    const reason = 'no leader is known (this node is follower); n9 refuses this node: wiped';
    expect(reasons()).toEqual([{ level: 'warn', event: 'leaderless', forSeconds: 10, reason }]);
    clock.advance(8 * LEADERLESS_FIRST_MS);
    expect(reasons().map(({ forSeconds }) => forSeconds)).toEqual([10, 30, 70]);
    const before = reasons().length;
    clock.advance(10 * LEADERLESS_INTERVAL_MAX_MS);
    expect(reasons().length - before).toBeLessThan(15);
    replica.follow('n9');
    const after = reasons().length;
    clock.advance(10 * LEADERLESS_INTERVAL_MAX_MS);
    expect(reasons()).toHaveLength(after);
    expect(clock.pendingCount).toBe(0);
  });

  it('[OP3] of who is refused it says whether that is a member', () => {
    const replica = new LocalReplica();
    const { lines } = logged(replica);
    const refused = (peer: string | null): void => {
      const event = { peer, problem: 'refused', reason: 'why', isOver: false } as const;
      for (const listener of replica.peerListeners) listener(event);
    };
    for (const peer of ['n1', 'n9', null]) refused(peer);
    const told = lines.filter(({ event }) => event === 'peer');
    expect(told.map(({ isStranger }) => isStranger)).toEqual([undefined, true, true]);
  });

  it('[OP6] after 30 s it says of whom it has heard nothing what may be wrong, and what to ask', () => {
    const replica = new LocalReplica();
    const { lines, clock } = logged(replica);
    replica.link = { ...replica.link, state: 'closed', reason: null };
    replica.follow(null);
    const messages = () =>
      lines.flatMap((line) => (line.event === 'leaderless' ? [line.message] : []));
    clock.advance(29_000);
    expect(messages()).toEqual([undefined]);
    clock.advance(1_000);
    expect(messages()[1]).toMatch(
      /^n9: no call since .*removed.*--peers.*cluster.*raftchart members/,
    );
    replica.link = { ...replica.link, reason: 'ECONNREFUSED' };
    clock.advance(40_000);
    expect(messages()[2]).toBe(undefined);
  });

  it('[OP6] it says nothing more once it has stopped or halted', () => {
    for (const end of ['stop', 'halt'] as const) {
      const replica = new LocalReplica();
      const { lines, clock, stop } = logged(replica);
      replica.follow(null);
      if (end === 'stop') stop();
      else replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'EIO'));
      if (end === 'halt') replica.follow(null);
      clock.advance(LEADERLESS_INTERVAL_MAX_MS);
      expect(lines.filter(({ event }) => event === 'leaderless')).toEqual([]);
      expect(clock.pendingCount).toBe(0);
    }
  });
});

it('[OP6] /readyz says what keeps it from each of the others, /livez that it lives', async () => {
  const local = localApi();
  local.replica.mood = 'leaderless';
  const { link } = local.replica;
  for (const [change, said] of [
    [{}, 'n9 is connected'],
    [{ state: 'backingOff', reason: 'ECONNREFUSED' }, 'n9 cannot be reached: ECONNREFUSED'],
    [{ state: 'closed' }, 'n9 cannot be reached: it has not called yet'],
    [{ state: 'refused', problem: 'refused', reason: 'a copy' }, 'this node refuses n9: a copy'],
    [{ state: 'refused', problem: 'refuses', reason: 'a copy' }, 'n9 refuses this node: a copy'],
  ] as const) {
    local.replica.link = { ...link, ...change };
    const reason = `no leader is known (this node is leader); ${said}`;
    expect(await (await local.send('/readyz')).json()).toEqual({ ready: false, reason });
  }
  expect((await local.send('/livez')).status).toBe(200);
  const { links } = await (await local.send('/status')).json();
  expect(links).toEqual([{ ...local.replica.link, peer: nodeId('n9') }]);
});
