/**
 * Every call that is under way, in the order it was made; the bounds on them (CL7); and their deadlines,
 * looked at by one sweep for all instead of a timer for each.
 */

import type { ClientReply, FailedReply, HelloReply } from '../../client-protocol/frame-shapes.ts';
import { passingError, type RaftError, type RaftErrorCode } from '../../core/errors.ts';
import { CompactedError } from '../../kv/commands/kv-errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { type ClientSettings, SWEEP_INTERVAL_MS } from '../client-options.ts';
import { RESEND_MAX_MS, RESEND_MIN_MS } from '../limits.ts';
import { type Call, type CallCarrier, type CallEnd, earlyEnd, type Pace } from './call.ts';
import { notKnown } from './write-session.ts';

/** The error of a reply, in the class that the local store would have thrown. */
export function failureOf(reply: FailedReply, revision: number | null): RaftError {
  const { error, compactedRevision } = reply;
  return compactedRevision === null ? error : new CompactedError(revision ?? 0, compactedRevision);
}

type AnyAnswer = Exclude<ClientReply, HelloReply>;

interface RegistryParts {
  readonly settings: ClientSettings;
  readonly clock: Clock;
  /** Says why no connection is there, for calls that time out waiting for one. */
  readonly whyWaiting: () => string;
  readonly knowsOthers: () => boolean;
  /** Sends a call that waits, if there is a connection. */
  readonly send: (call: Call) => void;
}

export class CallRegistry {
  readonly #parts: RegistryParts;
  readonly #calls = new Map<number, Call>();
  #bytes = 0;
  /** The timer of the next look at the deadlines; `null`: nothing is under way. */
  #sweep: unknown = null;
  /** When that is due, and the one before was and came: in between this process did something else. */
  #sweepDueMs = 0;
  #lastDueMs = 0;
  #lastSweptMs = 0;

  constructor(parts: RegistryParts) {
    this.#parts = parts;
  }

  /** Throws `RAFT_OVERLOADED` past the bounds; then nothing was sent. */
  add(call: Call): void {
    const { pendingRequestsMax, pendingBytesMax } = this.#parts.settings;
    if (this.#calls.size >= pendingRequestsMax || this.#bytes + call.bytes > pendingBytesMax) {
      throw passingError(
        'RAFT_OVERLOADED',
        `${this.#calls.size} requests are under way already. It was not sent; wait for some of them.`,
      );
    }
    this.#calls.set(call.id, call);
    this.#bytes += call.bytes;
    this.#sweep ??= this.#nextSweep();
  }

  /** An answer to a call that has already ended, or is asked elsewhere by now, is dropped. */
  settle(reply: AnyAnswer, from: CallCarrier): void {
    const { id } = reply;
    const call = this.#calls.get(id);
    if (call === undefined || call.connection !== from) return;
    if (reply.type === 'failed') return this.#refused(call, failureOf(reply, call.revision));
    this.#remove(id, { pace: call.isWrite ? this.#paceOf(call) : null });
    complete(call, reply);
  }

  abort(id: number, reason: unknown): void {
    const call = this.#remove(id);
    if (call !== undefined) {
      call.fail(earlyEnd(call, 'RAFT_ABORTED', 'The request was aborted.', reason));
    }
  }

