/**
 * What a node may never do, whatever the others say and whenever it crashes (§3.2, §3.8): random commands
 * against one member behind the production ingress, with every promise checked at the moment it leaves.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Commit, Effect } from '../../src/core/effect.ts';
import type { HardState } from '../../src/core/hard-state.ts';
import type { Message } from '../../src/core/message.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { NodeId } from '../../src/core/types.ts';
import { isUpToDate } from '../../src/rules/election.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { LIMITS, N1, N2, N3, THREE } from './harness.ts';
import { type Envelope, Member } from './member.ts';
import { lastOf, type StoredEntry, TestDisk } from './test-disk.ts';
import { type Command, life, World } from './world.ts';

interface Before {
  readonly state: RaftState;
  readonly path: string;
  readonly entries: readonly StoredEntry[];
  readonly role: string;
}

/** One node, everyone else, and what was promised so far. */
class Trial {
  readonly clock = new VirtualClock();
  readonly world = new World();
  readonly disk = new TestDisk();
  node: Member;
  /** How often each role was reached: a harness that reaches none proves nothing. */
  readonly roles: string[] = [];
  /** Whom the node told that it votes for them, by term, in all its lives. */
  readonly #votes = new Map<number, NodeId>();
  /** Who granted in the present campaign. */
  #granted = new Set<NodeId>();
  /** What every `persist` so far has asked the disk to hold. */
  #asked: { hardState: HardState; entries: readonly StoredEntry[] };
  /** What is being answered. */
  #hand: Envelope | null = null;
  #draw = 0;

  constructor() {
    this.#asked = { hardState: this.disk.hardState, entries: [] };
    this.node = this.#start();
  }

