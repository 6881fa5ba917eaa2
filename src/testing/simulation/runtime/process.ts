/**
 * One life of one node: whatever enters it, a timer, a message, a completion of its disk, a caller, enters
 * here. A dead process hears nothing more; a frozen one hears everything at once when it thaws, the timers
 * that have become due first, as a blocked event loop does. Its clock may be skewed and drift.
 */
import type { Clock } from '../../../ports/clock.ts';
import type { VirtualClock } from '../../virtual-clock.ts';

interface ProcessOptions {
  readonly name: string;
  readonly clock: VirtualClock;
  /** None unless given. */
  readonly drift?: ClockDrift;
  /** After each thing that the process did. */
  readonly stepped?: () => void;
  /** What a step threw: a bug, since a node throws into nobody's event loop; thrown on unless given. */
  readonly threw?: (error: unknown) => void;
}

/** How the clock of a node differs from simulated time. */
export interface ClockDrift {
  /** What its monotonic clock says at the start, in milliseconds. */
  readonly startMs: number;
  /** Its milliseconds for each simulated one; 1.01: one percent fast. */
  readonly rate: number;
  /** By how much its wall clock is wrong, in milliseconds. */
  readonly wallSkewMs: number;
}

const NO_DRIFT: ClockDrift = { startMs: 0, rate: 1, wallSkewMs: 0 };

type InputKind = 'timer' | 'input';

interface Parked {
  readonly kind: InputKind;
  readonly run: () => void;
}

export class SimulatedProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #options: ProcessOptions;
  #isAlive = true;
  #isFrozen = false;
  #thawedAtMs = Number.NEGATIVE_INFINITY;
  #parked: Parked[] = [];

  constructor(options: ProcessOptions) {
    this.name = options.name;
    this.#options = options;
    this.clock = processClock(this, options);
  }

  get isAlive(): boolean {
    return this.#isAlive;
  }

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  /** True if it was frozen at any moment since then, in simulated milliseconds. */
  wasFrozenSince(timeMs: number): boolean {
    return this.#isFrozen || this.#thawedAtMs >= timeMs;
  }

  /** Lets the process do one thing: now, once it thaws, or never if it is dead. */
  run(kind: InputKind, input: () => void): void {
    if (!this.#isAlive) return;
    if (this.#isFrozen) {
      this.#parked.push({ kind, run: input });
      return;
    }
    try {
      input();
    } catch (error) {
      if (this.#options.threw === undefined) throw error;
      this.#options.threw(error);
    }
    this.#options.stepped?.();
  }

  kill(): void {
    this.#isAlive = false;
    this.#parked = [];
  }

  freeze(): void {
    this.#isFrozen = true;
  }

  /** Everything that came meanwhile comes now, each as an event of its own. */
  thaw(): void {
    const { clock } = this.#options;
    this.#isFrozen = false;
    this.#thawedAtMs = clock.now();
    const parked = this.#parked;
    this.#parked = [];
    for (const kind of ['timer', 'input']) {
      for (const item of parked) {
        if (item.kind === kind) clock.setTimeout(() => this.run(item.kind, item.run), 0);
      }
    }
  }
}

function processClock(
  process: SimulatedProcess,
  { clock, drift = NO_DRIFT }: ProcessOptions,
): Clock {
  const { startMs, rate, wallSkewMs } = drift;
  return {
    now: () => startMs + clock.now() * rate,
    wallTimeMs: () => Math.floor(clock.wallTimeMs() + wallSkewMs + clock.now() * (rate - 1)),
    setTimeout: (callback, delayMs) => {
      const timer: ProcessTimer = { isSet: true, inner: null };
      const fire = (): void => process.run('timer', () => fired(timer, callback));
      timer.inner = clock.setTimeout(fire, Math.max(0, delayMs || 0) / rate);
      return timer;
    },
    clearTimeout: (timer) => {
      if (!isProcessTimer(timer)) return;
      timer.isSet = false;
      clock.clearTimeout(timer.inner);
    },
    defer: (callback) => clock.defer(() => process.run('input', callback)),
    yield: (callback) => clock.yield(() => process.run('input', callback)),
  };
}

/** A timer that is due while its process is frozen can still be cleared when it thaws. */
interface ProcessTimer {
  isSet: boolean;
  inner: unknown;
}

function fired(timer: ProcessTimer, callback: () => void): void {
  if (!timer.isSet) return;
  timer.isSet = false;
  callback();
}

function isProcessTimer(value: unknown): value is ProcessTimer {
  return typeof value === 'object' && value !== null && 'isSet' in value && 'inner' in value;
}
