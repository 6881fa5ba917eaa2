/** The bounds of the client-facing side, with what happens when each is reached. */

import { CLIENT_COMMAND_BYTES_MAX, CLIENT_FRAME_BYTES_MAX } from '../client-protocol/limits.ts';
import { DEFAULT_LIMITS, SNAPSHOT_CHUNK_BYTES_MAX } from '../core/limits.ts';
import { PUT_HEADERS_BYTES_MAX } from '../kv/limits.ts';
import { SESSION_HEADER_BYTES_MAX } from '../sessions/session-entry.ts';

export interface ServerLimits {
  /** One key, at the door; the store itself would take more. Past it: `RAFT_TOO_LARGE`. */
  readonly keyBytesMax: number;
  /** One value. Past it: `RAFT_TOO_LARGE`; reading the body stops there. */
  readonly valueBytesMax: number;
  /** One write in its encoded form, a whole transaction included. Past it: `RAFT_TOO_LARGE`. */
  readonly commandBytesMax: number;
  /** Keys in one answer to a range. The rest is left out and `more` says so. */
  readonly rangeKeysMax: number;
  /** Bytes of keys and values in one such answer; one key is returned even if it alone is larger. */
  readonly rangeBytesMax: number;
  /** Bytes queued for one client before its requests are no longer read, or its watches no longer fed. */
  readonly socketBytesMax: number;
  /** Requests of one client under way. Past it, its socket is not read until some are answered. */
  readonly requestsInFlightMax: number;
  /** Watches of one client connection. Past it: `RAFT_OVERLOADED`. */
  readonly watchesPerClientMax: number;
  /** What the watches of all client connections hold together. Past it: `RAFT_OVERLOADED`. */
  readonly watchBytesMax: number;
  /** Connections of every kind on the client port. Past it: 503 in words, or dropped (SP3). */
  readonly connectionsMax: number;
  /** Client WebSockets on one server. Past it: the upgrade is answered with 503. */
  readonly clientConnectionsMax: number;
  /** HTTP requests under way on one server. Past it: `RAFT_OVERLOADED`, before the body is read. */
  readonly httpRequestsMax: number;
  /** Streams of server-sent events on one server. Past it: `RAFT_OVERLOADED`. */
  readonly httpWatchesMax: number;
}

const MIB = 1024 * 1024;

export const DEFAULT_SERVER_LIMITS: ServerLimits = {
  keyBytesMax: 4096,
  valueBytesMax: 1 * MIB,
  commandBytesMax: DEFAULT_LIMITS.commandBytesMax,
  rangeKeysMax: 10_000,
  rangeBytesMax: 4 * MIB,
  socketBytesMax: 8 * MIB,
  requestsInFlightMax: 50_000,
  watchesPerClientMax: 10_000,
  watchBytesMax: 64 * MIB,
  connectionsMax: 10_000,
  clientConnectionsMax: 10_000,
  httpRequestsMax: 1_000,
  httpWatchesMax: 1_000,
};

/**
 * Bound: how long the requests of all clients are served at a time, in milliseconds, but for the frame that exceeds it. Past it, nobody is
 * read until the messages of members and all else that is ready had their turn: a fraction of the shortest election timeout.
 */
