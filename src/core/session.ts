/**
 * What callers and members say of a session (§6.3): its name, the number of each command in it, and what its client has
 * heard. The table of sessions is `src/sessions/`; how its entries look, `session-entry.ts` there.
 */
import { isCounter } from './types.ts';

export const SESSION_ID_BYTES = 16;
/** Bound: how long a session may live without being used, in milliseconds; others are refused. */
export const SESSION_TTL_MS = { min: 1_000, default: 600_000, max: 86_400_000 } as const;

/** The first command of a session that its client has named itself opens it, so that opening costs no round. */
export interface SessionOpening {
  readonly ttlMs: number;
  /**
   * By the clock of the log: later it opens nothing, and until then it lives at least. So of two copies of an entry no
   * second one ever finds the session gone, and opens it anew (SE6).
   */
  readonly notAfterMs: number;
}

/** Which command this is, for a table that must not carry it out twice. */
export interface SessionCall {
  /** The id, in `SESSION_ID_BYTES` bytes. */
  readonly session: Uint8Array;
  /** From 1: the same for each copy of one command, and for no other. Commands may arrive in any order. */
  readonly sequence: number;
  /** The client has the answers of all commands through this one, or wants them no more. 0: it does not say. */
  readonly acknowledgedThrough: number;
  /** `null`: the session must exist. */
  readonly opening: SessionOpening | null;
}

/** What is asked of a session besides commands. */
export type SessionOperation =
  /** `salt`: eight random bytes, so that nobody guesses the id. */
  | { readonly type: 'open'; readonly ttlMs: number; readonly salt: Uint8Array }
  | { readonly type: 'renew' | 'close'; readonly session: Uint8Array };

/** A session as it is after an operation. */
export interface SessionState {
  readonly session: Uint8Array;
  /** It ends once it was not used for so long, by the clock of the log. */
  readonly ttlMs: number;
}

export const SALT_BYTES = 8;
/** Set in the last byte of an id that a client made; an id that comes from the log never has it. */
const CLIENT_MADE = 0x80;
const HEX_DIGITS = 16;
const ID_TEXT = /^[0-9a-f]{32}$/;

export function sessionIdText(session: Uint8Array): string {
  return Array.from(session, (byte) => byte.toString(HEX_DIGITS).padStart(2, '0')).join('');
}

/** `null`: the text is no id. */
export function parseSessionId(text: string): Uint8Array | null {
  if (!ID_TEXT.test(text)) return null;
  const bytes = text.match(/../g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, HEX_DIGITS));
}

/** The id of a session that the first command of its client opens, of so many random bytes. */
export function clientMadeId(random: Uint8Array): Uint8Array {
  const id = random.slice(0, SESSION_ID_BYTES);
  id[SESSION_ID_BYTES - 1] = (id[SESSION_ID_BYTES - 1] ?? 0) | CLIENT_MADE;
  return id;
}

function isClientMade(session: Uint8Array): boolean {
  return ((session[SESSION_ID_BYTES - 1] ?? 0) & CLIENT_MADE) !== 0;
}

/** What is wrong with it, in words; `null`: nothing. */
export function faultInSessionCall(call: SessionCall): string | null {
  const { session, sequence, acknowledgedThrough, opening } = call;
  if (!isSessionId(session)) return `a session is named by ${SESSION_ID_BYTES} bytes`;
  if (!isCounter(sequence) || sequence === 0) return 'a sequence is a whole number from 1';
  if (!isCounter(acknowledgedThrough) || acknowledgedThrough >= sequence) {
    return 'what is acknowledged is a whole number below the sequence';
  }
  if (opening === null) return null;
  if (!isClientMade(session)) return 'this session was opened already, or never will be';
  if (!isCounter(opening.notAfterMs)) return 'a time is a whole number of milliseconds since 1970';
  return faultInTtl(opening.ttlMs);
}

/** As above. */
export function faultInSessionOperation(operation: SessionOperation): string | null {
  if (operation.type === 'open') {
    const { salt, ttlMs } = operation;
    return salt.length === SALT_BYTES ? faultInTtl(ttlMs) : `a salt has ${SALT_BYTES} bytes`;
  }
  return isSessionId(operation.session) ? null : `a session is named by ${SESSION_ID_BYTES} bytes`;
}

function isSessionId(session: unknown): boolean {
  return session instanceof Uint8Array && session.length === SESSION_ID_BYTES;
}

function faultInTtl(ttlMs: number): string | null {
  const { min, max } = SESSION_TTL_MS;
  const isTtl = Number.isSafeInteger(ttlMs) && ttlMs >= min && ttlMs <= max;
  return isTtl ? null : `a session lives for ${min} to ${max} ms without being used`;
}
