/**
 * One request under way in the client, and the honest answer to "did it happen?" for each way it can end
 * early (CL2–CL5): what never left is `safe`; a write that left and was not answered in time is `outcomeUnknown`;
 * a read changes nothing and is always `safe`.
 */

import type { ClientReply, ClientRequest } from '../../client-protocol/frame-shapes.ts';
import { passingError, type RaftError, type RaftErrorCode } from '../../core/errors.ts';
import type { Writing } from './write-session.ts';

export interface CallEnd {
  readonly wasSent: boolean;
  /** CL37: the server has too much to do, or said nothing in time. */
  readonly isServerBehind: boolean;
  /** CL37: `null`: no write was carried out. */
  readonly pace: Pace | null;
}

/** How soon a write was carried out, in milliseconds. */
export interface Pace {
  /** From when it was sent until its answer was read. */
  readonly tookMs: number;
  /** At the end of that this process did something else, and the answer may have waited here. */
  readonly ownDelayMs: number;
}

/** Where a call is under way. */
export interface CallCarrier {
  /** One of its calls was answered, or has ended otherwise. */
  callEnded(call: Call, how: CallEnd): void;
}

export interface Call {
  readonly id: number;
  readonly isWrite: boolean;
  /** On the clock of its client. */
  readonly deadline: number;
  readonly timeoutMs: number;
  /** A read of the past: which revision. */
  readonly revision: number | null;
  /** What it counts against the bound on bytes. */
  readonly bytes: number;
  /** The request as it is sent, with what is left of its time. */
  readonly requestFor: (id: number, remainingMs: number) => ClientRequest;
  /** A write that may be sent again, in its session; `null`: it is in none. */
  readonly writing: Writing | null;
  /** A write that may be sent again without one. */
  readonly isHarmlessTwice: boolean;
  /** It is sent at once, whatever is under way. */
  readonly isUrgent: boolean;
  /** Throws if the reply is not what was asked for. */
  readonly complete: (reply: ClientReply) => void;
  readonly fail: (error: unknown) => void;
  /** Where it was handed in; `null`: it waits for a connection. */
  connection: CallCarrier | null;
  /** True once it was written to the socket: from then on a write may take effect. */
  isSent: boolean;
  /** When it was written last, on the clock of its client. */
  sentMs: number;
  /** A write was sent before, and it is not known what became of that. */
  mayHaveHappened: boolean;
  /** How often it was sent in vain. */
  attempts: number;
  /** What the last server said that it was to be asked elsewhere for; `null`: none has said so. */
  refusal: RaftError | null;
  /** Lets go of the caller's signal, if one was given. */
  release: (() => void) | null;
}

/** The outcome of a call that ends before its answer. */
export function earlyEnd(
  call: Call,
  code: RaftErrorCode,
  what: string,
  cause?: unknown,
): RaftError {
  if ((call.isSent || call.mayHaveHappened) && call.isWrite) {
    const advice = 'It may have taken effect, or may yet; repeat it only if that is harmless.';
    return passingError(code, `${what} ${advice}`, { retry: 'outcomeUnknown', cause });
  }
  const fact = call.isWrite ? 'It was never sent' : 'It was a read';
  return passingError(code, `${what} ${fact}; repeating it is safe.`, { retry: 'safe', cause });
}