export const CLIENTS_TURN_MS_MAX = 10;
/** Bound: commands that wait until this node has caught up (AC10). Past it: `RAFT_OVERLOADED`. */
export const WAITING_CHANGES_BYTES_MAX: number = 16 * MIB;
/** Bound: how old may be what this node knows of who may do what, in milliseconds. Past it, changes wait (AC10). */
export const RIGHTS_AGE_MS_MAX = 1_000;
/** Bound: newcomers that are being refused. Past it, they are dropped without a word. */
export const REFUSED_CONNECTIONS_MAX = 16;
/** Bound: requests sent ahead on one connection. Past it, the connection is closed. */
export const PIPELINED_REQUESTS_MAX = 64;
/** Bound: what Node reads of a body that nobody asks for. */
export const READ_AHEAD_BYTES = 64 * 1024;
/** Bound: so little is let in while others wait, up to the hard bound: what is short is room for the large. */
export const SMALL_ANSWER_BYTES = 16 * 1024;
/** Bound: a reply above this is not sent; it fails alone. What is left of a frame is for its head. */
export const REPLY_BYTES_MAX: number = CLIENT_FRAME_BYTES_MAX - 64 * 1024;
/** Bound: bytes of replies in one frame, but for a single reply that alone is larger. */
export const REPLY_FRAME_FILL_BYTES = 1024 * 1024;
/** Bound: fragments of one frame; ours has one. More close the connection. */
export const FRAME_FRAGMENTS_MAX = 64;
/** Bound: pieces in which a frame has arrived so far, each with a cost of its own. More close the connection. */
export const FRAME_CHUNKS_MAX = 16_384;
/** Bound: bytes of one part, but for a single event that alone is larger. */
export const REVISION_PART_BYTES_MAX = 1024 * 1024;
/** From here on an answer leaves in pieces. */
export const WHOLE_ANSWER_BYTES_MAX = 256 * 1024;
/** Bound: one piece, handed to the socket when it has taken the one before. */
export const ANSWER_PIECE_BYTES = 128 * 1024;
/** Bound: bytes of a value that are a text at once; a multiple of three, as base64 wants it. */
export const VALUE_PART_BYTES = 24 * 1024;
/** Bound: what a small answer is counted as, so that one who does not take it is closed as well. */
export const LEAST_ANSWER_BYTES = 1024;
/** Room for a key, a prefix and bounds of full length, percent-encoded. */
export const HEAD_BYTES_MAX = 64 * 1024;
/** Bound: fields of a head, since many small ones cost much more than their bytes. */
export const HEAD_FIELDS_MAX = 100;
/** Characters of a header field in a sentence about it; the rest is cut. */
export const SHOWN_FIELD_LENGTH_MAX = 100;
/** Bound: pieces of a body without a declared length, as many as a frame of a client may come in. */
export const BODY_PIECES_MAX = 16_384;
/** Bound: keys and values of one piece, but for a single change that alone is larger. */
export const EVENT_PIECE_BYTES_MAX = 256 * 1024;
/** Bound: keys and values of one answer; JSON may spell a byte with six. */
export const TXN_ANSWER_BYTES_MAX = 8 * 1024 * 1024;
/** Bound: one line in so long, however long it lasts. */
export const LEADERLESS_INTERVAL_MAX_MS = 600_000;

/** CF4: the largest key with the largest value can be written, over HTTP and by the client alike. */
export function contradictionInServerLimits(
  { keyBytesMax, valueBytesMax, commandBytesMax }: ServerLimits,
  nameOf: (name: 'valueBytesMax' | 'commandBytesMax') => string = (name) => name,
): string | null {
  const value = `${nameOf('valueBytesMax')} ${valueBytesMax}`;
  const command = `${nameOf('commandBytesMax')} ${commandBytesMax}`;
  const headers = PUT_HEADERS_BYTES_MAX + SESSION_HEADER_BYTES_MAX;
  const needed = keyBytesMax + valueBytesMax + headers;
  if (needed > commandBytesMax) {
    return `${value} does not fit into ${command}: with a key of ${keyBytesMax} bytes and headers it takes ${needed}. Raise the latter, or lower the former.`;
  }
  if (commandBytesMax > CLIENT_COMMAND_BYTES_MAX) {
    return `${command} is too large: a client sends no more than ${CLIENT_COMMAND_BYTES_MAX} bytes at once. Lower it.`;
  }
  return null;
}

/** JSON spells a transaction out, base64 adds a third; what it means must still fit `commandBytesMax`. */
export function txnBodyBytesMax({ commandBytesMax }: ServerLimits): number {
  return 2 * commandBytesMax;
}

/** How often the leader looks which leases are over, in milliseconds: one ends so much later than it might. */
export const LEASE_SLOT_MS = 100;
/** A leader that stood still for longer, in milliseconds, has missed renewals: it counts all leases anew. */
export const LEASE_STALL_MS = 1_000;
/** Bound: leases looked at in one turn of the event loop; the rest waits for the next look. */
export const LEASES_LOOKED_AT_MAX = 5_000;
/** Renewals gather for this share of the shortest lease among them, and for so long in any case, in milliseconds; then they enter the log together. */
export const RENEWALS_GATHERED_SHARE = 1 / 50;
export const RENEWALS_GATHERED_MAX_MS = 100;
/** Bound: the JSON of a list of leases to renew. Past it: `RAFT_TOO_LARGE`. */
export const LEASES_BODY_BYTES_MAX: number = 32 * 1024;
/** Bound: leases in one answer; `more` tells of the rest. */
export const LEASES_TOLD_MAX = 1_000;
/** Bound: keys of one lease in an answer; `more` tells of the rest. */
export const LEASE_KEYS_TOLD_MAX = 100;
/** How often the leader looks whether history is due to go, in milliseconds. */
export const HISTORY_INTERVAL_MS = 1_000;
/** Bound: the JSON of a compaction, a transfer or a snapshot, a number or a name. Past it: `RAFT_TOO_LARGE`. */
export const ORDER_BODY_BYTES_MAX = 1024;
/** How long clients of a leader that has handed over may take to follow, in milliseconds; then they are closed. */
export const CLIENTS_FOLLOW_MS = 500;
/** A server has run for so long before it rehearses, in milliseconds: one that is short-lived does not. */
export const REHEARSAL_AFTER_MS = 2_000;
/** Bound: what a rehearsal does; each costs some 40 ms of a processor, and those behind the third bring little. */
export const HANDOVERS_REHEARSED = 3;
/** Bound: rounds until then. Where the machine is so busy that members lose each other, the lead moves by itself instead. */
export const ROUNDS_REHEARSED_MAX = 9;

