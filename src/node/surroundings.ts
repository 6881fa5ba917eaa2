/** What the parts of a running node may use of each other without knowing who calls them. */
import type { Limits } from '../core/limits.ts';
import type { RaftState } from '../core/raft-state.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { Actors } from './actors.ts';
import type { Applying } from './applying.ts';
import type { Disk } from './disk.ts';
import type { Peers } from './peers.ts';
import type { Timings } from './timings.ts';

export interface Surroundings {
  readonly id: NodeId;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly actors: Actors;
  readonly disk: Disk;
  readonly peers: Peers;
  readonly applying: Applying;
  readonly timings: Timings;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

/** The state of the raft chart; the parts are used only while it runs. */
export function raftOf({ actors }: Pick<Surroundings, 'actors'>): RaftState {
  const raft = actors.raft;
  if (raft === null) throw new Error('the raft actor is not running');
  return raft;
}
