/**
 * Time that moves only when it is told to. Timers fire in the order in which they are due, those due at the
 * same instant in the order in which they were set, and `now()` stands at each timer's own due time
 * while it fires; a timer that sets itself again meets its successor within the same `advance`. So a test
 * or a simulator sees exactly what a node would have seen, at any speed, and the same each time (EL14).
 * It fits wherever a `Clock` of `src/ports` is asked for, and as the `clock` of an XState actor.
 */
import { firstPlace } from '../core/search.ts';
import type { Clock } from '../ports/clock.ts';

interface VirtualClockOptions {
  /** What `now()` says first, in milliseconds; 0 unless given. */
  readonly startMs?: number;
  /** What `wallTimeMs()` says first, in milliseconds since 1970; the year 2000 unless given. */
  readonly wallStartMs?: number;
}

/** Returned by `setTimeout`; opaque to callers. */
interface Timer {
  readonly dueMs: number;
  /** Numbers the timers in the order in which they were set. */
  readonly sequence: number;
  readonly callback: () => void;
}

const YEAR_2000_MS = 946_684_800_000;

/** Bound: one `advance` fires no more timers than this; then it throws, since they set each other without end. */
const FIRINGS_MAX = 1_000_000;

/** Bound: one `runDeferred` runs no more callbacks than this; then it throws, as above. */
const DEFERRED_MAX = 1_000_000;

/** A clock for one test or one simulation; starts at `startMs`, and stands until it is advanced or stepped. */
export class VirtualClock implements Clock {
  /** In the order in which they fire. */
  readonly #timers: Timer[] = [];
  #deferred: (() => void)[] = [];
  #nowMs: number;
  #wallOffsetMs: number;
  #sequence = 0;

  constructor({ startMs = 0, wallStartMs = YEAR_2000_MS }: VirtualClockOptions = {}) {
    this.#nowMs = startMs;
    this.#wallOffsetMs = wallStartMs - startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  wallTimeMs(): number {
    return this.#nowMs + this.#wallOffsetMs;
  }

  /** Moves the wall clock alone, forwards or back, as an administrator or NTP may. */
  jumpWallTime(byMs: number): void {
    this.#wallOffsetMs += byMs;
  }

  /** Never fires during the call. A delay below zero, or none, is zero. */
  setTimeout(callback: () => void, delayMs: number): unknown {
    this.#sequence += 1;
    const dueMs = this.#nowMs + Math.max(0, delayMs || 0);
    const timer: Timer = { dueMs, sequence: this.#sequence, callback };
    this.#timers.splice(this.#placeOf(timer), 0, timer);
    return timer;
  }

  /** Harmless for a timer that has fired or was cleared before. */
  clearTimeout(timer: unknown): void {
    if (!isTimer(timer)) return;
    const place = this.#placeOf(timer);
    if (this.#timers[place] === timer) this.#timers.splice(place, 1);
  }

  /** Runs after the timer that is firing, or with the next `runDeferred`, `step` or `advance`. */
  defer(callback: () => void): void {
    this.#deferred.push(callback);
  }

  /** Fires as a timer does that is due now; others that are due come first. */
  yield(callback: () => void): void {
    this.setTimeout(callback, 0);
  }

  /** How many timers are set. */
  get pendingCount(): number {
    return this.#timers.length;
  }

  /** When the next timer is due, on the scale of `now()`; `null` if none is set. */
  get nextDueMs(): number | null {
    return this.#timers[0]?.dueMs ?? null;
  }

  /** Runs what was deferred, and what that defers in turn. */
  runDeferred(): void {
    for (let count = 0; this.#deferred.length > 0; count += 1) {
      if (count === DEFERRED_MAX)
        throw new Error('deferred callbacks defer each other without end');
      this.#deferred.shift()?.();
    }
  }

  /**
   * Fires the next timer if it is due by `untilMs` (inclusive, any time unless given), and what it deferred.
   * Returns false, with time unmoved, if there is none. What a callback throws is thrown here.
   */
  step(untilMs = Number.POSITIVE_INFINITY): boolean {
    this.runDeferred();
    const dueMs = this.nextDueMs;
    if (dueMs === null || dueMs > untilMs) return false;
    this.#nowMs = dueMs;
    this.#timers.shift()?.callback();
    this.runDeferred();
    return true;
  }

  /** Moves time on by `byMs`, firing everything that is due by then. */
  advance(byMs: number): void {
    const endMs = this.#nowMs + byMs;
    for (let count = 0; this.step(endMs); count += 1) {
      if (count === FIRINGS_MAX) throw new Error('timers set each other without end');
    }
    this.#nowMs = Math.max(this.#nowMs, endMs);
  }

  /** Where it stands, or would stand. */
  #placeOf(timer: Timer): number {
    const timers = this.#timers;
    return firstPlace(0, timers.length, (at) => !comesBefore(timers[at], timer));
  }
}

function comesBefore(one: Timer | undefined, other: Timer): boolean {
  if (one === undefined) return false;
  return one.dueMs === other.dueMs ? one.sequence < other.sequence : one.dueMs < other.dueMs;
}

function isTimer(value: unknown): value is Timer {
  return typeof value === 'object' && value !== null && 'callback' in value && 'sequence' in value;
}
