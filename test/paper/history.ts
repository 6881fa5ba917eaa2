/**
 * What must hold at every moment in every cluster (the five properties of §3.2, Figure 3.2, and what follows
 * from §3.8): checked after every step, against everything that was ever true before.
 */
import { expect } from 'vitest';
import type { Commit, Effect } from '../../src/core/effect.ts';
import type { NodeId, Term } from '../../src/core/types.ts';
import type { Member } from '../machines/member.ts';
import type { StoredEntry, TestDisk } from '../machines/test-disk.ts';

interface Seen {
  readonly term: Term;
  readonly leads: boolean;
  readonly entries: readonly StoredEntry[];
}

export class History {
  /** The first leader of each term: a second one is a violation even after the first has gone. */
  readonly leaders = new Map<Term, NodeId>();
  /** Every entry that any member has applied, by index − 1. */
  readonly committed: StoredEntry[] = [];
  /** The term in which each of them was committed: only leaders of later terms have to hold it (§3.6). */
  readonly #committedIn: Term[] = [];
  /** Whom each node's disk said it voted for, by term. */
  readonly #votes = new Map<string, NodeId>();
  readonly #seen = new Map<NodeId, Seen>();
  /** How much of what each member applied was compared already. */
  readonly #appliedThrough = new Map<NodeId, number>();
  /** The logs of each pair that were compared last. */
  readonly #compared = new Map<string, readonly [readonly StoredEntry[], readonly StoredEntry[]]>();

  /** To be called with each effect, with all disks: a leadership of no duration counts as well. */
  heard(effect: Effect, member: Member, disks: readonly TestDisk[]): void {
    if (effect.type === 'commit' && member.leads) this.#isOnQuorum(effect, member, disks);
    if (effect.type !== 'roleChanged' || effect.role !== 'leader') return;
    const first = this.leaders.get(effect.term);
    expect(first ?? member.id, `one leader in term ${effect.term}`).toBe(member.id);
    this.leaders.set(effect.term, member.id);
    this.#leaderIsComplete(member);
  }

  /** To be called after every step, with the members that are up. */
  check(members: readonly Member[]): void {
    for (const member of members) {
      holds(member.error === null, () => `${member.id} broke: ${member.error}`);
      this.#oneVotePerTerm(member);
      this.#neverGoesBack(member);
      this.#appliesTheSame(member);
    }
    members.forEach((left, at) => {
      for (const right of members.slice(at + 1)) this.#logsMatch(left, right);
    });
  }

  /** A crash may take back what was not on disk. */
  forget(id: NodeId): void {
    this.#seen.delete(id);
    this.#appliedThrough.delete(id);
  }

  #leaderIsComplete(member: Member): void {
    const { term } = member.state;
    const bound = this.#committedIn.filter((inTerm) => inTerm < term).length;
    expect(member.entries.slice(0, bound), 'a leader holds all that was committed before').toEqual(
      this.committed.slice(0, bound),
    );
  }

  /** What a leader commits is of its own term, and on the disks of a majority at that very moment. */
  #isOnQuorum(
    { commitIndex, term }: Commit,
    { entries, id }: Member,
    disks: readonly TestDisk[],
  ): void {
    const entry = entries[commitIndex - 1];
    const held = disks.filter((disk) => isSame(disk.entries[commitIndex - 1], entry));
    holds(entry?.term === term, () => `${id} committed ${commitIndex} of term ${entry?.term}`);
    holds(held.length * 2 > disks.length, () => `${id} committed ${commitIndex} on ${held.length}`);
  }

  #oneVotePerTerm({ id, disk }: Member): void {
    const { term, votedFor } = disk.hardState;
    if (votedFor === null) return;
    const key = `${id} in ${term}`;
    const vote = this.#votes.get(key) ?? votedFor;
    holds(vote === votedFor, () => `${key} voted for ${vote}, then for ${votedFor}`);
    this.#votes.set(key, votedFor);
  }

  #neverGoesBack(member: Member): void {
    const { applied, id, entries, leads, state } = member;
    const before = this.#seen.get(id);
    const { commitIndex, durableIndex, log, term } = state;
    holds(log.lastIndex === entries.length, () => `the chart and the log of ${id} agree`);
    holds(commitIndex === applied.length, () => `${id} applies what is committed`);
    holds(commitIndex <= log.lastIndex, () => `${id} holds what is committed`);
    holds(durableIndex <= log.lastIndex, () => `${id} holds what is durable`);
    if (before !== undefined) {
      holds(term >= before.term, () => `the term of ${id} fell from ${before.term} to ${term}`);
      if (before.leads && leads && before.term === term && before.entries !== entries) {
        expect(entries.slice(0, before.entries.length), 'a leader only appends').toEqual(
          before.entries,
        );
      }
    }
    this.#seen.set(id, { term, leads, entries });
  }

  #appliesTheSame({ id, applied, state }: Member): void {
    for (let at = this.#appliedThrough.get(id) ?? 0; at < applied.length; at += 1) {
      const entry = applied[at] as StoredEntry;
      const known = this.committed[at] ?? entry;
      holds(
        isSame(entry, known),
        () => `${id} applied ${show(entry)} at ${at + 1}, not ${show(known)}`,
      );
      this.committed[at] = known;
      this.#committedIn[at] ??= state.term;
    }
    this.#appliedThrough.set(id, applied.length);
  }

  /** Log matching: from the last index where both logs have the same term, both are equal all the way down. */
  #logsMatch(left: Member, right: Member): void {
    const key = `${left.id} ${right.id}`;
    const [one, other] = this.#compared.get(key) ?? [];
    if (one === left.entries && other === right.entries) return;
    this.#compared.set(key, [left.entries, right.entries]);
    let at = Math.min(left.entries.length, right.entries.length);
    while (at > 0 && left.entries[at - 1]?.term !== right.entries[at - 1]?.term) at -= 1;
    for (; at > 0; at -= 1) {
      const isEqual = isSame(left.entries[at - 1], right.entries[at - 1]);
      holds(isEqual, () => `${left.id} and ${right.id} differ at ${at}`);
    }
  }
}

function holds(fact: boolean, otherwise: () => string): void {
  if (!fact) throw new Error(otherwise());
}

function show({ term, data }: StoredEntry): string {
  return `"${data}" of term ${term}`;
}

/** Faster than `toEqual`, and asked a million times. */
function isSame(one: StoredEntry | undefined, other: StoredEntry | undefined): boolean {
  return one === other || (one?.term === other?.term && one?.data === other?.data);
}
