/**
 * From an error to an HTTP answer: `{code, message, retry, leader?}` with the status that the contract
 * names (SV7). The retry advice is what a program should obey; the status is for proxies and people.
 */
import { RaftError, type RaftErrorCode } from '../core/errors.ts';
import { CompactedError, FutureRevisionError } from '../kv/commands/kv-errors.ts';

const STATUS_BY_CODE: Readonly<Record<RaftErrorCode, number>> = {
  RAFT_ABORTED: 503,
  RAFT_ANSWER_GONE: 409,
  RAFT_BAD_REQUEST: 400,
  RAFT_COMMAND_REFUSED: 409,
  RAFT_COMPACTED: 409,
  RAFT_CONDITION_FAILED: 412,
  RAFT_CONFLICT: 409,
  RAFT_FORBIDDEN: 403,
  RAFT_FUTURE_REVISION: 409,
  RAFT_HALTED: 503,
  RAFT_INVARIANT_VIOLATED: 503,
  RAFT_LEASE_EXPIRED: 409,
  RAFT_LOG_REFUSED: 503,
  RAFT_NOT_FOUND: 404,
  RAFT_NO_LEADER: 503,
  RAFT_NOT_LEADER: 503,
  RAFT_NO_SNAPSHOTS: 409,
  RAFT_OUTCOME_UNKNOWN: 503,
  RAFT_OVERLOADED: 429,
  RAFT_OVERWRITTEN: 503,
  RAFT_SEQUENCE_PASSED: 409,
  RAFT_SESSION_EXPIRED: 409,
  RAFT_STATE_MACHINE_FAILED: 503,
  RAFT_STOPPED: 503,
  RAFT_STORAGE_FAILED: 503,
  RAFT_TIMED_OUT: 504,
  RAFT_TOO_LARGE: 413,
  RAFT_TRANSFER_REFUSED: 409,
  RAFT_UNAUTHENTICATED: 401,
  RAFT_UNREACHABLE: 503,
  RAFT_UPGRADE_NEEDED: 409,
  RAFT_WATCH_TOO_SLOW: 503,
  RAFT_WRONG_IDENTITY: 503,
};

export function httpStatusOf(code: RaftErrorCode): number {
  return STATUS_BY_CODE[code];
}

/** The body of an error; `leader` only where one is known. `extra` adds what a single answer promises. */
export function errorBody(
  error: RaftError,
  extra: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  const { code, message, retry, leader } = error;
  const known = leader === null ? {} : { leader };
  return { code, message, retry, ...known, ...numbersOf(error), ...extra };
}

/** What the caller of a read or watch needs to go on. */
function numbersOf(error: RaftError): Readonly<Record<string, number>> {
  if (error instanceof CompactedError) return { compactedRevision: error.compactedRevision };
  return error instanceof FutureRevisionError ? { revision: error.revision } : {};
}

interface ErrorResponseParts {
  /** More fields of the body. */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** Instead of the code's own. */
  readonly status?: number;
}

export function errorResponse(error: RaftError, parts: ErrorResponseParts = {}): Response {
  const { fields = {}, headers = {}, status = httpStatusOf(error.code) } = parts;
  return Response.json(errorBody(error, fields), { status, headers });
}

/** What is thrown at us from below is one of ours, or a fault of this program that the caller sees as 500. */
export function asRaftError(error: unknown): RaftError | null {
  return error instanceof RaftError ? error : null;
}

export function nothingHere(): RaftError {
  const text = 'There is nothing at this path. Keys live under /kv/<key>; see docs/HTTP.md.';
  return new RaftError('RAFT_NOT_FOUND', text);
}

export function leaseExpired(lease: number): RaftError {
  const text = `There is no lease ${lease}: it has ended, or was never granted.`;
  return new RaftError('RAFT_LEASE_EXPIRED', text);
}

/** A bound is reached, and nothing was done. */
export function overloaded(message: string): RaftError {
  return new RaftError('RAFT_OVERLOADED', message);
}

/** The request itself is wrong; sending it again cannot help. */
export function badRequest(message: string): RaftError {
  return new RaftError('RAFT_BAD_REQUEST', message);
}
