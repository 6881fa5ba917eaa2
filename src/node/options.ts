/** What a node is started with, and what holds for whatever is not said. */
import { DEFAULT_LIMITS, DISK_STALL_MS, type Limits } from '../core/limits.ts';
import type { RaftProtocol, RaftTiming } from '../core/raft-state.ts';
import { NO_SNAPSHOT_THRESHOLDS, type SnapshotThresholds } from '../core/snapshot-thresholds.ts';
import type { NodeId } from '../core/types.ts';
import type { Clock, Random } from '../ports/clock.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { StateMachine } from '../ports/state-machine.ts';
import type { Transport } from '../ports/transport.ts';
import { DEFAULT_PROTOCOL, DEFAULT_TIMING } from '../rules/timing.ts';
import { SessionMachine } from '../sessions/session-machine.ts';
import type { NodeInstruments } from './instruments.ts';

export interface RaftNodeOptions {
  readonly id: NodeId;
  readonly clusterId: string;
  /** Every founding member with the address that its peers reach it at; this node included. */
  readonly members: Readonly<Record<string, string>>;
  /** It joins a cluster that exists: on an empty store it belongs to no configuration, and `members` only tells addresses. */
  readonly isJoining?: boolean;
  /** Where members were when they founded the cluster: good for whom nobody has found elsewhere since. */
  readonly founders?: Readonly<Record<string, string>>;
  /** Opened, used and closed by the node. */
  readonly store: LogStore;
  readonly transport: Transport;
  readonly machine: StateMachine;
  readonly clock: Clock;
  readonly random: Random;
  readonly timing?: Partial<RaftTiming>;
  readonly protocol?: Partial<RaftProtocol>;
  readonly limits?: Partial<Limits>;
  /** A disk write slower than this costs a leader its lead, in milliseconds. */
  readonly diskStallMs?: number;
  /** When snapshots are taken without being asked for; never unless given. */
  readonly snapshots?: Partial<SnapshotThresholds>;
  readonly instruments?: NodeInstruments;
}

/** The options with everything settled. */
export interface Settings extends RaftNodeOptions {
  /** With sessions around it (§6.3). */
  readonly machine: SessionMachine;
  readonly timing: RaftTiming;
  readonly protocol: RaftProtocol;
  readonly limits: Limits;
  readonly diskStallMs: number;
  readonly snapshotThresholds: SnapshotThresholds;
}

export function settle(options: RaftNodeOptions): Settings {
  return {
    ...options,
    machine: new SessionMachine(options.machine),
    timing: { ...DEFAULT_TIMING, ...options.timing },
    protocol: { ...DEFAULT_PROTOCOL, ...options.protocol },
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    diskStallMs: options.diskStallMs ?? DISK_STALL_MS,
    snapshotThresholds: { ...NO_SNAPSHOT_THRESHOLDS, ...options.snapshots },
  };
}
