/**
 * One direction of a virtual stream: what was sent arrives whole, in order, late, or never. No more than a window
 * of bytes is on the way or unread; the rest waits at the sender, which sees it as `bufferedBytes`.
 */
import type { VirtualClock } from '../../virtual-clock.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';

export type StreamItem =
  | { readonly type: 'frame'; readonly bytes: Uint8Array; readonly taken: (() => void) | undefined }
  | { readonly type: 'open' | 'ping' | 'pong' | 'end' | 'reset' }
  | { readonly type: 'refused' | 'close'; readonly why: string };

export interface StreamQuality {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly bytesPerMs: number;
  /** Bound: bytes on the way or unread; one frame is let through even if it alone is larger. */
  readonly windowBytes: number;
}

export interface LaneOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly quality: StreamQuality;
  readonly sender: () => SimulatedProcess | null;
  readonly receiver: () => SimulatedProcess | null;
  readonly hear: (item: StreamItem) => void;
}

/** What a ping and the like are in bytes. */
const SMALL_BYTES = 6;

export class Lane {
  readonly #options: LaneOptions;
  #waiting: StreamItem[] = [];
  #waitingBytes = 0;
  #carriedBytes = 0;
  #arrived: StreamItem[] = [];
  #lastArrivalMs = 0;
  #stalledUntilMs = 0;
  #isPaused = false;
  #isLost = false;

  constructor(options: LaneOptions) {
    this.#options = options;
  }

  get bufferedBytes(): number {
    return this.#waitingBytes;
  }

  send(item: StreamItem): void {
    if (this.#isLost) return this.#tellTaken(item);
    this.#waiting.push(item);
    this.#waitingBytes += sizeOf(item);
    this.#pump();
  }

  /** The reader stops, or goes on. */
  setPaused(isPaused: boolean): void {
    this.#isPaused = isPaused;
    if (!isPaused) this.#offer();
  }

  /** Nothing arrives until then; then all of it. */
  stall(forMs: number): void {
    const { clock } = this.#options;
    this.#stalledUntilMs = Math.max(this.#stalledUntilMs, clock.now() + forMs);
    clock.setTimeout(() => this.#offer(), forMs);
  }

  /** What has not left yet never does; this comes last. */
  endWith(item: StreamItem): void {
    this.#dropWaiting();
    this.send(item);
  }

  /** Nothing arrives any more, and nobody is told. */
  lose(): void {
    this.#isLost = true;
    this.#arrived = [];
    this.#dropWaiting();
  }

  #dropWaiting(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const item of waiting) this.#tellTaken(item);
  }

  #pump(): void {
    const { clock, random, quality } = this.#options;
    for (;;) {
      const [item] = this.#waiting;
      if (item === undefined) return;
      const bytes = sizeOf(item);
      if (this.#carriedBytes > 0 && this.#carriedBytes + bytes > quality.windowBytes) return;
      this.#waiting.shift();
      this.#waitingBytes -= bytes;
      this.#carriedBytes += bytes;
      this.#tellTaken(item);
      const delayMs = quality.latencyMs + random.between(0, quality.jitterMs);
      const earliest = Math.max(this.#lastArrivalMs, clock.now() + delayMs);
      this.#lastArrivalMs = earliest + bytes / quality.bytesPerMs;
      clock.setTimeout(() => this.#arrive(item), this.#lastArrivalMs - clock.now());
    }
  }

  #arrive(item: StreamItem): void {
    if (this.#isLost) return;
    this.#arrived.push(item);
    this.#offer();
  }

  /** One item for each event of the receiving process; it may be frozen, and stop reading in between. */
  #offer(): void {
    if (this.#arrived.length === 0 || this.#isPaused) return;
    this.#options.receiver()?.run('input', () => this.#consume());
  }

  #consume(): void {
    const { clock, hear } = this.#options;
    if (this.#isPaused || clock.now() < this.#stalledUntilMs) return;
    const item = this.#arrived.shift();
    if (item === undefined) return;
    this.#carriedBytes -= sizeOf(item);
    hear(item);
    this.#pump();
    if (this.#arrived.length > 0) clock.setTimeout(() => this.#offer(), 0);
  }

  #tellTaken(item: StreamItem): void {
    if (item.type !== 'frame' || item.taken === undefined) return;
    this.#options.sender()?.clock.defer(item.taken);
  }
}

function sizeOf(item: StreamItem): number {
  return item.type === 'frame' ? item.bytes.length : SMALL_BYTES;
}
