/**
 * For how long each member stays loyal, as it said in its last hello (RD9): leases are as safe as the least of their voters.
 * Kept in memory: who has said nothing since this node started has promised nothing.
 */
import type { Hello } from '../../core/hello.ts';
import type { RaftState } from '../../core/raft-state.ts';
import type { NodeId } from '../../core/types.ts';
import { leaseMs } from '../../rules/timing.ts';

export class KnownPromises {
  /** This node's own; 0: none. */
  readonly ownMs: number;
  /** Bound: those who were believed, so members once. */
  readonly #said = new Map<NodeId, number>();

  constructor(own: Pick<RaftState, 'timing' | 'protocol'>) {
    this.ownMs = leaseMs(own) === 0 ? 0 : own.timing.electionTimeoutMinMs;
  }

  /** A peer that is believed has introduced itself. */
  heard({ identity, loyalMs = 0 }: Hello): void {
    this.#said.set(identity.nodeId, loyalMs);
  }

  /** Every voter, by any configuration that counts or may count again, is as loyal as this leader counts on. */
  suffice({ configurations, id, timing }: RaftState): boolean {
    return configurations.every(({ configuration: { voters, votersOutgoing } }) =>
      [...voters, ...votersOutgoing].every(
        (voter) => voter === id || (this.#said.get(voter) ?? 0) >= timing.electionTimeoutMinMs,
      ),
    );
  }
}
