/**
 * A caller's sessions (§6.3): each command has a number in one, and so may be sent again, whatever became of it. That it
 * takes effect once, and is answered as before, is looked at from outside (S30).
 */
import { clientMadeId, SESSION_ID_BYTES, type SessionCall } from '../../../core/session.ts';
import type { SessionPlan } from '../plan/plan.ts';
import type { SeededRandom } from '../runtime/random.ts';

export class SessionCaller {
  readonly #plan: SessionPlan;
  readonly #random: SeededRandom;
  #session: Pick<SessionCall, 'session' | 'opening'> | null = null;
  #sequence = 0;

  constructor(plan: SessionPlan, random: SeededRandom) {
    this.#plan = plan;
    this.#random = random;
  }

  /** How often one command is sent, at most. */
  get attemptsMax(): number {
    return this.#plan.attemptsMax;
  }

  get sendsAgainUnasked(): boolean {
    return this.#random.chance(this.#plan.repeats);
  }

  /** The place of the next command, all before which have ended; `timeMs`: about that of the log. */
  next(timeMs: number): SessionCall {
    this.#session ??= this.#begin(timeMs);
    this.#sequence += 1;
    const acknowledgedThrough = this.#random.chance(0.5) ? this.#sequence - 1 : 0;
    return { ...this.#session, sequence: this.#sequence, acknowledgedThrough };
  }

  /** The next command goes into another. */
  leave(): void {
    this.#session = null;
  }

  #begin(timeMs: number): Pick<SessionCall, 'session' | 'opening'> {
    const { ttlMs, validMs } = this.#plan;
    const chance = Uint8Array.from({ length: SESSION_ID_BYTES }, () =>
      this.#random.integer(0, 255),
    );
    this.#sequence = 0;
    const notAfterMs = Math.floor(timeMs) + validMs;
    return { session: clientMadeId(chance), opening: { ttlMs, notAfterMs } };
  }
}
