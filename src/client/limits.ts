/** The bounds of the client library, with what happens when each is reached; `docs/LIMITS.md` has them in a table. */

/** Waits between rounds of attempts, in milliseconds: doubled each time, with jitter. */
export const REDIAL_MIN_MS = 25;
export const REDIAL_MAX_MS = 1_000;
/**
 * How long a server may know no leader before others are asked, in milliseconds: doubled each time, with jitter. Each client asks all others: where
 * thousands have no majority for minutes, more often would keep the servers from what brings it back.
 */
export const LEADERLESS_MIN_MS = 500;
export const LEADERLESS_MAX_MS = 16_000;
/** Where the members are by now a server is asked after so long, in milliseconds; by chance up to twice as often. */
export const MEMBERS_ASKED_MS = 20_000;
/** Bound: bytes of commands in one frame; the rest of the tick follows in the next frame. */
export const REQUEST_FRAME_FILL_BYTES = 1024 * 1024;
/** Bound: bytes of keys and values held for a slow reader; reached, the stream is paused at its source. */
export const WATCH_BUFFER_BYTES_MAX = 64 * 1024 * 1024;
/** How long a session may be idle before its cluster forgets it, in milliseconds; longer than any request may take. */
export const WRITE_SESSION_TTL_MS = 120_000;
/** A session that was idle for so long is left for another, in milliseconds: a request in it may take its time. */
export const SESSION_IDLE_MS = 45_000;
/** Bound: sequences of one session between its oldest write under way and its newest. Past it, another one begins. */
export const SESSION_SPAN_MAX = 8_192;
/** Bound: so often one write begins in another session, where its own was over. */
export const SESSIONS_ANEW_MAX = 5;
/** Waits before a write is sent again, in milliseconds: doubled each time. */
export const RESEND_MIN_MS = 20;
export const RESEND_MAX_MS = 500;
/**
 * Bound: requests that one connection has sent and that are not answered, at most; what exceeds it waits unsent. As many as a
 * server carries out in a tenth of a second, or in a good round trip over the ocean.
 */
export const WINDOW_REQUESTS_MAX = 2_048;
/** At first, doubled with each window of answers: hardly more than TCP takes at once on a new connection. */
export const WINDOW_REQUESTS_AT_FIRST = 128;
/** What is left of it, at least, where the server is slow and refuses nothing: it may be the way, or the machine. */
export const WINDOW_REQUESTS_SLOW = 256;
/** What is left of it, at least, where the server refuses. */
export const WINDOW_REQUESTS_MIN = 16;
/** By so much it widens with each window of answers, once the server was behind. */
export const WINDOW_STEP = 16;
/**
 * For this share of a request's time, and no longer, in milliseconds, nothing that may wait is sent to a server that has refused
 * it for its load, or said nothing.
 */
export const HOLD_SHARE = 1 / 20;
export const HOLD_MS_MAX = 100;
/** A server that took this share of a caller's time is behind: half of the share at which it refuses, so that it need not. */
export const SLOW_SHARE = 1 / 8;
/** But it has to be so many times its fastest answer, of which the way and the disks are most. */
export const SLOW_TIMES_FASTEST = 2;
/** A lease is renewed after this share of its time, so that two renewals may fail. */
export const RENEWAL_SHARE = 1 / 3;
/** By up to this share sooner, so that many leases are not renewed at one time. */
export const RENEWAL_JITTER = 0.2;
/** Renewals of one client gather for this share of the time that one may take, and for so many milliseconds at most, and leave together. */
export const RENEWALS_GATHERED_SHARE = 1 / 20;
export const RENEWALS_GATHERED_MAX_MS = 100;
/** Bound: how long a renewal may take, and the pause after one that failed, in milliseconds; less for a short lease. */
export const RENEWAL_TIMEOUT_MAX_MS = 5_000;
export const RENEWAL_RETRY_MAX_MS = 500;
/** A lease that could not be given back is given back again after such a pause; how long one try takes, and all of them, in milliseconds. */
export const REVOKED_AGAIN_MS = 200;
export const REVOKED_TRY_MIN_MS = 500;
export const REVOKED_WITHIN_MAX_MS = 30_000;
/** Bound: so long a lock, a lead or a registration that was aborted or has failed waits until its lease is given back, in milliseconds. */
export const GIVEN_BACK_WITHIN_MS = 1_000;
/** How long locks, leads and registrations outlive a holder that is gone without a word, in milliseconds, unless told otherwise. */
export const COORDINATION_TTL_MS = 10_000;
/** The pause before a read of theirs is made again, in milliseconds. */
export const COORDINATION_RETRY_MS = 200;
/**
 * Bound: keys of what one client holds that it watches at a time, so that a server has room for the watches of others. Who comes later is
 * watched once there is room, and hears until then of the end of its lease at the next renewal, and of a key that somebody deleted not.
 */
export const OWN_KEYS_FOLLOWED_MAX = 1_000;
/** The pause before a key that could not be watched is watched again, in milliseconds. */
export const OWN_KEY_AGAIN_MS = 2_000;
/** Waits before a watch that a server has no room for is asked for again, in milliseconds: doubled each time. */
export const RESUBSCRIBE_MIN_MS = 100;
export const RESUBSCRIBE_MAX_MS = 5_000;
/** Bound: so often a place in line is put where another key is in its way, and taken away; then `RAFT_CONFLICT`. */
export const PLACE_TRIES_MAX = 3;
/** Bound: keys of a line that are read at once. */
export const LINE_PAGE_KEYS = 1_000;
/** Bound: likewise the bytes of commands; the last one may exceed it. */
export const WINDOW_BYTES_MAX: number = 16 * 1024 * 1024;
/**
 * At up to so many times the requests that the server carries out, who is let in waits no longer than it has time, as in
 * `admission.ts` of the node: at L times as many, the last one let in waits L times as long as the first had waited when it came.
 */
export const OVERLOAD_BORNE = 4;
/**
 * A request that has waited unsent for this share of its time is not sent any more: one that came later is sooner in time, and
 * what a server that is behind answers too late it has done in vain.
 */
export const UNSENT_SHARE_MAX = 0.5;
