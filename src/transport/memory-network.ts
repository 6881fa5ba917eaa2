/**
 * A network inside one process, for simulators and tests: transports join it by address, and the very
 * frames that would cross a socket cross it, in order, each step through a `defer` that its owner controls
 * (TR18). A cut direction holds what is under way, as lost packets that are sent again; mending it lets
 * them through; a reset ends connections at once, as a restarted router does. Nothing here is random
 * and nothing waits: who defers decides when, and whether, a step is taken.
 */

/** One step that is under way. `from` equals `to` for what an end tells itself. */
export interface Delivery {
  readonly from: string;
  readonly to: string;
  readonly what: 'dial' | 'answer' | 'frames' | 'goodbye' | 'notice';
  /** Of the frames; 0 for other steps. */
  readonly bytes: number;
}

export interface MemoryNetworkOptions {
  /**
   * Calls `deliver` once, later than this call. Each call takes the oldest step of its connection and
   * direction, so steps stay in order however the calls are delayed, and a call left out delays the rest.
   */
  readonly defer: (deliver: () => void, delivery: Delivery) => void;
  /** Damages frames under way, or returns them as they are. They may be shared: copy before writing. */
  readonly tamper?: (frame: Uint8Array, delivery: Delivery) => Uint8Array;
  /**
   * Asked about each message before it sets out. True: it goes the ordinary way, in order. Besides, or instead,
   * the owner may call `deliver` itself, at any time and any number of times, with these frames or earlier
   * ones of the same direction: so messages get lost, doubled, late and out of order (TR18).
   */
  readonly carry?: (message: CarriedMessage) => boolean;
}

/** One message on its way: its header frame and the runs beside it. */
export interface CarriedMessage {
  readonly from: string;
  readonly to: string;
  readonly frames: readonly Uint8Array[];
  /** Hands frames to the far end of this very connection; nothing happens once it has ended. */
  readonly deliver: (frames: readonly Uint8Array[]) => void;
}

export interface Direction {
  readonly from: string;
  readonly to: string;
}

/** A connection, as the network sees it. */
export interface Link extends Direction {
  /** Ends both ends, saying why. */
  reset(text: string): void;
}

/** One end of a connection, as the other end reaches it: always inside a step. */
export interface FarEnd {
  /** The newest protocol version that it knows. */
  readonly newestVersion: number;
  /** The dial was taken by `accepting`; nothing has been said yet. */
  joined(accepting: FarEnd, link: Link): void;
  opened(): void;
  receive(frames: readonly Uint8Array[], delivery: Delivery): void;
  lost(text: string): void;
}

export type Answer = (from: string, dialling: FarEnd) => void;

/** What carries bytes between the transports that were given it; moves only when `defer` runs a step. */
export class MemoryNetwork {
  readonly #options: MemoryNetworkOptions;
  readonly #answers = new Map<string, Answer>();
  readonly #links = new Set<Link>();
  readonly #cuts = new Set<string>();
  readonly #holding = new Set<Lane>();

  constructor(options: MemoryNetworkOptions) {
    this.#options = options;
  }

  /** From now on nothing gets through in this direction; what is sent is held. */
  cut(direction: Direction): void {
    this.#cuts.add(keyOf(direction));
  }

  /** Lets through again, what was held first. */
  mend(direction: Direction): void {
    this.#cuts.delete(keyOf(direction));
    for (const lane of [...this.#holding]) {
      if (this.isCut(lane.direction)) continue;
      this.#holding.delete(lane);
      lane.release();
    }
  }

  isCut(direction: Direction): boolean {
    return this.#cuts.has(keyOf(direction));
  }

  /** Ends every connection between the two, whoever dialled; both ends hear of it. Returns how many. */
  reset(one: string, other: string): number {
    const links = [...this.#links].filter(
      ({ from, to }) => (from === one && to === other) || (from === other && to === one),
    );
    for (const link of links) link.reset('the connection was reset');
    return links.length;
  }

  // What the transports call.

  defer(deliver: () => void, delivery: Delivery): void {
    this.#options.defer(deliver, delivery);
  }

  tamper(frame: Uint8Array, delivery: Delivery): Uint8Array {
    return this.#options.tamper?.(frame, delivery) ?? frame;
  }

  /** True: the message goes the ordinary way. */
  carries(message: CarriedMessage): boolean {
    return this.#options.carry?.(message) ?? true;
  }

  hold(lane: Lane): void {
    this.#holding.add(lane);
  }

  /** Who takes a dial to this address; `null`: nobody. */
  answerAt(address: string): Answer | null {
    return this.#answers.get(address) ?? null;
  }

  /** False, and nothing changed, if someone listens there already. */
  startListening(address: string, answer: Answer): boolean {
    if (this.#answers.has(address)) return false;
    this.#answers.set(address, answer);
    return true;
  }

  stopListening(address: string): void {
    this.#answers.delete(address);
  }

  linked(link: Link): void {
    this.#links.add(link);
  }

  unlinked(link: Link): void {
    this.#links.delete(link);
  }
}

interface Step {
  readonly delivery: Delivery;
  readonly take: (delivery: Delivery) => void;
}

/** One direction of one connection: steps leave in the order in which they were added. */
export class Lane {
  readonly direction: Direction;
  readonly #network: MemoryNetwork;
  readonly #steps: Step[] = [];
  #held = 0;
  #bytes = 0;

  constructor(network: MemoryNetwork, direction: Direction) {
    this.#network = network;
    this.direction = direction;
  }

  /** Of the frames that are under way. */
  bytes(): number {
    return this.#bytes;
  }

  add(what: Delivery['what'], bytes: number, take: (delivery: Delivery) => void): void {
    const delivery = { ...this.direction, what, bytes };
    this.#steps.push({ delivery, take });
    this.#bytes += bytes;
    this.#network.defer(() => this.#advance(), delivery);
  }

  /** Starts again what was held while the direction was cut. */
  release(): void {
    const held = this.#steps.slice(0, this.#held);
    this.#held = 0;
    for (const { delivery } of held) this.#network.defer(() => this.#advance(), delivery);
  }

  #advance(): void {
    if (this.#network.isCut(this.direction)) {
      this.#held += 1;
      this.#network.hold(this);
      return;
    }
    const step = this.#steps.shift();
    if (step === undefined) return;
    this.#bytes -= step.delivery.bytes;
    step.take(step.delivery);
  }
}

function keyOf({ from, to }: Direction): string {
  return `${from} → ${to}`;
}
