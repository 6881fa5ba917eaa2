/** What every route works with; made once by `serve.ts`, or by a test. */
import type { SecureContext } from 'node:tls';
import type { KvStateMachine } from '../kv/kv-state-machine.ts';
import type { Lease } from '../kv/store/lease-table.ts';
import type { ConnectionClock } from '../ports/clock.ts';
import type { ProposalOutcome, Replica } from '../ports/replica.ts';
import type { AccessGuard } from './access/access-guard.ts';
import type { Visitor } from './access/visitor.ts';
import type { Held } from './admission/held-bytes.ts';
import type { KnownClientUrls } from './client-urls.ts';
import type { ServerLimits } from './limits.ts';
import type { Act } from './operations/audit.ts';
import type { ProcessGauges } from './operations/metrics.ts';
import type { RequestFacts } from './operations/request-log.ts';
import type { ServerCounters } from './operations/server-counters.ts';

/** What happens inside this node is shown, and where others show themselves. */
export interface Inspection {
  /** Where their clients are served: `http://host:port`, or https. */
  readonly peers: ReadonlyMap<string, string>;
  /** Whom this node trusts and who it is, where they are asked over TLS. */
  readonly secureContext?: SecureContext | undefined;
  /** The live page is served as well. */
  readonly hasPage?: boolean;
}

/** The reading half of the store; writing goes through the replica. */
export type KvReads = Pick<
  KvStateMachine,
  | 'revision'
  | 'compactedRevision'
  | 'keyCount'
  | 'leases'
  | 'access'
  | 'range'
  | 'watch'
  | 'history'
>;

/** What the server adds to the leases of the store: time, and that renewals travel together. */
export interface LeaseService {
  renew(
    leases: readonly number[],
    timeoutMs: number,
    completed: (outcome: ProposalOutcome) => void,
  ): void;
  /** `null`: that is for the leader to say. */
  remainingMs(lease: Lease): number | null;
}

export interface ServerContext {
  readonly replica: Replica;
  readonly kv: KvReads;
  readonly leases: LeaseService;
  readonly guard: AccessGuard;
  readonly limits: ServerLimits;
  /** Where members serve their clients; absent: nobody tells. */
  readonly clientUrls?: KnownClientUrls;
  readonly counters: ServerCounters;
  readonly held: Held;
  readonly version: string;
  readonly process: () => ProcessGauges;
  /** Told of errors that no caller caused. */
  readonly onFault: (error: unknown) => void;
  /** Whom to tell of an HTTP request that was answered; `null`: nobody wants to know, at present. */
  readonly requestLog: () => ((facts: RequestFacts) => void) | null;
  /** Told of each administrative act, whatever became of it; absent: nobody wants to know. */
  readonly onAct?: (act: Act) => void;
  readonly clock: ConnectionClock;
  readonly keepAliveMs: number;
  /** `null`: what happens inside this node is not shown. */
  readonly inspection: Inspection | null;
  /** Names this life of the node, in letters and digits; no other has its name. */
  readonly life: string;
}

/** What a client's connection works with. */
export type ConnectionParts = Omit<ServerContext, 'process' | 'inspection' | 'life' | 'requestLog'>;

/** The same, of one client: who called when the connection was made. */
export type VisitedParts = ConnectionParts & { readonly visitor: Visitor };
