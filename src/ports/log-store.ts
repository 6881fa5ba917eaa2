/**
 * Where a node keeps what must survive: hard state, entry runs, the identities of its peers.
 * One store belongs to one node in one process at a time. `logStoreContract` of `raftchart/testing` is
 * the proof that an implementation has to pass.
 */
import type { Configuration, MembershipAt } from '../core/configuration.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { HardState } from '../core/hard-state.ts';
import type { KnownPeer, NodeIdentity } from '../core/identity.ts';
import type { LogBase, LogShape } from '../core/log-shape.ts';
import type { ReadRange } from '../core/run-list.ts';
import type { Index } from '../core/types.ts';
import type { SnapshotStore, StoredSnapshot } from './snapshot-store.ts';

export type LogOperation =
  | { readonly type: 'setHardState'; readonly hardState: HardState }
  /** Removes the entry at `index` and all behind it; the head of a run cut in the middle is kept. */
  | { readonly type: 'truncateFrom'; readonly index: Index }
  /** Contiguous with the log and with each other. */
  | { readonly type: 'append'; readonly runs: readonly EntryRun[] }
  /** What is known to be committed; only what the log holds after this write counts, and it never falls (ST19). */
  | { readonly type: 'noteCommitted'; readonly index: Index }
  /** The entries through `base` go: a complete snapshot holds what they did. They are committed (ST20). */
  | ({ readonly type: 'compactThrough' } & LogBase)
  /** The whole log goes, and begins anew behind `base`: that of a snapshot which was installed (ST20). */
  | ({ readonly type: 'restart' } & LogBase);

/** Who the store is for. A store made for someone else is refused (ST5). */
export interface LogStoreOwner {
  readonly clusterId: string;
  readonly nodeId: string;
  /** The configuration before the first entry; one that exists is refused if it knows other members (CF5). */
  readonly founding: Configuration;
  /** The largest run that this node can send on: a store with a larger one is refused (CF8). Left out: any. */
  readonly runBytesMax?: number;
}

/** What a store has proven about itself when it opens. */
export interface RecoveredLog {
  readonly identity: NodeIdentity;
  readonly hardState: HardState;
  readonly log: LogShape;
  /** What was known to be committed when the last write was made, in `[log.base.index, log.lastIndex]` (ST19). */
  readonly commitIndex: Index;
  /** The configuration of the founding. */
  readonly configuration: Configuration;
  /** What is in force at `log.base`; before anything was compacted that of the founding, at index 0. */
  readonly membership: MembershipAt;
  /** Those of the log's entries, in order (MC1). */
  readonly configurations: readonly MembershipAt[];
  /** The newest complete one, which the state machine starts from; the log holds what came after it (SN4). */
  readonly snapshot: StoredSnapshot | null;
  readonly peers: readonly KnownPeer[];
  /** True if this start created the store. */
  readonly isNew: boolean;
}

export interface LogStore {
  /**
   * Opens or creates the store and proves it whole: contiguous, checksummed, consistent with its identity
   * and with both copies of the hard state (ST3–ST8). Rejects with `RAFT_LOG_REFUSED` or
   * `RAFT_WRONG_IDENTITY` and a sentence that says what to do; then nothing has been changed.
   */
  open(owner: LogStoreOwner): Promise<RecoveredLog>;
  /**
   * Performs the operations in order as one atomic, synced unit, then calls back once: `null` means that all
   * of it is on disk. An error means unknown, not absent: the caller must halt and never retry (ST9).
   * One write at a time: the next begins after the callback.
   */
  write(operations: readonly LogOperation[], completed: (error: Error | null) => void): void;
  /** The runs that hold `[from, through]`, in order, trimmed to that range at both ends. */
  read(range: ReadRange): Promise<readonly EntryRun[]>;
  /** Opened, proven and closed with the store. Writing there waits for nothing here, and nothing here for it. */
  readonly snapshots: SnapshotStore;
  /** Durable when it resolves: who a peer is, before anything it says is counted (ID1). */
  rememberPeer(peer: KnownPeer): Promise<void>;
  /**
   * Hears, once and in a later step, why the store refuses everything from now on (ST9), also where nobody waited for what
   * failed. One at a time: the last one given.
   */
  onFailure(listener: (failure: Error) => void): void;
  close(): Promise<void>;
}
