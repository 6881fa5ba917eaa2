/**
 * L11: while its target catches up a leader takes nothing into its log, so that this must end, whatever becomes of the target:
 * it is told, or the leader leads on, within an election timeout of its own clock (LT4).
 */
import type { RaftState } from '../../../core/raft-state.ts';
import type { Report } from './violation.ts';

/** Beyond that: what is due at the same moment may come first. In milliseconds. */
const SLACK_MS = 50;

interface Look {
  /** In simulated milliseconds. */
  readonly atMs: number;
  /** Milliseconds of its clock for each simulated one. */
  readonly rate: number;
  /** Whether its process has stood still at any moment since then. */
  readonly wasFrozenSince: (timeMs: number) => boolean;
}

/** Watches one life of one node. */
export class TransferWatch {
  #began: { readonly raft: RaftState; readonly atMs: number } | null = null;

  check(raft: RaftState, { atMs, rate, wasFrozenSince }: Look, report: Report): void {
    const { id, term, timing, transferTarget: to } = raft;
    const began = this.#began;
    const isSame = began?.raft.term === term && began.raft.transferTarget === to;
    if (to === null) this.#began = null;
    else if (!isSame || wasFrozenSince(began.atMs)) this.#began = { raft, atMs };
    else {
      const lastsMs = Math.round((atMs - began.atMs) * rate);
      if (lastsMs <= timing.electionTimeoutMaxMs + SLACK_MS) return;
      report('L11', `${id} still hands over to ${to} in term ${term} after ${lastsMs} ms`);
    }
  }
}
