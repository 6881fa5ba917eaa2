/**
 * The door of `raftchart/testing`: shakes a whole cluster of *your* machine under one seed, judges what its clients
 * saw, and says in words what went wrong. `docs/TESTING.md` shows how. Needs no test framework, and no Node.
 */
export type { RaftEvent } from '../../machines/raft.types.ts';
export type { RaftState } from '../core/raft-state.ts';
export type { ReplicationState } from '../core/replication-state.ts';
export type { NodeInspection, RaftNode } from '../node/raft-node.ts';
export type { PeerTransport } from '../transport/conversation.ts';
export {
  type CarriedMessage,
  MemoryNetwork,
  type MemoryNetworkOptions,
} from '../transport/memory-network.ts';
export { type MemoryTransportOptions, memoryTransport } from '../transport/memory-transport.ts';
export { type LogStoreContract, logStoreContract } from './contracts/log-store-contract.ts';
export type { StorePlace } from './contracts/store-harness.ts';
export type { TestFramework } from './contracts/test-framework.ts';
export { type TransportContract, transportContract } from './contracts/transport-contract.ts';
export type { CreatePair, TransportPair } from './contracts/transport-stage.ts';
export {
  checkLinearizability,
  type Verdict,
} from './linearizability/check-linearizability.ts';
export { describeViolation } from './linearizability/describe-violation.ts';
export { appendList } from './linearizability/models/append-list.ts';
export { keyValue } from './linearizability/models/key-value.ts';
export { register } from './linearizability/models/register.ts';
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
export {
  type MemberFault,
  type MemberView,
  memberFaults,
} from './simulation/checks/member-faults.ts';
export { planOf, type SimulationPlan } from './simulation/plan/plan.ts';
export type { Fault } from './simulation/plan/plan-faults.ts';
export { shrinkFaults } from './simulation/plan/shrink.ts';
export { renderLanes } from './simulation/report/lanes.ts';
export { SeededRandom } from './simulation/runtime/random.ts';
export type { SimulationReport } from './simulation/simulate.ts';
export { explainFailure, simulateSeed } from './simulation/simulate-seed.ts';
export {
  type InspectedReplica,
  type MachineAnswer,
  type MachineCall,
  machineModel,
  machineSubject,
} from './simulation/subjects/machine-subject.ts';
export {
  type Judge,
  linearizable,
  type Previous,
  type Subject,
} from './simulation/subjects/subject.ts';
export { VirtualClock } from './virtual-clock.ts';
export {
  ListMachine,
  VirtualCluster,
  type VirtualClusterOptions,
  type VirtualMember,
} from './virtual-cluster.ts';
