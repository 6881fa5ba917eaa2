/** Commands that nobody has appended yet: safe to refuse. Bound: whoever adds to it looks at its bytes (`proposalBytesMax`). */
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

  /** As many groups from its head as fit, and at least one. */
  take(bytesMax: number): readonly Group[] {
    let count = 0;
    let bytes = 0;
    for (const group of this.#groups) {
      if (count > 0 && bytes + group.bytes > bytesMax) break;
      bytes += group.bytes;
      count += 1;
    }
    this.#bytes -= bytes;
    const taken = this.#groups;
    this.#groups = taken.slice(count);
    return count === taken.length ? taken : taken.slice(0, count);
  }

  /** What was taken in vain, to its head. */
  putBack(groups: readonly Group[]): void {
    this.#groups = [...groups, ...this.#groups];
    for (const group of groups) this.#bytes += group.bytes;
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
