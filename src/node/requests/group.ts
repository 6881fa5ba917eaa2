/** Commands that go through the log together, and who hears what becomes of them. */
import type { Entry } from '../../core/entry-run.ts';
import type { RaftError } from '../../core/errors.ts';
import { advance, type Index, type Term } from '../../core/types.ts';
import type { ProposalOutcome } from '../../ports/replica.ts';

export interface Waiter {
  /** On the node's monotonic clock, in milliseconds. */
  readonly deadline: number;
  readonly completed: (outcome: ProposalOutcome) => void;
}

/** Commands that stay together: one of a local caller, or all of one message from a follower. */
export interface Group {
  readonly entries: readonly Entry[];
  /** Of a caller here; else another member's. */
  readonly isLocal: boolean;
  /** As they will stand in a run, so that a run of many small entries is bounded as well. */
  readonly bytes: number;
  readonly deadline: number;
  /** Appended at `firstIndex` in `term`; may still be overwritten by another leader. */
  readonly appended: (firstIndex: Index, term: Term) => void;
  /** Never appended anywhere. */
  readonly refused: (error: RaftError) => void;
  /** Handed to the leader, and no word of it since. */
  readonly lost: (error: RaftError) => void;
}

export function entriesOfGroups(groups: readonly Group[]): readonly Entry[] {
  return groups.flatMap((group) => group.entries);
}

/** Each learns where it is, or is about to be. */
export function placeGroups(groups: readonly Group[], firstIndex: Index, inTerm: Term): void {
  let at = firstIndex;
  for (const group of groups) {
    group.appended(at, inTerm);
    at = advance(at, group.entries.length);
  }
}
