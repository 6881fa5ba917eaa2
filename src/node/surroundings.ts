/** What the parts of a running node may use of each other without knowing who calls them. */
import type { EntryRun } from '../core/entry-run.ts';
import type { Limits } from '../core/limits.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock } from '../ports/clock.ts';
import type { Actors } from './actors.ts';
import type { Applying } from './deeds/applying.ts';
import type { Disk } from './deeds/disk.ts';
import type { Peers } from './peers/peers.ts';
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
  /** Runs an input of the step loop; `received`: what came beside it. */
  readonly run: (input: () => void, received?: readonly EntryRun[]) => void;
}
