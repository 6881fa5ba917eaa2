/**
 * Renewals of many clients, gathered for a few milliseconds into one command (LE8): ten thousand of them a second are then fifty
 * entries of the log. Each caller hears of its own alone.
 */
import { encodeCommand } from '../../kv/command-codec.ts';
import { LEASES_IN_COMMAND_MAX } from '../../kv/limits.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProposalOutcome, Replica } from '../../ports/replica.ts';
import { RENEWALS_GATHERED_MS } from '../limits.ts';
import { isKvResult } from '../store/replica-calls.ts';

interface RenewalParts {
  readonly replica: Pick<Replica, 'submit'>;
  readonly clock: Pick<Clock, 'setTimeout' | 'clearTimeout'>;
}

type Completed = (outcome: ProposalOutcome) => void;

interface Waiting {
  readonly from: number;
  readonly count: number;
  readonly completed: Completed;
}

interface Gathered {
  readonly leases: number[];
  readonly waiting: Waiting[];
  readonly timer: unknown;
  timeoutMs: number;
}

export class LeaseRenewals {
  readonly #parts: RenewalParts;
  #gathered: Gathered | null = null;

  constructor(parts: RenewalParts) {
    this.#parts = parts;
  }

  /** As `Replica.submit` of a command that renews these, which must be one that can be encoded. */
  renew(leases: readonly number[], timeoutMs: number, completed: Completed): void {
    const before = this.#gathered;
    if (before !== null && before.leases.length + leases.length > LEASES_IN_COMMAND_MAX) {
      this.#send(before);
    }
    const gathered = this.#gathered ?? this.#begin();
    const from = gathered.leases.length;
    gathered.leases.push(...leases);
    gathered.waiting.push({ from, count: leases.length, completed });
    gathered.timeoutMs = Math.max(gathered.timeoutMs, timeoutMs);
  }

  #begin(): Gathered {
    const gathered: Gathered = {
      leases: [],
      waiting: [],
      timer: this.#parts.clock.setTimeout(() => this.#send(gathered), RENEWALS_GATHERED_MS),
      timeoutMs: 0,
    };
    this.#gathered = gathered;
    return gathered;
  }

  #send(gathered: Gathered): void {
    this.#parts.clock.clearTimeout(gathered.timer);
    this.#gathered = null;
    const { leases, timeoutMs, waiting } = gathered;
    const command = encodeCommand({ type: 'renew', leases });
    this.#parts.replica.submit(command, { timeoutMs }, (outcome) => {
      for (const one of waiting) one.completed(partOf(outcome, one));
    });
  }
}

function partOf(outcome: ProposalOutcome, { from, count }: Waiting): ProposalOutcome {
  if (outcome.type !== 'applied' || !isKvResult(outcome.result)) return outcome;
  const { result } = outcome;
  if (result.type !== 'renew') return outcome;
  return { ...outcome, result: { ...result, ttlsMs: result.ttlsMs.slice(from, from + count) } };
}
