/**
 * The door of `raftchart/testing`: shakes a whole cluster of *your* machine under one seed, judges what its clients
 * saw, and says in words what went wrong. `docs/TESTING.md` shows how, and which
 * of its clusters to take. Needs no test framework, and no Node.
 */
export type { RaftEvent } from '../../machines/raft.types.ts';
export type { EntrySpan } from '../core/log-shape.ts';
export type { RaftState } from '../core/raft-state.ts';
export type { ReplicationState } from '../core/replication-state.ts';
export type { NodeInspection, RaftNode } from '../node/raft-node.ts';
export type { ServerLimits } from '../server/limits.ts';
export type { DatabaseChange } from '../storage/disk/database.ts';
export type { PeerTransport } from '../transport/conversation.ts';
export type * from '../transport/memory-network.ts';
export { MemoryNetwork } from '../transport/memory-network.ts';
export {
  type MemoryTransport,
  type MemoryTransportOptions,
  memoryTransport,
} from '../transport/memory-transport.ts';
export { type LogStoreContract, logStoreContract } from './contracts/log-store-contract.ts';
export { snapshotStoreContract } from './contracts/snapshot-store-contract.ts';
export type { StorePlace } from './contracts/store-harness.ts';
export type * from './contracts/test-framework.ts';
export { type TransportContract, transportContract } from './contracts/transport-contract.ts';
export type { CreatePair, TransportPair } from './contracts/transport-stage.ts';
export type * from './linearizability/check-linearizability.ts';
export { checkLinearizability } from './linearizability/check-linearizability.ts';
export { describeViolation } from './linearizability/describe-violation.ts';
export type * from './linearizability/models/append-list.ts';
export { appendList } from './linearizability/models/append-list.ts';
export type * from './linearizability/models/key-value.ts';
export { keyValue } from './linearizability/models/key-value.ts';
export type * from './linearizability/models/register.ts';
export { register } from './linearizability/models/register.ts';
export type * from './linearizability/models/session-counter.ts';
export { sessionCounter } from './linearizability/models/session-counter.ts';
export type { Operation } from './linearizability/operation.ts';
export type { SequentialModel } from './linearizability/sequential-model.ts';
export { type ClusterStep, clusterStep } from './mini-cluster/cluster-step.ts';
export type { StoredEntry } from './mini-cluster/entries.ts';
export type { HeldDisk } from './mini-cluster/held-disk.ts';
export type { Envelope } from './mini-cluster/held-network.ts';
export type { Member } from './mini-cluster/member.ts';
export { type ClusterOptions, MiniCluster, type Said } from './mini-cluster/mini-cluster.ts';
export { raftMember, raftMembers } from './mini-cluster/raft-members.ts';
export { roleEvents } from './role-events.ts';
export type { DurableEntry, DurableLog } from './simulation/checks/durable-log.ts';
export {
  type MemberFault,
  type MemberView,
  memberFaults,
} from './simulation/checks/member-faults.ts';
export type { Violation as BrokenProperty } from './simulation/checks/violation.ts';
export type { Direction as LinkDirection } from './simulation/plan/directions.ts';
export type * from './simulation/plan/plan.ts';
export { planOf } from './simulation/plan/plan.ts';
export type {
  DamageKind,
  Disorder,
  Fault,
  FaultKinds,
  FaultTime,
  OnLink,
  OnNode,
  PartitionShape,
} from './simulation/plan/plan-faults.ts';
export type { StoreLeasePlan } from './simulation/plan/plan-store-leases.ts';
export type { StreamPlan } from './simulation/plan/plan-streams.ts';
export { type Shrunk, shrinkFaults } from './simulation/plan/shrink.ts';
export { renderLanes } from './simulation/report/lanes.ts';
export type { TraceLine } from './simulation/report/trace.ts';
export type { ClockDrift } from './simulation/runtime/process.ts';
export { SeededRandom } from './simulation/runtime/random.ts';
export type { Sometimes } from './simulation/runtime/sometimes.ts';
export type { ThrowPlace } from './simulation/runtime/trap.ts';
export type { SimulationReport } from './simulation/simulate.ts';
export {
  explainFailure,
  type SimulateSeedOptions,
  simulateSeed,
} from './simulation/simulate-seed.ts';
export type { KeyValueWorkload } from './simulation/subjects/key-value-subject.ts';
export type * from './simulation/subjects/machine-subject.ts';
export { machineModel, machineSubject } from './simulation/subjects/machine-subject.ts';
export type * from './simulation/subjects/subject.ts';
export { linearizable } from './simulation/subjects/subject.ts';
export { VirtualClock } from './virtual-clock.ts';
export {
  ListMachine,
  VirtualCluster,
  type VirtualClusterOptions,
  type VirtualMember,
} from './virtual-cluster.ts';
