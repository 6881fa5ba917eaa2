/**
 * What a node may never do, whatever the others say and whenever it crashes (§3.2, §3.8): random commands
 * against one production node among members that are made up, with every promise checked at the moment it leaves.
 */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Message } from '../../src/core/message.ts';
import { termAt } from '../../src/core/term-runs.ts';
import type { Index, NodeId } from '../../src/core/types.ts';
import type { Member } from '../../src/testing/mini-cluster/member.ts';
import type { MiniCluster, Said } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { raftMember } from '../../src/testing/mini-cluster/raft-members.ts';
import { N1, N2, N3 } from './harness.ts';
import { type Command, life, termsIn, World } from './world.ts';

const STALL_MS = 300;

/** One node, everyone else, and what was promised so far. */
class Trial {
  readonly cluster: MiniCluster;
  readonly world = new World();
  /** How often each role was reached: a harness that reaches none proves nothing. */
  readonly roles: string[] = [];
  /** Who granted in the present campaign. */
  #granted = new Set<NodeId>();

  private constructor(cluster: MiniCluster) {
    this.cluster = cluster;
    cluster.heard = (effect, member) => {
      if (effect === 'roleChanged') this.#hasChanged(member);
      if (effect === 'commit' && member.leads) this.#mayCommit(member);
    };
    cluster.lose = (said) => {
      this.#leaves(said);
      return true;
    };
  }

  static async begin(): Promise<Trial> {
    const { cluster } = await raftMember([N2, N3], { diskStallMs: STALL_MS });
    return new Trial(cluster);
  }

  get node(): Member {
    return this.cluster.member(N1);
  }

  async perform(command: Command): Promise<void> {
    const { cluster, node } = this;
    switch (command.kind) {
      case 'tick':
        cluster.clock.advance(command.ms);
        break;
      case 'disk':
        for (let count = 0; count < command.count; count += 1) node.completeWrite();
        break;
      case 'crash':
        return this.#crash(command);
      case 'propose':
        if (node.leads) node.propose(...Array<string>(command.count).fill('x'));
        break;
      case 'link':
        if (command.opened) await cluster.connect(N1, command.peer);
        else await cluster.disconnect(N1, command.peer);
        break;
      case 'read':
        node.read(() => {});
        break;
      default:
        await this.#receive(this.world.speak(command, node));
    }
    await cluster.rest();
    this.#check();
  }

  async #crash({ isWritten }: { readonly isWritten: boolean }): Promise<void> {
    const { disk, state } = this.node;
    await this.cluster.crash(N1, { isWritten });
    this.#granted.clear();
    const node = await this.cluster.start(N1);
    expect(node.path).toBe('follower.leaderless');
    expect(node.state).toMatchObject({ ...disk.hardState, leaderId: null });
    expect(node.state.commitIndex, 'CM5').toBeLessThanOrEqual(state.commitIndex);
    expect(termsIn(node.state.log)).toEqual(disk.entries.map((entry) => entry.term));
  }

  async #receive(said: Said | null): Promise<void> {
    if (said === null) return;
    const { from, message } = said;
    const { commitIndex, term } = this.node.state;
    const isGrant = message.type === 'RequestVoteReply' && message.granted;
    if (isGrant && message.term === term) this.#granted.add(from);
    await this.cluster.bring(said);
    if (message.type !== 'AppendEntries' || this.node.leads) return;
    const proven = Math.max(commitIndex, Math.min(message.commitIndex, message.lastIndex));
    expect(this.node.state.commitIndex, 'CM3').toBeLessThanOrEqual(proven);
  }

  #hasChanged(member: Member): void {
    const [role = ''] = member.path.split('.');
    if (role === 'leader' && this.roles.at(-1) !== 'leader') this.#hasWon(member);
    if (role !== 'candidate') this.#granted.clear();
    this.roles.push(role);
  }

  /** CM1, PS4: a leader commits entries of its own term that a quorum of disks holds. */
  #mayCommit({ disk, state }: Member): void {
    const { commitIndex, log, matchIndex, term } = state;
    const held = [disk.entries.length, ...Object.values(matchIndex)];
    expect(held.filter((through) => through >= commitIndex).length, 'PS4').toBeGreaterThanOrEqual(
      2,
    );
    expect(termAt(log, commitIndex), 'CM1').toBe(term);
  }

  /** EL5, PS2: by way of candidacy, with a quorum of grants of this term, the own vote on disk. */
  #hasWon({ disk, state }: Member): void {
    expect(this.roles.at(-1), 'a leader was a candidate').toBe('candidate');
    expect(disk.hardState).toEqual({ term: state.term, votedFor: N1 });
    expect(this.#granted.size, 'at least one other of three').toBeGreaterThanOrEqual(1);
  }

  /** S12: at the moment a message leaves, the disk holds what it promises; the simulator's checkers look as well. */
  #leaves(said: Said): void {
    const { to, message } = said;
    const { disk, state } = this.node;
    const { hardState, entries } = disk;
    this.world.asked.push(said);
    this.#answersTruly(to, message);
    const spokenOf = message.type === 'PreVote' ? message.term - 1 : message.term;
    expect(spokenOf, 'a term is on disk before it is spoken of').toBeLessThanOrEqual(
      hardState.term,
    );
    if (message.type === 'AppendEntries') {
      expect(hardState).toEqual({ term: message.term, votedFor: N1 });
    }
    const isOwnTerm = message.term === state.term;
    if (message.type === 'AppendEntriesReply' && message.result.accepted && isOwnTerm) {
      const { matchIndex } = message.result;
      expect(entries.length).toBeGreaterThanOrEqual(matchIndex);
      const held = entries.slice(0, matchIndex).map((entry) => entry.term);
      expect(held).toEqual(termsIn(state.log).slice(0, matchIndex));
    }
  }

  /** A reply names what it answers; it carries the request's term, or a newer one and a refusal. */
  #answersTruly(to: NodeId, reply: Message): void {
    const asked = this.world.said.filter(({ from }) => from === to).map(({ message }) => message);
    const answers = (isRequest: (message: Message) => boolean): void =>
      expect(asked.some(isRequest), `${JSON.stringify(reply)} answers something`).toBe(true);
    const fits = (request: Message, isGranted: boolean): boolean =>
      isGranted ? reply.term === request.term : reply.term >= request.term;
    if (reply.type === 'RequestVoteReply') {
      answers((request) => request.type === 'RequestVote' && fits(request, reply.granted));
    }
    if (reply.type === 'PreVoteReply') {
      answers((request) => {
        const isIt = request.type === 'PreVote' && request.round === reply.round;
        return isIt && (!reply.granted || reply.term < request.term);
      });
    }
    if (reply.type === 'AppendEntriesReply') {
      answers((request) => {
        const isIt = request.type === 'AppendEntries' && request.prevLog.index === reply.prevIndex;
        return isIt && fits(request, reply.result.accepted);
      });
    }
  }

  /** What the simulator's invariants say of a step (S10, S11, S15, S20) was checked before this. */
  #check(): void {
    const { node, world } = this;
    const { state } = node;
    for (let at = 1; at <= Math.min(node.lastApplied, world.committed.length); at += 1) {
      expect(termAt(state.log, at as Index), 'CM2').toBe(world.committed[at - 1]);
    }
    world.notice(node);
  }
}

