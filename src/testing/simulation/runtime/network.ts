/**
 * The links between simulated nodes, each direction on its own: how long messages take, which get lost, doubled,
 * late, out of order or come again much later, which connections break in the middle of a message. The bytes are
 * those of the production codec, carried by the production conversation over `MemoryNetwork`; a direction that is
 * cut holds everything, as TCP does, and one that is mended lets it through.
 */

import { FRAME_KIND } from '../../../transport/frames.ts';
import {
  type CarriedMessage,
  type Delivery,
  type Direction,
  MemoryNetwork,
} from '../../../transport/memory-network.ts';
import type { VirtualClock } from '../../virtual-clock.ts';
import type { SimulatedProcess } from './process.ts';
import type { SeededRandom } from './random.ts';
import type { SometimesLog } from './sometimes.ts';

/** What one direction does to messages; mutable, set by the plan and by the faults. */
export interface LinkQuality {
  /** What a message takes at least, and what it takes besides on average, in milliseconds. */
  latencyMs: number;
  jitterMs: number;
  /** Bytes in a millisecond; messages queue behind each other. */
  bytesPerMs: number;
  lossRate: number;
  duplicateRate: number;
  /** Arrives on its own way, later than what was said after it. */
  reorderRate: number;
  /** A message of long ago arrives again. */
  replayRate: number;
  /** The connection breaks while a message of several frames is under way. */
  breakRate: number;
  /** Message codes (`MESSAGE_CODE`) that never get through. */
  readonly blockedCodes: Set<number>;
  /** Nothing arrives before this time, and then everything. */
  cloggedUntilMs: number;
}

interface SimulatedNetworkOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  /** The life that uses this address at the moment; `null`: none does. */
  readonly processAt: (address: string) => SimulatedProcess | null;
  /** False: not even its operating system answers. */
  readonly isHostUp: (address: string) => boolean;
  /** Sees every message as it leaves. */
  readonly leaving: (message: CarriedMessage) => void;
  readonly sometimes: SometimesLog;
  /** Sees every message that arrives outside the order of its connection. */
  readonly strayed: (message: CarriedMessage) => void;
  /** Sees every frame just before it is heard. */
  readonly arriving: (frame: Uint8Array, direction: Direction) => void;
}

/** Bound: messages of one direction that may come again. */
const REMEMBERED_MAX = 32;
/** How late a stray message may be, in multiples of the latency. */
const STRAY_DELAYS = [1, 5, 50, 500] as const;

interface LinkState {
  readonly quality: LinkQuality;
  readonly random: SeededRandom;
  readonly remembered: (readonly Uint8Array[])[];
  freeAtMs: number;
}

export class SimulatedNetwork {
  readonly memory: MemoryNetwork;
  readonly #options: SimulatedNetworkOptions;
  readonly #links = new Map<string, LinkState>();
  messages = 0;
  lost = 0;

  constructor(options: SimulatedNetworkOptions) {
    this.#options = options;
    this.memory = new MemoryNetwork({
      defer: (deliver, delivery) => this.#defer(deliver, delivery),
      carry: (message) => this.#carry(message),
      tamper: (frame, delivery) => {
        options.arriving(frame, delivery);
        return frame;
      },
    });
  }

  quality(from: string, to: string): LinkQuality {
    return this.#link(from, to).quality;
  }

  #defer(deliver: () => void, delivery: Delivery): void {
    const { clock, processAt } = this.#options;
    const { from, to, what, bytes } = delivery;
    if (what === 'notice') {
      const process = processAt(to);
      clock.defer(() => process?.run('input', deliver));
      return;
    }
    const delayMs = this.#delayMs(this.#link(from, to), bytes);
    clock.setTimeout(() => this.#arrive(deliver, delivery), delayMs);
  }

  /** A killed process has an operating system that turns calls away; a machine without power has none. */
  #arrive(deliver: () => void, { to, what }: Delivery): void {
    const process = this.#options.processAt(to);
    if (process?.isAlive === true) process.run('input', deliver);
    else if (what === 'dial' && this.#options.isHostUp(to)) deliver();
  }

