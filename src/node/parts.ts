/** All parts of a running node, for those that turn effects and messages into deeds. Built by `raft-node.ts`. */
import type { RoleChanged } from '../core/effect.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { DiskEvent } from '../ports/replica.ts';
import type { Clients } from './calls/clients.ts';
import type { LogTail } from './log-tail.ts';
import type { PeerProblems } from './peer-problems.ts';
import type { Surroundings } from './surroundings.ts';

export interface Parts extends Surroundings {
  readonly store: LogStore;
  readonly tail: LogTail;
  readonly clients: Clients;
  /** The runs beside the message being delivered; `persist` effects of it refer to them. */
  readonly hand: { runs: readonly EntryRun[] };
  /** Halts the node, at once: nothing that was to follow is done (FS1). */
  readonly fail: (error: unknown) => void;
  readonly problems: PeerProblems;
  readonly diskChanged: (event: DiskEvent) => void;
  readonly roleChanged: (change: RoleChanged) => void;
  readonly drain: () => void;
}