const RUNS = 1_000;
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
/** Seed 1389212145: one that led before, and leads again, begins with nothing known of its peers. */
const LEADER_AGAIN: readonly Command[] = [
  { kind: 'tick', ms: 600 },
  { kind: 'preVoteReply', from: N2, newer: 0, granted: true, rounds: 0 },
  { kind: 'disk', count: 1 },
  { kind: 'voteReply', from: N2, newer: 0, granted: true },
  { kind: 'tick', ms: 1 },
  { kind: 'answer', which: 0, accepted: true, held: 0 },
  { kind: 'tick', ms: 600 },
  { kind: 'tick', ms: 600 },
  { kind: 'tick', ms: 600 },
  { kind: 'preVoteReply', from: N2, newer: 0, granted: true, rounds: 0 },
  { kind: 'disk', count: 2 },
  { kind: 'voteReply', from: N2, newer: 0, granted: true },
];
/** Seed 1193811656: a leader hears in one message of another, and of what that one has committed. */
const LEADER_OVERTAKEN: readonly Command[] = [
  { kind: 'tick', ms: 600 },
  { kind: 'preVoteReply', from: N2, newer: 0, granted: true, rounds: 0 },
  { kind: 'disk', count: 1 },
  { kind: 'voteReply', from: N2, newer: 0, granted: true },
  { kind: 'entries', from: N2, newer: 1, branch: 0, grow: 1, prev: 1, count: 1, commit: 2 },
  { kind: 'disk', count: 2 },
];
/** Seed -954993340: who has voted for its leader is asked for that vote again, late, as it doubts whether that one still leads. */
const ASKED_AGAIN: readonly Command[] = [
  { kind: 'entries', from: N2, newer: 1, branch: 0, grow: 0, prev: 0, count: 0, commit: 0 },
  { kind: 'tick', ms: 300 },
  { kind: 'vote', from: N2, newer: 0, log: 0 },
  { kind: 'entries', from: N2, newer: 0, branch: 0, grow: 0, prev: 0, count: 0, commit: 0 },
  { kind: 'tick', ms: 300 },
  { kind: 'repeat', which: 1 },
];

it('[EL3] [PS1] no node breaks a promise, whatever correct members say to it and whenever it crashes', {
  timeout: 300_000,
}, async () => {
  const lives = { led: 0, committedAsLeader: 0, committed: 0 };
  await fc.assert(
    fc.asyncProperty(life, async (commands) => {
      const trial = await Trial.begin();
      for (const each of commands) await trial.perform(each);
      if (trial.roles.includes('leader')) lives.led += 1;
      if (trial.node.leads && trial.node.lastApplied > 0) lives.committedAsLeader += 1;
      if (trial.node.lastApplied > 0) lives.committed += 1;
    }),
    {
      numRuns: RUNS,
      examples: [[OVERWRITTEN_CANDIDATE], [LEADER_AGAIN], [LEADER_OVERTAKEN], [ASKED_AGAIN]],
    },
  );
  expect(lives.led, 'lives with a leadership').toBeGreaterThan(RUNS / 50);
  expect(lives.committed, 'lives that committed').toBeGreaterThan(RUNS / 20);
  expect(lives.committedAsLeader, 'leaders that committed').toBeGreaterThan(0);
});
