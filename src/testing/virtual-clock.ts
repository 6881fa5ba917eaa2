/**
 * Time that moves only when it is told to. Timers fire in the order in which they are due, those due at the
 * same instant in the order in which they were set, and `now()` stands at each timer's own due time
 * while it fires; a timer that sets itself again meets its successor within the same `advance`. So a test
 * or a simulator sees exactly what a node would have seen, at any speed, and the same each time (EL14).
 * It fits wherever a `Clock` of `src/ports` is asked for, and as the `clock` of an XState actor.
 */
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
  /** `null` once it has fired or was cleared. */
  callback: (() => void) | null;
}

const YEAR_2000_MS = 946_684_800_000;

/** Bound: one `advance` fires no more timers than this; then it throws, since they set each other without end. */
const FIRINGS_MAX = 1_000_000;

/** Bound: one `runDeferred` runs no more callbacks than this; then it throws, as above. */
const DEFERRED_MAX = 1_000_000;

/** Cleared timers are swept out once they are the greater part of more than this many. */
const SWEEP_MIN = 64;

/** A clock for one test or one simulation; starts at `startMs`, and stands until it is advanced or stepped. */
export class VirtualClock implements Clock {
  /** A binary heap: no timer comes before its parent, at `(position - 1) / 2`. */
  #heap: Timer[] = [];
  #deferred: (() => void)[] = [];
  #nowMs: number;
  #wallOffsetMs: number;
  #sequence = 0;
  #pending = 0;

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
    this.#heap.push(timer);
    this.#rise(this.#heap.length - 1);
    this.#pending += 1;
    return timer;
  }

  /** Harmless for a timer that has fired or was cleared before. */
  clearTimeout(timer: unknown): void {
    if (!isTimer(timer) || timer.callback === null) return;
    timer.callback = null;
    this.#pending -= 1;
    if (this.#heap.length > SWEEP_MIN && this.#pending < this.#heap.length / 2) this.#sweep();
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
    return this.#pending;
  }

  /** When the next timer is due, on the scale of `now()`; `null` if none is set. */
  get nextDueMs(): number | null {
    this.#dropCleared();
    return this.#heap[0]?.dueMs ?? null;
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
    this.#fire(this.#removeFirst());
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

  #fire(timer: Timer | undefined): void {
    const callback = timer?.callback;
    if (timer === undefined || callback === undefined || callback === null) return;
    timer.callback = null;
    this.#pending -= 1;
    callback();
  }

  #dropCleared(): void {
    while (this.#heap[0]?.callback === null) this.#removeFirst();
  }

  /** A sorted array is a heap. */
  #sweep(): void {
    this.#heap = this.#heap.filter((timer) => timer.callback !== null).sort(compare);
  }

  #removeFirst(): Timer | undefined {
    const first = this.#heap[0];
    const last = this.#heap.pop();
    if (last !== undefined && last !== first) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >>> 1;
      if (!this.#swapUnlessOrdered(parent, at)) return;
      at = parent;
    }
  }

  #sink(from: number): void {
    let at = from;
    while (true) {
      const left = 2 * at + 1;
      const earlier = this.#comesBefore(left + 1, left) ? left + 1 : left;
      if (!this.#swapUnlessOrdered(at, earlier)) return;
      at = earlier;
    }
  }

  /** True if the two were swapped. A position past the end is in order with any parent. */
  #swapUnlessOrdered(parent: number, child: number): boolean {
    const above = this.#heap[parent];
    const below = this.#heap[child];
    if (above === undefined || below === undefined || compare(above, below) < 0) return false;
    this.#heap[parent] = below;
    this.#heap[child] = above;
    return true;
  }

  #comesBefore(at: number, other: number): boolean {
    const left = this.#heap[at];
    const right = this.#heap[other];
    return left !== undefined && right !== undefined && compare(left, right) < 0;
  }
}

function compare(left: Timer, right: Timer): number {
  return left.dueMs - right.dueMs || left.sequence - right.sequence;
}

function isTimer(value: unknown): value is Timer {
  return typeof value === 'object' && value !== null && 'callback' in value && 'sequence' in value;
}
