/**
 * Whether this member knows who may do what now (AC10). What it has applied may be of any age: it has just started, lags, was cut off or
 * stood still. So it asks, as a read would (§6.4), what it has to have applied; that it had caught up then is good for a second.
 * While changes are asked for it asks again in good time, so that none of them waits, also while the lead moves. What is read needs no
 * such thing: it is as old as the rights that it is read with.
 */
import type { RaftError } from '../../core/errors.ts';
import type { ConnectionClock } from '../../ports/clock.ts';
import type { Replica } from '../../ports/replica.ts';
import { overloaded } from '../errors.ts';
import { RIGHTS_AGE_MS_MAX, WAITING_CHANGES_BYTES_MAX } from '../limits.ts';

interface WaitingChange {
  readonly timeoutMs: number;
  /** That it holds while it waits. */
  readonly bytes: number;
}

export interface Freshness {
  /** At `nowMs`. If not, or not for long, the question is on its way. */
  isFresh(nowMs: number): boolean;
  /** Calls back once that is so, or with the reason why it is not; then nothing was done. */
  whenFresh(change: WaitingChange, completed: (error: RaftError | null) => void): void;
}

/** Of whom nobody asks what it knows. */
export const ALWAYS_FRESH: Freshness = {
  isFresh: () => true,
  whenFresh: (_, completed) => completed(null),
};

interface FreshnessParts {
  readonly replica: Pick<Replica, 'awaitReadable' | 'onRole'>;
  readonly kv: { readonly access: { readonly isOn: boolean } };
  readonly clock: Pick<ConnectionClock, 'now'>;
}

export class RightsFreshness implements Freshness {
  readonly #parts: FreshnessParts;
  /** It has caught up with what there was then. */
  #provenMs = Number.NEGATIVE_INFINITY;
  /** It has caught up since it heard of another leader, or of none. */
  #isSettled = false;
  /** How often it has heard so. */
  #doubts = 0;
  #isAsking = false;
  #waitingBytes = 0;

  constructor(parts: FreshnessParts) {
    this.#parts = parts;
    parts.replica.onRole(() => {
      this.#isSettled = false;
      this.#doubts += 1;
    });
  }

  /** While there is nobody to lose a right, only another leader calls it into question: a change now and then need not wait. */
  isFresh(nowMs: number): boolean {
    const ageMs = nowMs - this.#provenMs;
    if (ageMs > RIGHTS_AGE_MS_MAX / 2) this.#askAgain();
    return ageMs <= RIGHTS_AGE_MS_MAX || (this.#isSettled && !this.#parts.kv.access.isOn);
  }

  /** Bound: what waits without a leader is held here. */
  whenFresh(
    { bytes, timeoutMs }: WaitingChange,
    completed: (error: RaftError | null) => void,
  ): void {
    if (this.#waitingBytes + bytes > WAITING_CHANGES_BYTES_MAX) return completed(tooMany());
    this.#waitingBytes += bytes;
    this.#ask(timeoutMs, (error) => {
      this.#waitingBytes -= bytes;
      completed(error);
    });
  }

  #askAgain(): void {
    if (this.#isAsking) return;
    this.#isAsking = true;
    this.#ask(RIGHTS_AGE_MS_MAX, () => {
      this.#isAsking = false;
    });
  }

  #ask(timeoutMs: number, answered: (error: RaftError | null) => void): void {
    const { clock, replica } = this.#parts;
    const askedMs = clock.now();
    const doubts = this.#doubts;
    replica.awaitReadable({ timeoutMs }, (error) => {
      if (error === null) {
        this.#provenMs = Math.max(this.#provenMs, askedMs);
        this.#isSettled ||= doubts === this.#doubts;
      }
      answered(error);
    });
  }
}

function tooMany(): RaftError {
  return overloaded(
    'Too much waits already until this node has caught up. Nothing was done; ask another node, or later.',
  );
}
