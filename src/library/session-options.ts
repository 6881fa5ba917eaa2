/**
 * Sessions as an embedding program uses them (§6.3): it opens one, and names it and a number with each command that it may
 * have to repeat. Both are plain values, so that they can be stored with the work that they belong to and outlive the
 * process, which an object that numbers by itself could not.
 */

import { COUNTER_MAX } from '../core/limits.ts';
import { aNumber, aWord, ownOptions } from '../core/option-kinds.ts';
import { parseSessionId, SESSION_TTL_MS, type SessionCall } from '../core/session.ts';
import type { CallOptions } from './call-options.ts';

export interface OpenedSession {
  /** The same at every member. */
  readonly id: string;
  /** It ends once it was not used for so long, in milliseconds, by the time of the log. */
  readonly ttlMs: number;
}

export interface SessionOptions extends CallOptions {
  /** 1,000 to 86,400,000; 600,000 unless given. */
  readonly ttlMs?: number;
}

export interface ProposeOptions extends CallOptions {
  /** This very command, however often it is proposed, at whichever member: it takes effect once. */
  readonly session?: {
    readonly id: string;
    /** From 1, for each command of the session its own; they may overtake each other. */
    readonly sequence: number;
    /** The results of all through this one were received, and need not be kept. */
    readonly acknowledgedThrough?: number;
  };
}

const KINDS = {
  id: aWord,
  sequence: aNumber(1, COUNTER_MAX),
  acknowledgedThrough: aNumber(0, COUNTER_MAX),
};
const { min, max } = SESSION_TTL_MS;

/** What is the session's of them, and what is the call's. Throws a `TypeError`. */
export function sessionOf(options: ProposeOptions | undefined): {
  readonly place: SessionCall | null;
  readonly call: CallOptions | undefined;
} {
  if (typeof options?.session !== 'object') return { place: null, call: options };
  const { session: given, ...call } = options;
  const own = ownOptions('session of propose', given, KINDS);
  const session = parseSessionId(own.id);
  if (session === null)
    throw new TypeError('id of a session must be as openSession resolved with it');
  const { sequence, acknowledgedThrough = 0 } = own;
  return { place: { session, sequence, acknowledgedThrough, opening: null }, call };
}

/** Likewise. */
export function ttlOf(options: SessionOptions | undefined): {
  readonly ttlMs: number;
  readonly call: CallOptions | undefined;
} {
  if (options?.ttlMs === undefined) return { ttlMs: SESSION_TTL_MS.default, call: options };
  const { ttlMs, ...call } = options;
  ownOptions('openSession', { ttlMs }, { ttlMs: aNumber(min, max) });
  return { ttlMs: Math.floor(ttlMs), call };
}
