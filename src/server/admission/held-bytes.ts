/**
 * What the server holds for others, over all connections together (SP5): answers that their readers have not
 * taken, or requests whose senders have not finished. Each connection has an account. There is room for more
 * while the sum keeps its bound; whoever needs room waits for it, and who came last is served first: those who
 * have waited long are mostly those who take nothing. Accounts stand in the order in which
 * they last moved, so that the one in front has stood still the longest: when room is short, it is closed, and
 * nobody else is. Time is counted in ticks, so that a test or a simulator can own it.
 */
import { SMALL_ANSWER_BYTES } from '../limits.ts';
import { Account, type Ledger, type WaitsFor } from './account.ts';

/** How often the server calls `tick`, in milliseconds. */
export const TICK_MS = 50;

export interface HeldBounds {
  /**
   * What counts as standing still. `moved`: nothing was added or taken, as with answers. `begun`: it has not
   * become empty, as with a request, whose sender can always add one more byte.
   */
  readonly since: 'moved' | 'begun';
  /** Bound: bytes in all, for those that ask for room. Past it, they wait. */
  readonly bytesMax: number;
  /** Bound: bytes in all, for those that cannot wait. Past it, who stands still the longest is closed at once. */
  readonly bytesMaxHard: number;
  /** Who stands still for this many ticks is closed while others wait for room. */
  readonly stallTicks: number;
  /** Who stands still for this many ticks is closed in any case. */
  readonly timeoutTicks: number;
}

/** Both directions of one server. */
export interface Held {
  /** Answers and events that were made and not yet taken. */
  readonly outgoing: HeldBytes;
  /** Requests that have begun to arrive. */
  readonly incoming: HeldBytes;
}

const MIB = 1024 * 1024;

export function createHeld(): Held {
  return {
    outgoing: new HeldBytes({
      since: 'moved',
      bytesMax: 24 * MIB,
      bytesMaxHard: 40 * MIB,
      stallTicks: 500 / TICK_MS,
      timeoutTicks: 10_000 / TICK_MS,
    }),
    incoming: new HeldBytes({
      since: 'begun',
      bytesMax: 24 * MIB,
      bytesMaxHard: 24 * MIB,
      stallTicks: 500 / TICK_MS,
      timeoutTicks: 60_000 / TICK_MS,
    }),
  };
}

export class HeldBytes {
  readonly #bounds: HeldBounds;
  readonly #ledger: Ledger = {
    moved: (account, bytes) => this.#moved(account, bytes),
    hasRoom: (bytes) => this.#hasRoom(bytes),
    waits: (account) => this.#wait(account),
    left: (account, bytes) => this.#left(account, bytes),
    wantsNothing: (account) => this.#waiting.delete(account),
  };
  /** Those that hold something; who moved last stands last. */
  readonly #holders = new Set<Account>();
  /** Those whose own reader would take more; the others have left no room. Who came last stands last. */
  readonly #waiting = new Set<Account>();
  #total = 0;
  #tick = 0;
  #closed = 0;

  constructor(bounds: HeldBounds) {
    this.#bounds = bounds;
  }

  get total(): number {
    return this.#total;
  }

  /** How many accounts were closed because they stood still. */
  get closedCount(): number {
    return this.#closed;
  }

  /** `end` breaks the connection; it is called at most once. Bound: `bytesMax` bytes for this account. */
  account(bytesMax: number, end: () => void): Account {
    return new Account(this.#ledger, { bytesMax, end });
  }

  /** Closes who has stood still for a while, as if others waited for its room. */
  relieve(): void {
    this.#closeStill(this.#bounds.stallTicks);
  }

  /** Called at regular intervals. */
  tick(): void {
    this.#tick += 1;
    const { stallTicks, timeoutTicks } = this.#bounds;
    this.#closeStill(this.#waiting.size > 0 ? stallTicks : timeoutTicks);
  }

  #closeStill(ticks: number): void {
    for (const account of this.#holders) {
      if (this.#tick - account.movedAt < ticks) break;
      this.#close(account);
    }
  }

  #hasRoom(bytes: number): boolean {
    const { bytesMax, bytesMaxHard } = this.#bounds;
    if (this.#total === 0) return true;
    // What is held may come out a little larger than was asked for: to let it in must close nobody.
    const smallMax = Math.max(bytesMax, bytesMaxHard - SMALL_ANSWER_BYTES);
    return this.#total + bytes <= (bytes <= SMALL_ANSWER_BYTES ? smallMax : bytesMax);
  }

  /** It holds `bytes` more, or less. */
  #moved(account: Account, bytes: number): void {
    this.#total += bytes;
    const goesOn = account.bytes > 0 && this.#holders.has(account);
    if (!goesOn || this.#bounds.since === 'moved') {
      account.movedAt = this.#tick;
      this.#holders.delete(account);
      if (account.bytes > 0) this.#holders.add(account);
    }
    if (bytes < 0) {
      this.#serve(account);
      this.#letIn();
    } else if (this.#total > this.#bounds.bytesMaxHard) this.#shrink();
  }

  #shrink(): void {
    for (const account of this.#holders) {
      if (this.#total <= this.#bounds.bytesMaxHard) return;
      this.#close(account);
    }
  }

  #left(account: Account, bytes: number): void {
    this.#total -= bytes;
    this.#holders.delete(account);
    this.#waiting.delete(account);
    this.#letIn();
  }

  #letIn(): void {
    if (this.#waiting.size === 0) return;
    for (const account of [...this.#waiting].reverse()) {
      if (this.#serve(account) === 'others') return;
    }
  }

  #serve(account: Account): WaitsFor {
    const waitsFor = account.serveLine();
    if (waitsFor !== 'others') this.#waiting.delete(account);
    else this.#wait(account);
    return waitsFor;
  }

  #wait(account: Account): void {
    if (account.waitsFor === 'others') this.#waiting.add(account);
  }

  #close(account: Account): void {
    this.#closed += 1;
    account.end();
  }
}
