/**
 * Calls that were made and do not fit the window of their connection (CL37): in the order they were made, each since when. Here
 * they cost the server nothing, and are given up without a doubt. What has ended meanwhile is passed over. Bound:
 * `pendingRequestsMax` and `pendingBytesMax`, with all others under way.
 */
import { passingError, type RaftError } from '../../core/errors.ts';
import { OVERLOAD_BORNE, UNSENT_SHARE_MAX } from '../limits.ts';
import type { Call, CallCarrier } from './call.ts';

interface Unsent {
  readonly call: Call;
  /** On the clock of the client. */
  readonly sinceMs: number;
}

export class UnsentCalls {
  readonly #carrier: CallCarrier;
  #calls: Unsent[] = [];
  /** Those before were taken, or have ended. */
  #first = 0;
  /** So many have ended and may still be here. */
  #ended = 0;

  constructor(carrier: CallCarrier) {
    this.#carrier = carrier;
  }

  get isEmpty(): boolean {
    return this.#head() === undefined;
  }

  /** Of one more that has so many milliseconds; `null`: it would be in time. */
  refusalOf(timeoutMs: number, now: number): RaftError | null {
    const head = this.#head();
    const waitedMs = head === undefined ? 0 : now - head.sinceMs;
    return waitedMs * OVERLOAD_BORNE > timeoutMs ? tooSlow(waitedMs) : null;
  }

  add(call: Call, sinceMs: number): void {
    this.#calls.push({ call, sinceMs });
  }

  /** The first that may still be answered in time: those before end at their deadline, unsent. */
  take(now: number): Call | undefined {
    for (;;) {
      const unsent = this.#head();
      if (unsent === undefined) return undefined;
      this.#first += 1;
      if (isInTime(unsent, now)) return unsent.call;
    }
  }

  /** One of them has ended. */
  ended(): void {
    this.#ended += 1;
    if (this.#ended * 2 > this.#calls.length - this.#first) this.#compact();
  }

  /** All of them, in order; none is left. */
  takeAll(): readonly Call[] {
    this.#compact();
    const calls = this.#calls.map(({ call }) => call);
    this.#calls = [];
    return calls;
  }

  #head(): Unsent | undefined {
    while (this.#first < this.#calls.length) {
      const unsent = this.#calls[this.#first];
      if (unsent !== undefined && this.#isHere(unsent)) return unsent;
      this.#first += 1;
    }
    this.#calls = [];
    this.#first = 0;
    this.#ended = 0;
    return undefined;
  }

  #compact(): void {
    this.#calls = this.#calls.slice(this.#first).filter((unsent) => this.#isHere(unsent));
    this.#first = 0;
    this.#ended = 0;
  }

  #isHere({ call }: Unsent): boolean {
    return call.connection === this.#carrier;
  }
}

/** What has waited here for most of its time is not worth the server's: it would refuse it, or be too late. */
function isInTime({ call, sinceMs }: Unsent, now: number): boolean {
  const { deadline, timeoutMs } = call;
  return deadline > now && now - sinceMs < timeoutMs * UNSENT_SHARE_MAX;
}

function tooSlow(waitedMs: number): RaftError {
  const text = `The server is behind: a request of ${Math.ceil(waitedMs)} ms ago could not be sent yet. Nor was this one; try again later, or give it more time.`;
  return passingError('RAFT_OVERLOADED', text);
}
