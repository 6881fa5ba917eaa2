/** What every kind of run can do, whoever watches it. A step is an event of the simulator, or a line of a play. */
import type { NodeId } from '../../../src/core/types.ts';
import type { Deed } from '../run/run.ts';
import type { Gate } from './gate.ts';
import type { OnStage } from './stage-hand.ts';

/** What was done to the cluster, what a client heard, or a line of a play. */
export interface Note {
  readonly atMs: number;
  /** `null`: about no node in particular. */
  readonly node: NodeId | null;
  readonly text: string;
  /** What the story says instead; `null`: nothing. */
  readonly words?: string | null;
}

export interface SteppedRun {
  readonly gate: Gate;
  /** Milliseconds of the run since its start. */
  readonly nowMs: () => number;
  readonly members: () => readonly OnStage[];
  /** Has its nodes show where they stand; only for nodes whose clocks may stand still for ever. */
  readonly showNodes?: () => void;
  /** Those since the last call. */
  readonly takeNotes: () => readonly Note[];
  /** The property that does not hold, in words; `null`: all hold so far. */
  readonly broken: () => string | null;
  /** What is the same exactly for equal runs, so far. */
  readonly hash: () => string;
  /** Does it before the next event; only a cluster of one's own takes deeds. */
  readonly perform?: (deed: Deed) => void;
  /** Kept when it is over; rejects if the simulator itself is broken. */
  readonly finished: Promise<void>;
}