  waiting(): readonly Call[] {
    return [...this.#calls.values()].filter((call) => call.connection === null);
  }

  /**
   * What was not written waits for another connection, and so do reads, and writes of a session. Another write that
   * was written is never sent again: it ends here, its outcome unknown (CL3).
   */
  connectionLost(connection: CallCarrier, why: string): void {
    for (const call of this.#calls.values()) {
      if (call.connection !== connection) continue;
      if (isOnceOnly(call)) {
        this.#end(call, 'RAFT_OUTCOME_UNKNOWN', `The connection broke (${why}).`);
      } else takeBack(call, call.isSent);
    }
  }

  /**
   * CL45: a server without a leader keeps what may be in its log until others tell it what became of that. What may be asked twice
   * is asked elsewhere; a write without a session stays (CL3).
   */
  takeFrom(connection: CallCarrier): void {
    const left = [...this.#calls.values()].filter((call) => call.connection === connection);
    for (const call of left) {
      if (isOnceOnly(call)) continue;
      const how = { wasSent: call.isSent, isServerBehind: false, pace: null };
      takeBack(call, call.isSent);
      connection.callEnded(call, how);
    }
  }

  /** No endpoint answers, and the client was told to give up then. */
  giveUpWaiting(why: string): void {
    for (const call of this.waiting()) this.#end(call, 'RAFT_UNREACHABLE', why);
  }

  endAll(code: RaftErrorCode, what: string): void {
    for (const call of [...this.#calls.values()]) this.#end(call, code, what);
    if (this.#sweep !== null) this.#parts.clock.clearTimeout(this.#sweep);
    this.#sweep = null;
  }

  /**
   * SE15: a write of a session whose outcome is not known is sent again, after a pause or as soon as a leader is known. CL33: so is what goes to another
   * server. Everything else hears the error.
   */
  #refused(call: Call, error: RaftError): void {
    const { clock, knowsOthers, send } = this.#parts;
    const { connection, mayHaveHappened, writing } = call;
    const goesElsewhere = knowsOthers() && isForAnother(call, error);
    if (!goesElsewhere && writing?.repeats(error, mayHaveHappened) !== true) {
      this.#remove(call.id, { isServerBehind: isBehind(call, error) });
      return call.fail(mayHaveHappened ? notKnown(error) : error);
    }
    const how = { wasSent: call.isSent, isServerBehind: isBehind(call, error), pace: null };
    takeBack(call, error.retry === 'outcomeUnknown');
    call.refusal = goesElsewhere ? error : null;
    connection?.callEnded(call, how);
    const pauseMs = Math.min(RESEND_MAX_MS, RESEND_MIN_MS * 2 ** call.attempts);
    call.attempts += 1;
    clock.setTimeout(() => {
      if (this.#calls.get(call.id) === call && call.connection === null) send(call);
    }, pauseMs);
  }

  #endOverdue(): void {
    const now = this.#parts.clock.now();
    this.#lastDueMs = this.#sweepDueMs;
    this.#lastSweptMs = now;
    for (const call of this.#calls.values()) {
      if (call.deadline <= now) this.#endLate(call);
    }
    this.#sweep = this.#calls.size === 0 ? null : this.#nextSweep();
  }

  #nextSweep(): unknown {
    const { clock } = this.#parts;
    this.#sweepDueMs = clock.now() + SWEEP_INTERVAL_MS;
    return clock.setTimeout(() => this.#endOverdue(), SWEEP_INTERVAL_MS);
  }

  #endLate(call: Call): void {
    const isUnsent = call.connection === null && !call.mayHaveHappened;
    if (isUnsent && call.refusal !== null) {
      this.#remove(call.id);
      call.fail(call.refusal);
    } else if (isUnsent) this.#end(call, 'RAFT_UNREACHABLE', this.#parts.whyWaiting());
    else
      this.#end(call, 'RAFT_TIMED_OUT', `No answer came within ${Math.ceil(call.timeoutMs)} ms.`);
  }

  #end(call: Call, code: RaftErrorCode, what: string): void {
    this.#remove(call.id, { isServerBehind: code === 'RAFT_TIMED_OUT' });
    call.fail(earlyEnd(call, code, what));
  }

  /** The look that was late, and the one that is due by now and has not come. */
  #paceOf({ sentMs }: Call): Pace {
    const now = this.#parts.clock.now();
    const lateMs = Math.max(0, this.#lastSweptMs - Math.max(this.#lastDueMs, sentMs));
    const overdueMs = Math.max(0, now - Math.max(this.#sweepDueMs, sentMs));
    return { tookMs: now - sentMs, ownDelayMs: lateMs + overdueMs };
  }

  #remove(id: number, how: Partial<CallEnd> = {}): Call | undefined {
    const call = this.#calls.get(id);
    if (call === undefined) return undefined;
    this.#calls.delete(id);
    this.#bytes -= call.bytes;
    call.release?.();
    const { connection } = call;
    call.connection = null;
    connection?.callEnded(call, {
      wasSent: call.isSent,
      isServerBehind: false,
      pace: null,
      ...how,
    });
    return call;
  }
}

/**
 * CL33: this server stops, or is no member any more, or is cut off from the leader (CL45). CL3: it may have a write in its log that others commit once it is back,
 * so that a write without a session goes on only if it says that nothing was done.
 */
function isForAnother(call: Call, error: RaftError): boolean {
  if (error.code !== 'RAFT_STOPPED' && error.code !== 'RAFT_NO_LEADER') return false;
  return !isOnceOnly(call) || error.retry === 'safe';
}

/** It may have been carried out, and nobody could tell it from a second one. */
function isOnceOnly({ isHarmlessTwice, isSent, isWrite, writing }: Call): boolean {
  return isWrite && isSent && writing === null && !isHarmlessTwice;
}

/** CL37: the server has too much to do. A read may as well time out since it waits for what was not written yet. */
function isBehind({ isWrite }: Call, { code }: RaftError): boolean {
  return code === 'RAFT_OVERLOADED' || (code === 'RAFT_TIMED_OUT' && isWrite);
}

/** It waits again, as if it had not been sent; `wasSent`: but it may have been carried out. */
function takeBack(call: Call, wasSent: boolean): void {
  call.connection = null;
  call.isSent = false;
  call.refusal = null;
  if (call.isWrite && wasSent) call.mayHaveHappened = true;
}

/** A reply that cannot be read rejects the one call that it belongs to. */
function complete(call: Call, reply: ClientReply): void {
  try {
    call.complete(reply);
  } catch (error) {
    call.fail(error);
  }
}
