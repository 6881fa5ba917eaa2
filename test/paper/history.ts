/**
 * What must hold at every moment in every cluster (the five properties of §3.2, Figure 3.2, and what follows
 * from §3.8): checked after every step, against everything that was ever true before.
 */
import { expect } from 'vitest';
import type { Effect } from '../../src/core/effect.ts';
import type { NodeId, Term } from '../../src/core/types.ts';
import type { Member } from '../machines/member.ts';
import type { StoredEntry } from '../machines/test-disk.ts';

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
  /** Whom each node's disk said it voted for, by term. */
  readonly #votes = new Map<string, NodeId>();
  readonly #seen = new Map<NodeId, Seen>();

  /** To be called with each effect: a leadership of no duration counts as well. */
  heard(effect: Effect, member: Member): void {
    if (effect.type !== 'roleChanged' || effect.role !== 'leader') return;
    const first = this.leaders.get(effect.term);
    expect(first ?? member.id, `one leader in term ${effect.term}`).toBe(member.id);
    this.leaders.set(effect.term, member.id);
    this.#leaderIsComplete(member);
  }

  /** To be called after every step, with the members that are up. */
  check(members: readonly Member[]): void {
    for (const member of members) {
      expect(member.error, `${member.id} lives`).toBeNull();
      this.#oneVotePerTerm(member);
      this.#neverGoesBack(member);
      this.#appliesTheSame(member);
    }
    for (const left of members) for (const right of members) logsMatch(left, right);
  }

  /** A crash may take back what was not on disk. */
  forget(id: NodeId): void {
    this.#seen.delete(id);
  }

  #leaderIsComplete(member: Member): void {
    expect(member.entries.slice(0, this.committed.length), 'a leader holds all that was committed')
      .toEqual(this.committed);
  }

  #oneVotePerTerm({ id, disk }: Member): void {
    const { term, votedFor } = disk.hardState;
    if (votedFor === null) return;
    const key = `${id} in ${term}`;
    expect(this.#votes.get(key) ?? votedFor, `the vote of ${key}`).toBe(votedFor);
    this.#votes.set(key, votedFor);
  }

  #neverGoesBack(member: Member): void {
    const { id, entries, leads, state } = member;
    const before = this.#seen.get(id);
    const { commitIndex, durableIndex, log, term } = state;
    expect(log.lastIndex).toBe(entries.length);
    expect(commitIndex).toBe(member.applied.length);
    expect(commitIndex).toBeLessThanOrEqual(log.lastIndex);
    expect(durableIndex).toBeLessThanOrEqual(log.lastIndex);
    if (before !== undefined) {
      expect(term, 'terms never fall').toBeGreaterThanOrEqual(before.term);
      if (before.leads && leads && before.term === term && before.entries !== entries) {
        expect(entries.slice(0, before.entries.length), 'a leader only appends').toEqual(before.entries);
      }
    }
    this.#seen.set(id, { term, leads, entries });
  }

  #appliesTheSame({ id, applied }: Member): void {
    const known = Math.min(applied.length, this.committed.length);
    for (let at = 0; at < known; at += 1) {
      if (applied[at] === this.committed[at]) continue;
      expect(applied[at], `${id} applied at ${at + 1}`).toEqual(this.committed[at]);
    }
    this.committed.push(...applied.slice(this.committed.length));
  }
}

/** Log matching: from the last index where both logs have the same term, both are equal all the way down. */
function logsMatch(left: Member, right: Member): void {
  if (left === right || left.entries === right.entries) return;
  let at = Math.min(left.entries.length, right.entries.length);
  while (at > 0 && left.entries[at - 1]?.term !== right.entries[at - 1]?.term) at -= 1;
  for (; at > 0; at -= 1) {
    const [one, other] = [left.entries[at - 1], right.entries[at - 1]];
    if (one === other) continue;
    expect(one, `entry ${at} of ${left.id} and ${right.id}`).toEqual(other);
  }
}
