/**
 * What travels between a client and a server over `/client`, version 2: each WebSocket message is one
 * frame, each frame one msgpack array of requests (or replies), each of these an array that begins with its
 * kind. Writes carry the encoded command itself, so that the server proposes the very bytes it received
 * (SV19). This file names the shapes; `request-frame.ts` and `reply-frame.ts` read and write them.
 */
import type { RaftError } from '../core/errors.ts';
import type { SessionCall } from '../core/session.ts';
import type { EntryId } from '../core/types.ts';
import type { KeySelector } from '../kv/keys/key-selector.ts';
import type { WatchRevision } from '../kv/watching/watch-event.ts';

export const CLIENT_PROTOCOL_VERSION = 2;
/** The path of the WebSocket, on the port that serves HTTP. */
export const CLIENT_PATH = '/client';

/** In the order in which frames number them. */
export const CONSISTENCIES = ['linearizable', 'lease', 'local'] as const;
export type Consistency = (typeof CONSISTENCIES)[number];

export type ClientRequest =
  | SubmitRequest
  | ReadRequest
  | WatchRequest
  | CancelRequest
  | { readonly type: 'status'; readonly id: number };

/** Ends a watch; harmless if there is none. */
interface CancelRequest {
  readonly type: 'cancel';
  readonly id: number;
}

export interface SubmitRequest {
  readonly type: 'submit';
  /** Chosen by the client, unique among what it has under way on this connection. */
  readonly id: number;
  readonly timeoutMs: number;
  /** As `encodeCommand` made it. */
  readonly command: Uint8Array;
  /** `null`: it belongs to none. */
  readonly session: SessionCall | null;
}

export interface ReadRequest {
  readonly type: 'read';
  readonly id: number;
  readonly timeoutMs: number;
  readonly consistency: Consistency;
  readonly selector: KeySelector;
  readonly limit: number | null;
  readonly revision: number | null;
  readonly keysOnly: boolean;
  /** The write that a local read has to see; `null`: none. */
  readonly atLeast: EntryId | null;
}

export interface WatchRequest {
  readonly type: 'watch';
  readonly id: number;
  readonly selector: KeySelector;
  /** The first revision to tell of; `null`: the first one after now. */
  readonly from: number | null;
}

export type ClientReply =
  | HelloReply
  | DoneReply
  | FailedReply
  | ReadReply
  | WatchedReply
  | PartReply
  | ProgressReply
  | { readonly type: 'status'; readonly id: number; readonly status: string };

export interface DoneReply {
  readonly type: 'done';
  readonly id: number;
  /** Where it stands in the log. */
  readonly at: EntryId;
  /** What the store said, as `encodeResult` made it. */
  readonly result: Uint8Array;
}

/** Comes first, and again whenever the leader changes. */
export interface HelloReply {
  readonly type: 'hello';
  readonly protocolVersion: number;
  readonly nodeId: string;
  readonly clusterId: string;
  readonly leader: string | null;
}

export interface FailedReply {
  readonly type: 'failed';
  readonly id: number;
  readonly error: RaftError;
  /** With `RAFT_COMPACTED`: the oldest revision left; otherwise `null`. */
  readonly compactedRevision: number | null;
}

interface ReadReply {
  readonly type: 'read';
  readonly id: number;
  /** What was served, which may be stronger than what was asked for. */
  readonly served: Consistency;
  /** A range result, as `encodeResult` made it. */
  readonly result: Uint8Array;
}

/** A reply that carries a result, without it. */
export type ResultReply = Omit<DoneReply, 'result'> | Omit<ReadReply, 'result'>;

/**
 * The beginning, or more, of a revision too large for one frame. The rest follows in the next replies to this
 * watch; the last of them is a `watched` whose first revision is this one.
 */
interface PartReply {
  readonly type: 'part';
  readonly id: number;
  readonly revision: WatchRevision;
}

/** Whole revisions, but that the first may be the end of what `part` replies began. */
interface WatchedReply {
  readonly type: 'watched';
  readonly id: number;
  readonly revisions: readonly WatchRevision[];
}

/** Nothing up to this revision concerns the watch but what it has been told. */
interface ProgressReply {
  readonly type: 'progress';
  readonly id: number;
  readonly revision: number;
}
