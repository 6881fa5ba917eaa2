/**
 * Everything that makes a run of the playground what it is, as plain data: the same description gives the same run, step
 * for step, in every browser and in Node. So a run can be taken back by running it again, and shared as a link.
 */
import type { NodeId } from '../../../src/core/types.ts';
import type { FaultKinds } from '../../../src/testing/simulation/plan/plan-faults.ts';
import {
  PLAN_VERSION,
  type PlanVersion,
} from '../../../src/testing/simulation/plan/plan-version.ts';

/** So many there are; those that do not found the cluster wait to be added. */
export const NODES_MAX = 7;

/** What is done by hand; how each comes about is the simulator's (`FaultInjector`). */
export type Deed =
  | FaultByHand
  /** Ends what was done to this node and its disk. */
  | { readonly type: 'restart'; readonly node: NodeId }
  | { readonly type: 'put'; readonly node: NodeId; readonly key: string; readonly value: string }
  /** Ends what was done to connections. */
  | { readonly type: 'mend' };

export type FaultByHand = {
  [Type in HandFault]: { readonly type: Type } & FaultKinds[Type];
}[HandFault];

type HandFault =
  | 'crash'
  | 'freeze'
  | 'partition'
  | 'disorder'
  | 'reset'
  | 'diskStall'
  | 'diskFull'
  | 'writeError'
  | 'wipe'
  | 'change'
  | 'transfer';

/** Done when so many events have happened: 0 is before the first. */
export interface TimedDeed {
  readonly step: number;
  readonly deed: Deed;
}

/** A cluster of one's own. */
export interface ClusterRun {
  readonly kind: 'cluster';
  /** 1 to 7. */
  readonly nodes: number;
  /** Any text; timeouts and delays are drawn from it. */
  readonly seed: string;
  readonly electionTimeoutMinMs: number;
  readonly electionTimeoutMaxMs: number;
  readonly heartbeatIntervalMs: number;
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly deeds: readonly TimedDeed[];
}

/** What `npm run simulate -- seed=… version=…` runs. */
export interface SeedRun {
  readonly kind: 'seed';
  readonly seed: string;
  readonly version: PlanVersion;
}

/** One of `test/scenarios`, by its path below it, without `.txt`. */
interface PlayRun {
  readonly kind: 'play';
  readonly name: string;
}

export type RunDescription = ClusterRun | SeedRun | PlayRun;

/** Slow enough to be watched: everything takes some thirty times as long as between processes on one machine. */
export const DEFAULT_CLUSTER: ClusterRun = {
  kind: 'cluster',
  nodes: 3,
  seed: '1',
  electionTimeoutMinMs: 2_000,
  electionTimeoutMaxMs: 4_000,
  heartbeatIntervalMs: 600,
  latencyMs: 150,
  jitterMs: 50,
  deeds: [],
};

/** Of the plans that `npm run simulate` makes now. */
export const FIRST_SEED: SeedRun = { kind: 'seed', seed: '1', version: PLAN_VERSION };
