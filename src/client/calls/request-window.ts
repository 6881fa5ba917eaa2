/**
 * How much one connection may have sent that is not answered yet (CL37). What is sent waits in sockets, where neither side can
 * give it up, so a server that is behind would do all of it too late. The window begins small and doubles with each window of
 * answers (the slow start of TCP), until the server is behind for the first time; from then on each word of that halves it, and the
 * answers after that widen it again: many clients find together what their server carries out (the additive increase and
 * multiplicative decrease of TCP). A server says that it is behind by refusing, or by silence, and before that by being slow:
 * refusals alone come too late, when what is under way already takes longer than its callers wait. What waits for room
 * `unsent-calls.ts` keeps.
 */

import {
  SLOW_SHARE,
  SLOW_TIMES_FASTEST,
  WINDOW_BYTES_MAX,
  WINDOW_REQUESTS_AT_FIRST,
  WINDOW_REQUESTS_MAX,
  WINDOW_REQUESTS_MIN,
  WINDOW_REQUESTS_SLOW,
  WINDOW_STEP,
} from '../limits.ts';
import type { Pace } from './call.ts';

/** How one request ended that counted. */
interface Ended {
  readonly bytes: number;
  /** The server has too much to do, or said nothing in time. */
  readonly isRefused: boolean;
  /** `null`: it says nothing of how fast the server is. */
  readonly pace: Pace | null;
  /** So long was its caller to wait. */
  readonly timeoutMs: number;
}

export class RequestWindow {
  /** Bound: requests; a fraction of one is what is not gained yet. */
  #size = WINDOW_REQUESTS_AT_FIRST;
  /** The server was not behind yet. */
  #isStarting = true;
  /** No answer came sooner, in milliseconds: so much of the time is the way and the disks. */
  #fastestMs = Number.POSITIVE_INFINITY;
  #requests = 0;
  #bytes = 0;
  /** So many answers are still to come to what was sent before it was halved last: they say nothing new. */
  #echoes = 0;

  /** One request more may be sent, however large. */
  get hasRoom(): boolean {
    return this.#requests < Math.floor(this.#size) && this.#bytes < WINDOW_BYTES_MAX;
  }

  sent(bytes: number): void {
    this.#requests += 1;
    this.#bytes += bytes;
  }

  /** It was answered, or nobody waits for it any more. */
  ended({ bytes, isRefused, pace, timeoutMs }: Ended): void {
    const isSlow = pace !== null && this.#isSlow(pace, timeoutMs);
    if (this.#echoes > 0) this.#echoes -= 1;
    else if (isRefused) this.#halve(WINDOW_REQUESTS_MIN);
    else if (isSlow) this.#halve(WINDOW_REQUESTS_SLOW);
    else this.#widen();
    this.#requests -= 1;
    this.#bytes -= bytes;
  }

  /** Not what is far away: its fastest answer takes long as well. */
  #isSlow({ ownDelayMs, tookMs }: Pace, timeoutMs: number): boolean {
    this.#fastestMs = Math.min(this.#fastestMs, tookMs);
    const slowMs = Math.max(timeoutMs * SLOW_SHARE, this.#fastestMs * SLOW_TIMES_FASTEST);
    return tookMs - ownDelayMs > slowMs;
  }

  #halve(sizeMin: number): void {
    this.#isStarting = false;
    this.#size = Math.max(Math.min(sizeMin, this.#size), this.#size / 2);
    this.#echoes = this.#requests - 1;
  }

  /** By as much again with each window of answers at first, then by the same step, however long that takes. */
  #widen(): void {
    const gained = this.#isStarting ? 1 : WINDOW_STEP / this.#size;
    this.#size = Math.min(WINDOW_REQUESTS_MAX, this.#size + gained);
  }
}
