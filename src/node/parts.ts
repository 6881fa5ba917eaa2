/** What the parts of a running node share: each other. Built once, by `raft-node.ts`. */
import type { RoleChanged } from '../core/effect.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftState } from '../core/raft-state.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { Actors } from './actors.ts';
import type { Applying } from './applying.ts';
import type { Clients } from './clients.ts';
import type { Disk } from './disk.ts';
import type { LogTail } from './log-tail.ts';
import type { Peers } from './peers.ts';

export interface Parts {
  readonly id: NodeId;
  readonly clock: Clock;
  readonly limits: Limits;
  readonly store: LogStore;
  readonly actors: Actors;
  readonly disk: Disk;
  readonly tail: LogTail;
  readonly peers: Peers;
  readonly applying: Applying;
  readonly clients: Clients;
  /** The runs beside the message being delivered; `persist` effects of it refer to them. */
  readonly hand: { runs: readonly EntryRun[] };
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  /** Halts the node. */
  readonly fail: (error: unknown) => void;
  readonly roleChanged: (change: RoleChanged) => void;
  readonly drain: () => void;
  readonly halted: (error: unknown) => void;
}

/** The state of the raft chart; the parts are used only while it runs. */
export function raftOf({ actors }: Pick<Parts, 'actors'>): RaftState {
  const raft = actors.raft;
  if (raft === null) throw new Error('the raft actor is not running');
  return raft;
}
