/**
 * The package door: embed a replicated state machine in a Node.js program.
 * The key-value client is `raftchart/client`, the statecharts are `raftchart/machines`.
 */
export { InvariantViolation } from './core/assert.ts';
export { RaftError, type RaftErrorCode, type Retry } from './core/errors.ts';
export { DEFAULT_LIMITS, type Limits } from './core/limits.ts';
export type { RaftTiming } from './core/raft-state.ts';
export type { EntryId, Index, NodeId, Term } from './core/types.ts';
export type { CallOptions } from './library/call-options.ts';
export { createNode } from './library/create-node.ts';
export { defineMachine } from './library/define-machine.ts';
export type { CommandContext, Machine, MachineDefinition } from './library/machine.ts';
export type { Applied, NodeEvents, RaftchartNode } from './library/node.ts';
export type { NodeOptions } from './library/node-options.ts';
export type { Leadership, LeaderWork, Work } from './library/while-leader.ts';
export { type RaftNodeOptions, startRaftNode } from './node/raft-node.ts';
export { systemClock, systemRandom } from './node/system-clock.ts';
export type { Clock, Random } from './ports/clock.ts';
export type { LogStore } from './ports/log-store.ts';
export type {
  DiskEvent,
  Lifecycle,
  LinkStatus,
  PeerEvent,
  PeerProblem,
  Replica,
  ReplicaStatus,
  RoleEvent,
} from './ports/replica.ts';
export type { CommittedCommand, StateMachine } from './ports/state-machine.ts';
export type { Transport } from './ports/transport.ts';
export { DEFAULT_TIMING } from './rules/timing.ts';
export { levelLogStore } from './storage/disk-log-store.ts';
export { memoryLogStore } from './storage/memory-log-store.ts';
export { webSocketTransport } from './transport/ws-transport.ts';
