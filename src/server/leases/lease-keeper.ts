/**
 * Ends leases that nobody renews (LE6, LE7): whoever leads counts, from when it has applied all that was committed before it led, so that
 * a change of leader makes a lease longer and never shorter, and without a leader none ends. It decides nothing by itself: it
 * proposes to end what was not renewed since it looked, through the log as anyone would.
 */
import { encodeCommand } from '../../kv/commands/command-codec.ts';
import type { KvStateMachine } from '../../kv/kv-state-machine.ts';
import { LEASES_IN_COMMAND_MAX } from '../../kv/limits.ts';
import type { Lease } from '../../kv/store/lease-table.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Replica } from '../../ports/replica.ts';
import { LEASE_SLOT_MS, LEASE_STALL_MS, TIMEOUT_DEFAULT_MS } from '../limits.ts';
import { LeaseCountdown } from './lease-countdown.ts';

interface LeaseKeeperParts {
  readonly replica: Pick<Replica, 'status' | 'submit' | 'awaitReadable'>;
  readonly kv: Pick<KvStateMachine, 'leases' | 'observeLeases'>;
  readonly clock: Pick<Clock, 'now' | 'setTimeout' | 'clearTimeout'>;
}

/** One time of leading. */
interface Lead {
  readonly term: number;
  /** All leases are counted from here at least; `null`: it is not known yet that all that was committed before is applied. */
  sinceMs: number | null;
}

const TIMEOUT = { timeoutMs: TIMEOUT_DEFAULT_MS };

export class LeaseKeeper {
  readonly #parts: LeaseKeeperParts;
  readonly #countdown: LeaseCountdown;
  #timer: unknown;
  #lookedMs: number;
  /** `null`: this node does not lead. */
  #lead: Lead | null = null;
  #isUnderWay = false;
  /** Bound: leases in one command; fewer where commands may not be as large. */
  #countMax = LEASES_IN_COMMAND_MAX;

  constructor(parts: LeaseKeeperParts) {
    const { clock, kv } = parts;
    this.#parts = parts;
    this.#countdown = new LeaseCountdown(
      () => kv.leases,
      () => clock.now(),
    );
    kv.observeLeases({
      touched: (lease) => this.#countdown.touched(lease),
      replaced: () => this.#countdown.replaced(),
    });
    this.#lookedMs = clock.now();
    this.#timer = clock.setTimeout(() => this.#look(), LEASE_SLOT_MS);
  }

  stop(): void {
    this.#parts.clock.clearTimeout(this.#timer);
  }

  /** How long it lasts unless it is renewed; `null`: that is for the leader to say. */
  remainingMs(lease: Lease): number | null {
    const sinceMs = this.#lead?.sinceMs ?? null;
    return sinceMs === null ? null : Math.floor(this.#countdown.remainingMs(lease, sinceMs));
  }

  #look(): void {
    const { clock, kv } = this.#parts;
    const sinceLookMs = clock.now() - this.#lookedMs;
    this.#lookedMs = clock.now();
    this.#timer = clock.setTimeout(() => this.#look(), LEASE_SLOT_MS);
    const lead = kv.leases.size === 0 ? null : this.#leading();
    if (lead === null || lead.sinceMs === null) return;
    // Who stood still has not heard the renewals that came meanwhile.
    if (sinceLookMs > LEASE_STALL_MS) lead.sinceMs = clock.now();
    if (!this.#isUnderWay) this.#expire(this.#countdown.due(lead.sinceMs, this.#countMax));
  }

  #leading(): Lead | null {
    const { role, term } = this.#parts.replica.status();
    if (role !== 'leader') this.#lead = null;
    else if (this.#lead?.term !== term) this.#begin({ term, sinceMs: null });
    return this.#lead;
  }

  /** A read that can be answered has all of the terms before behind it. */
  #begin(lead: Lead): void {
    const { clock, replica } = this.#parts;
    this.#lead = lead;
    replica.awaitReadable(TIMEOUT, (error) => {
      if (this.#lead !== lead) return;
      if (error === null) lead.sinceMs = clock.now();
      else this.#lead = null;
    });
  }

  /** However it ends, the next look sees who is still due: nothing is lost by a refusal, nor done twice. */
  #expire(due: readonly Lease[]): void {
    if (due.length === 0) return;
    this.#isUnderWay = true;
    const leases = due.map(({ id, renewals }) => ({ lease: id, renewals }));
    const command = encodeCommand({ type: 'expire', leases });
    this.#parts.replica.submit(command, TIMEOUT, (outcome) => {
      this.#isUnderWay = false;
      const isTooLarge = outcome.type === 'failed' && outcome.error.code === 'RAFT_TOO_LARGE';
      if (isTooLarge) this.#countMax = Math.ceil(due.length / 2);
    });
  }
}