  #start(): Member {
    return new Member({
      id: N1,
      configuration: THREE,
      clock: this.clock,
      disk: this.disk,
      limits: LIMITS,
      random: () => {
        this.#draw = (this.#draw + 0.37) % 1;
        return this.#draw;
      },
      out: (envelope) => this.#leaves(envelope),
      heard: (effect, member) => this.#hears(effect, member),
    });
  }

  perform(command: Command): void {
    const { node } = this;
    const before: Before = {
      state: node.state,
      path: node.path,
      entries: node.entries,
      role: node.role,
    };
    switch (command.kind) {
      case 'tick':
        this.clock.advance(command.ms);
        break;
      case 'disk':
        node.completeWrites(command.count);
        break;
      case 'crash':
        return this.#crash(command.kept);
      case 'propose':
        if (node.leads) node.propose(...Array<string>(command.count).fill('x'));
        break;
      case 'link':
        node.tell({ type: command.opened ? 'link.opened' : 'link.closed', peer: command.peer });
        break;
      case 'stall':
        node.tell({ type: 'disk.stalled' });
        break;
      case 'round':
        node.tell({ type: 'round.requested' });
        break;
      default:
        this.#receive(this.world.speak(command, node));
    }
    this.#check(before);
  }

  #crash(kept: number): void {
    const { term } = this.disk.hardState;
    this.node.stop();
    this.disk.crash(kept);
    expect(
      this.disk.hardState.term,
      'terms never fall, not by a crash either',
    ).toBeGreaterThanOrEqual(term);
    this.#asked = { hardState: this.disk.hardState, entries: this.disk.entries };
    this.#granted.clear();
    this.node = this.#start();
    expect(this.node.path).toBe('follower.leaderless');
    expect(this.node.state).toMatchObject({
      ...this.disk.hardState,
      leaderId: null,
      commitIndex: 0,
    });
  }

  #receive(envelope: Envelope | null): void {
    if (envelope === null) return;
    const { from, message } = envelope;
    const { term } = this.node.state;
    const isGrant = message.type === 'RequestVoteReply' && message.granted;
    if (isGrant && message.term === term) this.#granted.add(from);
    const { commitIndex } = this.node.state;
    this.#hand = envelope;
    this.node.receive(envelope);
    this.#hand = null;
    if (message.type !== 'AppendEntries' || this.node.leads) return;
    const proven = Math.max(commitIndex, Math.min(message.commitIndex, message.lastIndex));
    expect(this.node.state.commitIndex, 'CM3').toBeLessThanOrEqual(proven);
  }

  /** A reply names what it answers; it carries the request's term, or a newer one and a refusal. */
  #answersTruly(reply: Message): void {
    const request = this.#hand?.message;
    if (reply.type === 'RequestVoteReply') {
      expect(request?.type).toBe('RequestVote');
      if (reply.granted) expect(reply.term).toBe(request?.term);
      else expect(reply.term).toBeGreaterThanOrEqual(request?.term ?? 0);
    }
    if (reply.type === 'PreVoteReply') {
      expect(request).toMatchObject({ type: 'PreVote', round: reply.round });
      if (reply.granted) expect(reply.term).toBeLessThan(request?.term ?? 0);
    }
    if (reply.type === 'AppendEntriesReply') {
      expect(request).toMatchObject({ type: 'AppendEntries', prevLog: { index: reply.prevIndex } });
      expect(request).toMatchObject({ round: reply.round });
      if (reply.result.accepted) expect(reply.term).toBe(request?.term);
      else expect(reply.term).toBeGreaterThanOrEqual(request?.term ?? 0);
    }
  }

  #hears(effect: Effect, member: Member): void {
    if (effect.type === 'persist') {
      const { hardState, truncateFrom, append } = effect;
      if (truncateFrom !== null) {
        expect(truncateFrom, 'LR6').toBeGreaterThan(member.applied.length);
      }
      if (append !== null) expect(append.firstIndex).toBeLessThanOrEqual(member.entries.length + 1);
      if (hardState !== null) this.#asked = { ...this.#asked, hardState };
    }
    if (effect.type === 'send') {
      this.#isWrittenBefore(effect.message, member);
      this.#answersTruly(effect.message);
    }
    if (effect.type === 'roleChanged' && effect.role !== 'candidate') {
      if (effect.role === 'leader') this.#hasWon(member);
      this.#granted.clear();
    }
    if (effect.type === 'commit') this.#mayCommit(effect, member);
    if (effect.type === 'roleChanged') this.roles.push(effect.role);
  }

  /** CM1, PS4: a leader commits entries of its own term that a quorum of disks holds. */
  #mayCommit({ commitIndex, term }: Commit, member: Member): void {
    expect(commitIndex, 'CM2').toBeGreaterThan(member.applied.length);
    if (!member.leads) return;
    const held = [this.disk.entries.length, ...Object.values(member.state.matchIndex)];
    expect(held.filter((through) => through >= commitIndex).length, 'PS4').toBeGreaterThanOrEqual(
      2,
    );
    expect(member.entries[commitIndex - 1]?.term, 'CM1').toBe(term);
  }

  /** EL5, PS2: by way of candidacy, with a quorum of grants of this term, the own vote on disk. */
  #hasWon(member: Member): void {
    expect(this.roles.at(-1), 'a leader was a candidate').toBe('candidate');
    expect(this.disk.hardState).toEqual({ term: member.state.term, votedFor: N1 });
    expect(this.#granted.size, 'at least one other of three').toBeGreaterThanOrEqual(1);
  }

  /** PS1: in the list of effects the write comes first. */
  #isWrittenBefore(message: Message, member: Member): void {
    const { hardState } = this.#asked;
    if (message.type === 'PreVote') expect(message.term).toBe(hardState.term + 1);
    else expect(message.term).toBeLessThanOrEqual(hardState.term);
    if (message.type === 'RequestVote') {
      expect(hardState).toEqual({ term: message.term, votedFor: member.id });
    }
  }

  /** S12: at the moment a message leaves, the disk holds what it promises. */
  #leaves(envelope: Envelope): boolean {
    const { to, message } = envelope;
    const { hardState, entries } = this.disk;
    this.world.asked.push(envelope);
    if (message.type === 'PreVote') {
      expect(message.term, 'a term is on disk before it is asked beyond').toBeLessThanOrEqual(
        hardState.term + 1,
      );
      return true;
    }
    if (message.type === 'AppendEntries') {
      expect(hardState).toEqual({ term: message.term, votedFor: N1 });
      return true;
    }
    expect(message.term, 'a term is on disk before it is spoken of').toBeLessThanOrEqual(
      hardState.term,
    );
    if (message.type === 'RequestVote') {
      this.#promiseVote(message.term, N1);
      expect(
        isUpToDate(lastOf(entries), message.lastLog),
        'no entry is claimed that the disk lacks',
      ).toBe(true);
    }
    if (message.type === 'RequestVoteReply' && message.granted) this.#promiseVote(message.term, to);
    if (
      message.type === 'AppendEntriesReply' &&
      message.result.accepted &&
      message.term === this.node.state.term
    ) {
      expect(entries.length).toBeGreaterThanOrEqual(message.result.matchIndex);
      const { matchIndex } = message.result;
      expect(entries.slice(0, matchIndex)).toEqual(this.node.entries.slice(0, matchIndex));
    }
    return true;
  }

  /** EL3: one vote per term, in all lives, and on disk if that term is still the present one. */
  #promiseVote(of: number, name: NodeId): void {
    expect(this.#votes.get(of) ?? name, `the vote of term ${of}`).toBe(name);
    this.#votes.set(of, name);
    const { hardState } = this.disk;
    if (hardState.term === of) expect(hardState.votedFor).toBe(name);
    else expect(hardState.term).toBeGreaterThan(of);
  }

  #check(before: Before): void {
    const { node, world } = this;
    const { state } = node;
    expect(node.error, 'nothing broke').toBeNull();
    expect(state.term, 'EL2').toBeGreaterThanOrEqual(before.state.term);
    if (state.term === before.state.term && before.state.votedFor !== null) {
      expect(state.votedFor, 'EL3').toBe(before.state.votedFor);
    }
    expect(state.commitIndex, 'CM2').toBeGreaterThanOrEqual(before.state.commitIndex);
    expect(state.commitIndex, 'CM2').toBeLessThanOrEqual(state.log.lastIndex);
    expect(state.durableIndex, 'PS5').toBeLessThanOrEqual(state.log.lastIndex);
    expect(state.log.lastIndex).toBe(node.entries.length);
    if (before.path.startsWith('leader') && node.leads && state.term === before.state.term) {
      this.#leadsOn(before);
    }
    const agreed = Math.min(node.applied.length, world.committed.length);
    expect(node.applied.slice(0, agreed).map((entry) => entry.term)).toEqual(
      world.committed.slice(0, agreed),
    );
    world.notice(node);
  }

  #leadsOn(before: Before): void {
    const { state, entries } = this.node;
    expect(entries.slice(0, before.entries.length), 'LR14').toEqual(before.entries);
    for (const peer of [N2, N3]) {
      const match = state.matchIndex[peer] ?? 0;
      expect(match, 'LR4').toBeGreaterThanOrEqual(before.state.matchIndex[peer] ?? 0);
      const progress = this.node.replication(peer);
      expect(progress?.nextIndex, 'LR4').toBeGreaterThan(progress?.matchIndex ?? 0);
      expect(progress?.inflight.length, 'LR11').toBeLessThanOrEqual(LIMITS.inflightMessagesMax);
    }
  }
}

