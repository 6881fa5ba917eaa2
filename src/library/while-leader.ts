/**
 * Work that only the leader does: a cron job, a queue consumer, a singleton. It starts when this node leads and
 * has committed in its term, and is told to stop when it no longer leads. Two nodes can overlap for a moment,
 * as the old leader learns last; the term, as a fencing token, lets the outside world tell them apart.
 */

import { setTimeout as pause } from 'node:timers/promises';
import type { Term } from '../core/types.ts';
import type { Replica, RoleEvent } from '../ports/replica.ts';
import { LEAD_PAUSE_MAX_MS, LEAD_PAUSE_MIN_MS } from './limits.ts';

export interface Leadership {
  /** Larger than that of every earlier leader: refuse work with a smaller one. */
  readonly term: Term;
  /** Aborts once this node knows that it no longer leads, or is closing. */
  readonly signal: AbortSignal;
}

export type Work = (leadership: Leadership) => Promise<void> | void;

export interface LeaderWork extends AsyncDisposable {
  /** Aborts the present run, waits for it, and starts no other. */
  stop(): Promise<void>;
}

/** How long one attempt to prove the lead waits, in milliseconds. */
const PROOF_TIMEOUT_MS = 5_000;

export function runWhileLeader(
  replica: Replica,
  work: Work,
  failed: (error: unknown) => void,
): LeaderWork {
  let present: { term: Term; abort: AbortController } | null = null;
  let run: Promise<void> = Promise.resolve();
  const begin = (term: Term): void => {
    const abort = new AbortController();
    present = { term, abort };
    run = run.then(() => lead(replica, work, { term, signal: abort.signal })).catch(failed);
  };
  const end = (): void => {
    present?.abort.abort();
    present = null;
  };
  const follow = ({ role, term }: RoleEvent): void => {
    if (present !== null && (role !== 'leader' || term !== present.term)) end();
    if (role === 'leader' && present === null) begin(term);
  };
  const unsubscribe = replica.onRole(follow);
  const status = replica.status();
  follow({ role: status.role, term: status.term, leader: status.leader, cause: 'began to watch' });
  const stop = async (): Promise<void> => {
    unsubscribe();
    end();
    await run;
  };
  return { stop, [Symbol.asyncDispose]: stop };
}

/**
 * EM4: a leader proves its lead with a quorum before the work begins, so a deposed one does not start it. A proof that
 * is refused is tried again after a pause (EM14), since a refusal may come at once.
 */
async function lead(replica: Replica, work: Work, leadership: Leadership): Promise<void> {
  const { signal } = leadership;
  for (
    let pauseMs = LEAD_PAUSE_MIN_MS;
    !signal.aborted;
    pauseMs = Math.min(2 * pauseMs, LEAD_PAUSE_MAX_MS)
  ) {
    const error = await new Promise<Error | null>((resolve) => {
      replica.awaitReadable({ timeoutMs: PROOF_TIMEOUT_MS }, resolve);
    });
    const { role, term } = replica.status();
    if (signal.aborted || role !== 'leader' || term !== leadership.term) return;
    if (error === null) return work(leadership);
    await pause(pauseMs, undefined, { signal }).catch(() => {});
  }
}