/** A range in JSON: base64 adds a third, and a revision and its like come with each key. */
export function rangeTextMax({ rangeBytesMax, rangeKeysMax }: ServerLimits): number {
  return 2 * rangeBytesMax + 256 * rangeKeysMax;
}

/** Bound: so many lines of the log of a kind that others cause at will, in so many milliseconds; the rest is counted, and told in one. */
export const LOG_LINES_MAX = 60;
export const LOG_LINES_MS = 60_000;
/** Bound: characters of a text in a line of the log; the rest is cut. */
export const LOG_TEXT_LENGTH_MAX = 4_096;

/** The room that an answer to a range asks for before anybody knows how large it is. */
export const RANGE_ROOM_BYTES: number = 256 * 1024;
/** Of a revision, and of the number of a lease, that a request names. */
export const REVISION_BOUNDS = { min: 1, max: 2 ** 48 } as const;
/** Of the keys that a reader of a range asks for at most. */
export const RANGE_LIMIT_BOUNDS = { min: 1, max: 2 ** 32 - 1 } as const;
/** How long a request may be told to wait, in milliseconds. */
export const TIMEOUT_BOUNDS = { min: 1, max: 60_000 } as const;
/** How long a request may wait unless it says otherwise, in milliseconds. */
export const TIMEOUT_DEFAULT_MS = 5_000;
/** How long `/readyz` waits for a proof that it can serve, in milliseconds, unless told otherwise. */
export const READY_TIMEOUT_MS = 1_000;
/** Bound: what comes behind the last answer of a connection is read for so long, in milliseconds, so that the answer is not lost; then it is closed. */
export const LINGER_MS = 500;
/** Silence on a stream of events after which a comment keeps proxies from closing it, in milliseconds. */
export const SSE_KEEP_ALIVE_MS = 15_000;
/** Bound: records that one reader of `/inspect` has not taken; past it some are left out, and it is told how many. */
export const INSPECT_QUEUE_BYTES_MAX: number = 256 * 1024;
/** Bound: streams that one page follows; a browser keeps six connections to a server. Of more members it shows the others as not heard. */
export const PAGE_STREAMS_MAX = 5;
/** Records gather for so long, in milliseconds, and leave for their reader together. */
export const INSPECT_GATHER_MS = 20;
/** How long another member may take to begin its stream, in milliseconds; then 502. */
export const RELAY_TIMEOUT_MS = 2_000;
/** Of that stream: how many comments in a row may fail to come that it sends when it has nothing to say; then it is ended. */
export const RELAY_SILENCES_MAX = 2;
/** Bound: how long a session that its client opens may be remembered unused, in milliseconds. Past it: refused. */
export const OPENING_AHEAD_MS_MAX = 600_000;
/** Bound: backups that a member makes at a time; each keeps what compaction would free. Past it: 429. */
export const BACKUPS_MAX = 2;
/** Bound: of the body of one record of a backup: a chunk of a snapshot, or a header with as many members as there can be. */
export const BACKUP_RECORD_BYTES_MAX: number = 64 * 1024 + SNAPSHOT_CHUNK_BYTES_MAX;
/** Bound: a member makes a backup no faster than this, in bytes each second: it has other work. */
export const BACKUP_BYTES_PER_SECOND_MAX: number = 100 * MIB;
/**
 * Bound: whoever takes less of a backup, in bytes each second, once so many milliseconds have passed, is ended: what it keeps
 * from being freed grows with time.
 */
export const BACKUP_BYTES_PER_SECOND_MIN: number = 256 * 1024;
export const BACKUP_GRACE_MS = 60_000;
/** Bound: the body of a change of members. Past it: 413. */
export const MEMBERS_BODY_BYTES_MAX = 64 * 1024;
/** Bound: what a node says that founds a cluster, two proposals of 64 members included; more is refused. */
export const FOUNDING_BODY_BYTES_MAX: number = 64 * 1024;
/** Bound: so many of these arrive at once; of more, who began first is closed. */
export const FOUNDING_BODIES_MAX = 64;
/** How long one of them may take to arrive, in milliseconds; then its connection ends. */
export const FOUNDING_BODY_MS = 2_000;
/** Bound: of so many others that found a cluster a node remembers where they are, and tells; one more waits for a place. */
export const FOUNDER_PLACES_MAX = 64;
/** Whoever has said nothing for so long, in milliseconds, is not told of any more: twenty questions may be lost. */
export const FOUNDER_PLACES_MS = 5_000;
/** Bound: members of which this node knows where they serve clients; of more, those that told it last. */
export const CLIENT_URLS_MAX = 128;