  #carry(message: CarriedMessage): boolean {
    const { from, to, frames } = message;
    this.#options.leaving(message);
    this.messages += 1;
    const link = this.#link(from, to);
    const head = frames[0];
    if (head === undefined || head[4] !== FRAME_KIND.message) return true;
    const isCarried = this.#disturb(link, message, codeOf(head));
    if (!isCarried) this.lost += 1;
    return isCarried;
  }

  #disturb(link: LinkState, message: CarriedMessage, code: number): boolean {
    const { quality, random, remembered } = link;
    if (quality.blockedCodes.has(code)) return false;
    if (random.chance(quality.lossRate)) return false;
    if (random.chance(quality.replayRate) && remembered.length > 0) {
      this.#stray(link, { ...message, frames: random.pick(remembered) });
    }
    if (quality.replayRate > 0) remember(link, message.frames);
    if (random.chance(quality.breakRate)) return this.#breakWithin(link, message);
    if (random.chance(quality.duplicateRate)) this.#stray(link, message);
    if (!random.chance(quality.reorderRate)) return true;
    this.#stray(link, message);
    return false;
  }

  /** Arrives on its own, outside the order of its connection, unless its sender is dead by then: so is the connection. */
  #stray(link: LinkState, message: CarriedMessage): void {
    const { clock } = this.#options;
    const { from, to, frames, deliver } = message;
    const delayMs = this.#delayMs(link, 0) * link.random.pick(STRAY_DELAYS);
    const sender = this.#options.processAt(from);
    clock.setTimeout(() => {
      if (this.memory.isCut({ from, to }) || sender?.isAlive === false) return;
      this.#options.strayed(message);
      this.#options.processAt(to)?.run('input', () => deliver(frames));
    }, delayMs);
  }

  /** Some of the frames of this message arrive, then both ends learn that the connection is gone. */
  #breakWithin(link: LinkState, { from, to, frames, deliver }: CarriedMessage): boolean {
    const arrived = frames.slice(0, link.random.integer(0, frames.length - 1));
    this.#options.clock.setTimeout(
      () => {
        const process = this.#options.processAt(to);
        if (arrived.length > 0) process?.run('input', () => deliver(arrived));
        this.memory.reset(from, to);
        this.#options.sometimes.note('a connection breaks in the middle of a message');
      },
      this.#delayMs(link, 0),
    );
    return false;
  }

  #delayMs(link: LinkState, bytes: number): number {
    const { quality, random } = link;
    const now = this.#options.clock.now();
    const start = Math.max(now, link.freeAtMs, quality.cloggedUntilMs);
    link.freeAtMs = start + bytes / quality.bytesPerMs;
    const jitterMs = quality.jitterMs === 0 ? 0 : random.exponential(quality.jitterMs);
    return link.freeAtMs - now + quality.latencyMs + jitterMs;
  }

  #link(from: string, to: string): LinkState {
    const key = `${from} → ${to}`;
    const known = this.#links.get(key);
    if (known !== undefined) return known;
    const random = this.#options.random.fork(key);
    const link = { quality: perfectQuality(), random, remembered: [], freeAtMs: 0 };
    this.#links.set(key, link);
    return link;
  }
}

export function perfectQuality(): LinkQuality {
  return {
    latencyMs: 0.5,
    jitterMs: 0,
    bytesPerMs: Number.POSITIVE_INFINITY,
    lossRate: 0,
    duplicateRate: 0,
    reorderRate: 0,
    replayRate: 0,
    breakRate: 0,
    blockedCodes: new Set(),
    cloggedUntilMs: 0,
  };
}

/** The body of a message is a MessagePack list whose first item is its code, one byte (`MESSAGE_CODE`). */
export function codeOf(head: Uint8Array): number {
  return head[9] ?? 0;
}

function remember({ remembered, random }: LinkState, frames: readonly Uint8Array[]): void {
  if (remembered.length < REMEMBERED_MAX) remembered.push(frames);
  else remembered[random.integer(0, REMEMBERED_MAX - 1)] = frames;
}
