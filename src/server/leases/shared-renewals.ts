/**
 * Renewals of many clients, gathered for a moment into one command (LE8): ten thousand of them a second are then ten entries of
 * the log, each of which costs every member the same however many it names. Each caller hears of its own alone.
 */
import { encodeCommand } from '../../kv/commands/command-codec.ts';
import { LEASES_IN_COMMAND_MAX } from '../../kv/limits.ts';
import type { Lease } from '../../kv/store/lease-table.ts';
import type { Clock } from '../../ports/clock.ts';
import type { ProposalOutcome, Replica } from '../../ports/replica.ts';
import { RENEWALS_GATHERED_MAX_MS, RENEWALS_GATHERED_SHARE } from '../limits.ts';
import { isKvResult } from '../store/replica-calls.ts';

interface RenewalParts {
  readonly replica: Pick<Replica, 'submit'>;
  readonly kv: { readonly leases: { get(id: number): Lease | null } };
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
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
  timer: unknown;
  dueMs: number;
  timeoutMs: number;
}

export class SharedRenewals {
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
    this.#sendWithin(gathered, this.#patienceMs(leases));
    const from = gathered.leases.length;
    gathered.leases.push(...leases);
    gathered.waiting.push({ from, count: leases.length, completed });
    gathered.timeoutMs = Math.max(gathered.timeoutMs, timeoutMs);
  }

  #begin(): Gathered {
    this.#gathered = {
      leases: [],
      waiting: [],
      timer: null,
      dueMs: Number.POSITIVE_INFINITY,
      timeoutMs: 0,
    };
    return this.#gathered;
  }

  #sendWithin(gathered: Gathered, patienceMs: number): void {
    const { clock } = this.#parts;
    const dueMs = clock.now() + patienceMs;
    if (dueMs >= gathered.dueMs) return;
    clock.clearTimeout(gathered.timer);
    gathered.dueMs = dueMs;
    gathered.timer = clock.setTimeout(() => this.#send(gathered), patienceMs);
  }

  /** Those that are short are not to wait for those that are long. */
  #patienceMs(leases: readonly number[]): number {
    let patienceMs = RENEWALS_GATHERED_MAX_MS;
    for (const id of leases) {
      const ttlMs = this.#parts.kv.leases.get(id)?.ttlMs ?? 0;
      patienceMs = Math.min(patienceMs, ttlMs * RENEWALS_GATHERED_SHARE);
    }
    return patienceMs;
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