const RUNS = 10_000;
/** Seed 1818897975: what a candidate boasts of is overwritten in its own term, before it is on disk. */
const OVERWRITTEN_CANDIDATE: readonly Command[] = [
  { kind: 'vote', from: N2, newer: 1, log: 0 },
  { kind: 'entries', from: N2, newer: 2, branch: 13648677, grow: 0, prev: 1, count: 1, commit: 0 },
  { kind: 'disk', count: 1 },
  { kind: 'tick', ms: 332 },
  { kind: 'preVoteReply', from: N2, newer: 0, granted: true, rounds: 0 },
  { kind: 'entries', from: N2, newer: 0, branch: 202272608, grow: 0, prev: 1, count: 1, commit: 0 },
  { kind: 'disk', count: 2 },
  { kind: 'disk', count: 3 },
];

it('[EL3] [PS1] no node breaks a promise, whatever correct members say to it and whenever it crashes', () => {
  const lives = { led: 0, committedAsLeader: 0, committed: 0 };
  fc.assert(
    fc.property(life, (commands) => {
      const trial = new Trial();
      for (const each of commands) trial.perform(each);
      trial.node.stop();
      if (trial.roles.includes('leader')) lives.led += 1;
      if (trial.node.leads && trial.node.applied.length > 0) lives.committedAsLeader += 1;
      if (trial.node.applied.length > 0) lives.committed += 1;
    }),
    { numRuns: RUNS, examples: [[OVERWRITTEN_CANDIDATE]] },
  );
  expect(lives.led, 'lives with a leadership').toBeGreaterThan(RUNS / 50);
  expect(lives.committed, 'lives that committed').toBeGreaterThan(RUNS / 10);
  expect(lives.committedAsLeader, 'leaders that committed').toBeGreaterThan(0);
});
