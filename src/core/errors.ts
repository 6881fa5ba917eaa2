/**
 * Errors that callers see. The code is API, the message is not. `retry` is the field that matters:
 * it never blurs "refused", which never took effect, with "unknown", which may yet (§6.3).
 * `docs/errors.md` lists every code with what to do next.
 */
import { InvariantViolation } from './assert.ts';
import { textOf } from './thrown-text.ts';
import type { NodeId } from './types.ts';

/**
 * `safe`: it never took effect, try again. `redirect`: ask the named leader. `outcomeUnknown`: it may have
 * taken effect or may yet; repeat only what is harmless twice. `never`: repeating it cannot help.
 */
export type Retry = 'safe' | 'redirect' | 'outcomeUnknown' | 'never';

/** Their places are what frames carry (docs/formats.md). */
export const RETRIES: readonly Retry[] = ['safe', 'redirect', 'outcomeUnknown', 'never'];

export function isRetry(value: unknown): value is Retry {
  return RETRIES.some((retry) => retry === value);
}

/** Every code with the retry advice it carries unless a caller is told otherwise. */
export const ERROR_CODES = {
  RAFT_ABORTED: 'outcomeUnknown',
  RAFT_ANSWER_GONE: 'never',
  RAFT_BAD_REQUEST: 'never',
  RAFT_COMMAND_REFUSED: 'never',
  RAFT_COMPACTED: 'never',
  RAFT_CONDITION_FAILED: 'never',
  RAFT_CONFLICT: 'never',
  RAFT_FUTURE_REVISION: 'safe',
  RAFT_HALTED: 'never',
  RAFT_INVARIANT_VIOLATED: 'never',
  RAFT_LEASE_EXPIRED: 'never',
  RAFT_LOG_REFUSED: 'never',
  RAFT_NOT_FOUND: 'never',
  RAFT_NO_LEADER: 'safe',
  RAFT_NOT_LEADER: 'redirect',
  RAFT_NO_SNAPSHOTS: 'never',
  RAFT_OUTCOME_UNKNOWN: 'outcomeUnknown',
  RAFT_OVERLOADED: 'safe',
  RAFT_OVERWRITTEN: 'safe',
  RAFT_SEQUENCE_PASSED: 'never',
  RAFT_SESSION_EXPIRED: 'never',
  RAFT_STATE_MACHINE_FAILED: 'never',
  RAFT_STOPPED: 'safe',
  RAFT_STORAGE_FAILED: 'never',
  RAFT_TIMED_OUT: 'outcomeUnknown',
  RAFT_TOO_LARGE: 'never',
  RAFT_TRANSFER_REFUSED: 'safe',
  RAFT_UNREACHABLE: 'safe',
  RAFT_UPGRADE_NEEDED: 'safe',
  RAFT_WATCH_TOO_SLOW: 'safe',
  RAFT_WRONG_IDENTITY: 'never',
  // Behind those of earlier versions: frames between members carry their places.
  RAFT_FORBIDDEN: 'never',
  RAFT_UNAUTHENTICATED: 'never',
} as const satisfies Record<string, Retry>;

export type RaftErrorCode = keyof typeof ERROR_CODES;

export function isErrorCode(code: string): code is RaftErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

export interface RaftErrorDetails {
  /** Overrides the code's usual answer, e.g. an aborted read is `safe`. */
  readonly retry?: Retry;
  readonly leader?: NodeId | null;
  readonly cause?: unknown;
}

/** Every failure that is not a misuse. Look at `code` and `retry`, never at the message. */
export class RaftError extends Error {
  override readonly name = 'RaftError';
  readonly code: RaftErrorCode;
  readonly retry: Retry;
  /** The leader, where one is known and asking it would help. */
  readonly leader: NodeId | null;

  constructor(code: RaftErrorCode, message: string, details: RaftErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.retry = details.retry ?? ERROR_CODES[code];
    this.leader = details.leader ?? null;
  }
}

/**
 * What comes by the thousand where there is too much to do: a refusal, a deadline that has passed, the word of a server. Its stack
 * would name a queue or a socket, nobody's mistake, and takes nine tenths of the time (5.2 µs of it, 40 calls deep, where 0.5 are
 * left: `npm run bench:micro -- --only errors`); so it has none.
 */
export function passingError(
  code: RaftErrorCode,
  message: string,
  details: RaftErrorDetails = {},
): RaftError {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return new RaftError(code, message, details);
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** Whatever was thrown, as the reason of a halt. */
export function asRaftError(error: unknown): RaftError {
  if (error instanceof RaftError) return error;
  const code = error instanceof InvariantViolation ? error.code : 'RAFT_HALTED';
  return new RaftError(code, `this member has halted: ${textOf(error)}`, { cause: error });
}
