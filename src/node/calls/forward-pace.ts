/**
 * How many commands a member passes on to a leader that refuses them (SP10). A leader that has too much refuses whole messages,
 * and what was refused is sent again: without a pace a full queue would travel at each look at it, in vain. So a
 * refusal stops everything for a pause, which doubles with each in a row, and one message goes first; each that is
 * taken makes room for two. What travels in vain stays in proportion to what is taken.
 */

/** Bound: the pause after a refusal, in milliseconds; it doubles up to the maximum, and no call waits much longer for it. */
const PAUSE_MS = { first: 20, max: 320 } as const;

/** So many messages in credit, and the leader has room again: from there on nothing is counted. */
const EAGER_FROM = 64;

export class ForwardPace {
  #credit = Number.POSITIVE_INFINITY;
  #pauseMs = 0;
  /** Without credit, one message may go from then on, to find out. */
  #probeFrom = 0;
  #hasSent = false;

  allows(now: number): boolean {
    return this.#credit > 0 || now >= this.#probeFrom;
  }

  sent(now: number): void {
    this.#hasSent = true;
    this.#credit = Math.max(0, this.#credit - 1);
    if (this.#credit === 0) this.#probeFrom = now + Math.max(this.#pauseMs, PAUSE_MS.first);
  }

  taken(): void {
    this.#pauseMs = 0;
    this.#credit += 2;
    if (this.#credit >= EAGER_FROM) this.#credit = Number.POSITIVE_INFINITY;
  }

  /** Refusals of what left together are one. */
  refused(now: number): void {
    this.#credit = 0;
    if (!this.#hasSent) return;
    this.#hasSent = false;
    this.#pauseMs = Math.min(Math.max(this.#pauseMs * 2, PAUSE_MS.first), PAUSE_MS.max);
    this.#probeFrom = now + this.#pauseMs;
  }

  /** Another leader: nothing is known of it. */
  forget(): void {
    this.#credit = Number.POSITIVE_INFINITY;
    this.#pauseMs = 0;
  }
}
