/** Commands that nobody has appended yet: safe to refuse. Bound: whoever adds to it looks at its bytes (`proposalBytesMax`). */
import { assert } from '../../core/assert.ts';
import type { RaftError } from '../../core/errors.ts';
import type { Group } from './group.ts';

export class ProposalQueue {
  #groups: Group[] = [];
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(group: Group): void {
    this.#groups.push(group);
    this.#bytes += group.bytes;
  }

  /** How many entries those groups at its head hold that fit together: at least the first of them. */
  countWithin(bytesMax: number): number {
    return this.countsWithin(bytesMax, 1)[0] ?? 0;
  }

  /** The same of each of the next parts, one behind the other. */
  countsWithin(bytesMax: number, partsMax: number): readonly number[] {
    const counts: number[] = [];
    let bytes = 0;
    for (const group of this.#groups) {
      bytes += group.bytes;
      if (counts.length === 0 || bytes > bytesMax) {
        if (counts.length === partsMax) break;
        counts.push(0);
        bytes = group.bytes;
      }
      counts[counts.length - 1] = (counts.at(-1) ?? 0) + group.entries.length;
    }
    return counts;
  }

  /** The groups at its head that hold so many entries; they stay until they are dropped. */
  head(count: number): readonly Group[] {
    let left = count;
    let groups = 0;
    for (; left > 0; groups += 1) left -= this.#groups[groups]?.entries.length ?? count;
    assert(left === 0, 'LR9: whole groups that wait go into a run');
    return this.#groups.slice(0, groups);
  }

  /** Those at its head have left it. */
  drop(groups: readonly Group[]): void {
    this.#groups = this.#groups.slice(groups.length);
    for (const { bytes } of groups) this.#bytes -= bytes;
  }

  /** These are appended nowhere. */
  remove(groups: ReadonlySet<Group>): void {
    this.#groups = this.#groups.filter((group) => !groups.has(group));
    for (const { bytes } of groups) this.#bytes -= bytes;
  }

  /** What was taken in vain, to its head. */
  putBack(groups: readonly Group[]): void {
    this.#groups = [...groups, ...this.#groups];
    for (const group of groups) this.#bytes += group.bytes;
  }

  /** Takes out what other members have passed on. */
  takeForeign(): readonly Group[] {
    const foreign = this.#groups.filter(({ isLocal }) => !isLocal);
    this.#groups = this.#groups.filter(({ isLocal }) => isLocal);
    for (const { bytes } of foreign) this.#bytes -= bytes;
    return foreign;
  }

  /** Ends what is overdue. */
  expire(now: number, error: () => RaftError): void {
    if (this.#groups.every(({ deadline }) => deadline > now)) return;
    const overdue = this.#groups.filter(({ deadline }) => deadline <= now);
    this.#groups = this.#groups.filter(({ deadline }) => deadline > now);
    for (const group of overdue) {
      this.#bytes -= group.bytes;
      group.refused(error());
    }
  }

  failAll(error: RaftError): void {
    const groups = this.#groups;
    this.#groups = [];
    this.#bytes = 0;
    for (const group of groups) group.refused(error);
  }
}
