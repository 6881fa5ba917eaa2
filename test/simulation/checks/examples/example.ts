/**
 * What a failing example of a property is, and the words that the examples share: disks that hold what a test says,
 * and states of nodes that go with them.
 */
import type { RaftState } from '../../../../src/core/raft-state.ts';
import type { ReplicationState } from '../../../../src/core/replication-state.ts';
import { index, type NodeId, nodeId, term } from '../../../../src/core/types.ts';
import type { NodeInspection } from '../../../../src/node/raft-node.ts';
import type { DatabaseChange } from '../../../../src/storage/disk/database.ts';
import {
  encodeRecord,
  keyOf,
  keyOfRun,
  RECORD_KIND,
} from '../../../../src/storage/records/record.ts';
import { run } from '../../../../src/testing/contracts/log-operations.ts';
import { DurableLog } from '../../../../src/testing/simulation/checks/durable-log.ts';
import type { Report } from '../../../../src/testing/simulation/checks/violation.ts';
import { raftState } from '../../../machines/harness.ts';

/** The smallest thing that violates a property, and the same with one step made right. */
export interface Example {
  /** As in the source: S01, L04, … */
  readonly property: string;
  /** What is wrong, in words. */
  readonly text: string;
  /** Hands a check something that violates the property, or, unless `isWrong`, something close to it that does not. */
  readonly play: (isWrong: boolean, report: Report) => void | Promise<void>;
}

export const [N1, N2, N3] = [nodeId('n1'), nodeId('n2'), nodeId('n3')] as const;

/** As the production store writes them; one run of one entry for each term. */
export function appended(terms: readonly number[], firstIndex = 1): readonly DatabaseChange[] {
  return terms.map((ofTerm, at) => ({
    type: 'put',
    key: keyOfRun(index(firstIndex + at)),
    value: run(ofTerm, firstIndex + at, [`${ofTerm}/${firstIndex + at}`]).bytes,
  }));
}

export function truncated(from: number): readonly DatabaseChange[] {
  return [{ type: 'del', key: keyOfRun(index(from)) }];
}

export function voted(ofTerm: number, votedFor: NodeId | null): readonly DatabaseChange[] {
  const zero = { term: 0, index: 0 };
  const hardState = { term: ofTerm, votedFor };
  const state = { sequence: 1, boots: 1, hardState, base: zero, last: zero, runs: 0, digest: 0 };
  const value = encodeRecord(RECORD_KIND.state, state);
  return [{ type: 'put', key: keyOf(RECORD_KIND.state), value }];
}

export function diskOf(...batches: readonly (readonly DatabaseChange[])[]): DurableLog {
  const disk = new DurableLog();
  for (const batch of batches) disk.note(batch);
  return disk;
}

export interface Situation {
  readonly leads?: boolean;
  /** Where its chart stands; a leader's, or that of a follower which hears its leader, unless given. */
  readonly state?: string;
  readonly lastApplied?: number;
  /** What it knows of `n2`. */
  readonly replication?: ReplicationState;
}

/** `n1` as the checks see it. */
export function inspectionOf(
  changes: Partial<RaftState>,
  { leads = false, lastApplied = 0, replication, state }: Situation = {},
): NodeInspection {
  const raft = raftState(changes);
  const standing = raft.leaderId === null ? 'follower.leaderless' : 'follower.loyal';
  return {
    raft,
    lastRaft: raft,
    state: state ?? (leads ? 'leader' : standing),
    leads,
    isLoyal: leads,
    holdsLease: false,
    lastApplied: index(lastApplied),
    lifecycle: 'running',
    replication: (peer) => (peer === N2 ? (replication ?? null) : null),
  };
}

/** The same node, ended: what its chart held last. */
export function endedAs(inspection: NodeInspection): NodeInspection {
  return { ...inspection, raft: null, state: null, leads: false, lifecycle: 'halted' };
}

/** The fields of a leader of this term. */
export function leading(ofTerm: number): Partial<RaftState> {
  return { term: term(ofTerm), votedFor: N1, leaderId: N1 };
}
