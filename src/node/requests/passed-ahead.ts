/**
 * Commands that members who have voted for this node passed on to it before it leads (LT7). They go into its first run,
 * together and whole, or back to those members. Bound: one run; and in time, the campaign.
 */
import type { Group } from './group.ts';

export class PassedAhead {
  #groups: readonly Group[] = [];
  #entries = 0;
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#groups.length === 0;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How many entries it holds with these, which have come whole; `null`: it holds as much as a run does already. */
  hold(group: Group, bytesMax: number): number | null {
    if (!this.isEmpty && this.#bytes + group.bytes > bytesMax) return null;
    this.#groups = [...this.#groups, group];
    this.#entries += group.entries.length;
    this.#bytes += group.bytes;
    return this.#entries;
  }

  /** All of them, in the order in which they came; none are left. */
  take(): readonly Group[] {
    const groups = this.#groups;
    this.#groups = [];
    this.#entries = 0;
    this.#bytes = 0;
    return groups;
  }
}
