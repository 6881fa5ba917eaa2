/**
 * How long callers wait here while there is nobody to serve them (SP12): no leader is known, or no connection to it. In two
 * of the longest election timeouts a majority that is there elects, even if its first attempt fails; whoever waits longer waits
 * for something that only another member, or a person, can help with. Less than a second is no reason: a busy process
 * needs that long by itself.
 */
import type { RaftError } from '../../core/errors.ts';
import type { RaftState } from '../../core/raft-state.ts';
import { PATIENCE_MIN_MS } from '../limits.ts';
import type { Peers } from '../peers/peers.ts';
import type { Actors } from '../tree/actors.ts';
import { disconnected, leaderless, notServed } from './call-errors.ts';

/** Looks are ten times as frequent; a process that stood still counts from its return. */
const GAP_MS = 200;

interface PatienceOptions {
  readonly actors: Pick<Actors, 'hasTag' | 'raft'>;
  readonly peers: Pick<Peers, 'isOpen'>;
}

/** What becomes of calls that nobody has taken. */
export interface Unserved {
  /** Those that may wait no longer than until then, in milliseconds, end. */
  readonly through: number;
  readonly error: () => RaftError;
}

export class Patience {
  readonly #options: PatienceOptions;
  /** Since when nobody could be asked, as far as was looked; `null`: somebody can be. */
  #sinceMs: number | null = null;
  #lookedMs = 0;

  constructor(options: PatienceOptions) {
    this.#options = options;
  }

  /** Looked at as long as somebody waits; once those were told, or nobody waited for a while, it begins anew. */
  look(now: number): Unserved {
    const { raft } = this.#options.actors;
    const leader = raft?.leaderId ?? null;
    if (now - this.#lookedMs > GAP_MS) this.#sinceMs = null;
    this.#lookedMs = now;
    this.#sinceMs = raft === null || this.#canAsk(raft) ? null : (this.#sinceMs ?? now);
    const waitedMs = this.#sinceMs === null ? 0 : now - this.#sinceMs;
    if (raft === null || waitedMs < patienceMs(raft)) {
      return { through: now, error: () => notServed(leader) };
    }
    this.#sinceMs = null;
    const error = leader === null ? leaderless(waitedMs) : disconnected(leader, waitedMs);
    return { through: Number.POSITIVE_INFINITY, error: () => error };
  }

  #canAsk({ leaderId }: RaftState): boolean {
    const { actors, peers } = this.#options;
    return actors.hasTag('leads') || (leaderId !== null && peers.isOpen(leaderId));
  }
}

function patienceMs({ timing }: RaftState): number {
  return Math.max(PATIENCE_MIN_MS, 2 * timing.electionTimeoutMaxMs);
}
