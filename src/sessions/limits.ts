/**
 * The bounds of the table of sessions, with what happens when each is reached. Every replica must come to the same
 * end, so they are part of what the log means: another value takes another version of the entries (SE9).
 */

import { COUNTER_MAX } from '../core/limits.ts';
import { SESSION_TTL_MS } from '../core/session.ts';

export interface SessionBounds {
  /** Sessions at once. Past it those whose time is over go; if none is, opening is refused with `RAFT_OVERLOADED`. */
  readonly sessionsMax: number;
  /**
   * Sequences of one session behind its newest that are told apart. What lies further back is refused with
   * `RAFT_SEQUENCE_PASSED`, and nothing is done.
   */
  readonly windowSequences: number;
  /** Bytes of answers that one session keeps; past it, its oldest are let go: `RAFT_ANSWER_GONE`. */
  readonly sessionAnswerBytesMax: number;
  /** Bytes of answers that all keep together; past it, the session that wrote longest ago lets go of its own. */
  readonly answerBytesMax: number;
  /** Commands that all sessions remember together; past it, the session that wrote longest ago forgets its own. */
  readonly commandsMax: number;
}

const MIB = 1024 * 1024;

export const SESSION_BOUNDS: SessionBounds = {
  sessionsMax: 32_768,
  windowSequences: 16_384,
  sessionAnswerBytesMax: 2 * MIB,
  answerBytesMax: 64 * MIB,
  commandsMax: 262_144,
};

/** So much is let go at once when a bound is passed, as a share: looking for it costs time. */
export const SHARE_LET_GO: number = 1 / 8;
/** Sessions whose time is over are put away this often, by the clock of the log, in milliseconds. */
export const SWEEP_EVERY_MS = 60_000;
/** Bound: answers of one batch, in bytes; past it the rest of the batch waits for the next turn. */
export const BATCH_ANSWER_BYTES_MAX: number = 4 * MIB;
/** Bound: one part of the table, a session, in its written form: a larger one is no part of it. */
export const PART_BYTES_MAX: number = 4 * MIB;
/** Bound: the latest time that counts, in milliseconds since 1970; what lasts from then on is still a counter. */
export const TIME_MS_MAX: number = COUNTER_MAX - SESSION_TTL_MS.max;
/** The table is cut into chunks of so many bytes; its end has its own, so that what follows keeps its chunks. */
export const TABLE_CHUNK_BYTES: number = 64 * 1024;
/**
 * Bound: chunks in which the table is written again because it was before, and which are in memory meanwhile; past it, it
 * takes as many as it takes, and the whole snapshot is written anew.
 */
export const TABLE_CHUNKS_KEPT_MAX = 32;
