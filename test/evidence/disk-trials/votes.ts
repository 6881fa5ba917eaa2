/** Terms and votes as they were seen on the disks of one cluster, and whether they contradict each other (ST4). */

interface SeenHardState {
  readonly term: number;
  readonly votedFor: string | null;
}

export class VoteBook {
  readonly #newest = new Map<string, SeenHardState>();

  /** A sentence if a term fell or a vote changed in its term since the last look; otherwise it is kept. */
  record(id: string, seen: SeenHardState): string | null {
    const before = this.#newest.get(id);
    if (before !== undefined && seen.term < before.term) {
      return `the term of ${id} fell from ${before.term} to ${seen.term}`;
    }
    const isChanged =
      before !== undefined &&
      seen.term === before.term &&
      before.votedFor !== null &&
      seen.votedFor !== before.votedFor;
    if (isChanged) {
      return `in term ${seen.term} ${id} voted for ${before.votedFor} and now for ${seen.votedFor}`;
    }
    this.#newest.set(id, { term: seen.term, votedFor: seen.votedFor });
    return null;
  }
}
