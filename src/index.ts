/**
 * The package door: embed a replicated state machine in a Node.js program.
 * The key-value client is `raftchart/client`, the statecharts are `raftchart/machines`.
 */
export { InvariantViolation } from './core/assert.ts';
export type { Configuration, Membership, MembershipAt } from './core/configuration.ts';
export type * from './core/effect.ts';
export type { EntryRun, RunStart } from './core/entry-run.ts';
export { RaftError, type RaftErrorCode, type Retry } from './core/errors.ts';
export type { HardState } from './core/hard-state.ts';
export type { Hello } from './core/hello.ts';
export type { Histogram } from './core/histogram.ts';
export type { KnownPeer, NodeIdentity, PeerBoot } from './core/identity.ts';
export type { Lifecycle, LinkState } from './core/lifecycle.ts';
export { DEFAULT_LIMITS, type Limits } from './core/limits.ts';
export type { LogId } from './core/log-id.ts';
export type { LogBase, LogShape, TermRun } from './core/log-shape.ts';
export type { MembershipChange } from './core/membership-change.ts';
export type * from './core/message.ts';
export type { PerMember } from './core/per-member.ts';
export type * from './core/raft-state.ts';
export type { InflightMessage, ReplicationState } from './core/replication-state.ts';
export type { ReadRange } from './core/run-list.ts';
export type {
  SessionCall,
  SessionOpening,
  SessionOperation,
  SessionState,
} from './core/session.ts';
export type { SnapshotThresholds } from './core/snapshot-thresholds.ts';
export type { TransferRefusal } from './core/transfer-refusal.ts';
export {
  type EntryId,
  type Index,
  index,
  type NodeId,
  nodeId,
  type Term,
  term,
} from './core/types.ts';
export type { Versions } from './core/versions.ts';
export type {
  CallOptions,
  MembersOptions,
  QueryOptions,
  TransferOptions,
} from './library/call-options.ts';
export {
  type ClusterBuilder,
  cluster,
  type MemberTls,
  type OwnOptions,
} from './library/cluster-builder.ts';
export { createNode } from './library/create-node.ts';
export { defineMachine } from './library/define-machine.ts';
export type * from './library/machine.ts';
export type * from './library/node.ts';
export type { NodeOptions } from './library/node-options.ts';
export type { OpenedSession, ProposeOptions, SessionOptions } from './library/session-options.ts';
export type { Leadership, LeaderWork, Work } from './library/while-leader.ts';
export type { NodeInspection, NodeInstruments } from './node/instruments.ts';
export { type RaftNode, type RaftNodeOptions, startRaftNode } from './node/raft-node.ts';
export { systemClock, systemRandom } from './node/system-clock.ts';
export type { Clock, Random } from './ports/clock.ts';
export type * from './ports/inspection.ts';
export type {
  LogOperation,
  LogStore,
  LogStoreOwner,
  RecoveredLog,
} from './ports/log-store.ts';
export type * from './ports/replica.ts';
export type {
  SnapshotMeta,
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from './ports/snapshot-store.ts';
export type {
  CommittedCommand,
  CommittedEntry,
  MachineSnapshot,
  SharedChunk,
  StateMachine,
} from './ports/state-machine.ts';
export type { TlsMaterial, TlsSource } from './ports/tls.ts';
export type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
  TransportLimits,
} from './ports/transport.ts';
export { DEFAULT_TIMING } from './rules/timing.ts';
export type { RandomWord } from './storage/directory/random-word.ts';
export { type LevelLogStoreOptions, levelLogStore } from './storage/disk-log-store.ts';
export { type MemoryLogStoreOptions, memoryLogStore } from './storage/memory-log-store.ts';
export {
  type Accept,
  Conversation,
  type ConversationSetting,
  NO_WIRE,
  type PeerTransport,
  type Wire,
} from './transport/conversation.ts';
export type { PeerTls } from './transport/tls-peer.ts';
export type { ClientUrls } from './transport/told-url.ts';
export type { PeerSecret } from './transport/ws-secret-gate.ts';
export { type WebSocketTransportOptions, webSocketTransport } from './transport/ws-transport.ts';
export {
  type TlsFiles,
  type TlsFilesOptions,
  type TlsPaths,
  type TlsReload,
  tlsFiles,
} from './wire/tls-files.ts';
