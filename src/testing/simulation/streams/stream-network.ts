/**
 * The streams between clients and members: who listens where, handshakes that are answered, refused or never
 * heard of, and everything that may befall a stream on its way.
 */
import type { NodeId } from '../../../core/types.ts';
import type { Dial, DialOptions, FrameSocket } from '../../../ports/frame-socket.ts';
import type { VirtualClock } from '../../virtual-clock.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { StreamQuality } from './lane.ts';
import { type EndEvents, Stream } from './stream.ts';

/** Whoever takes new streams at a member. */
export interface StreamListener {
  readonly process: SimulatedProcess;
  readonly isAdmitting: boolean;
  admit(socket: FrameSocket): void;
}

interface StreamNetworkOptions {
  readonly clock: VirtualClock;
  readonly random: SeededRandom;
  readonly quality: StreamQuality;
  readonly frameBytesMax: number;
  /** `null`: nobody listens there. */
  readonly listenerAt: (member: NodeId) => StreamListener | null;
  readonly isHostUp: (member: NodeId) => boolean;
  readonly events: EndEvents;
}

export interface OpenStream {
  readonly stream: Stream;
  readonly member: NodeId;
}

export class StreamNetwork {
  readonly #options: StreamNetworkOptions;
  #open: OpenStream[] = [];

  constructor(options: StreamNetworkOptions) {
    this.#options = options;
  }

  /** In the order in which they were dialled. */
  get open(): readonly OpenStream[] {
    this.#open = this.#open.filter(({ stream }) => !stream.isOver);
    return this.#open;
  }

  /** How a program dials from this process. */
  dialFrom(client: SimulatedProcess, memberAt: (url: string) => NodeId): Dial {
    return (url, options) => this.#dial(client, memberAt(url), options);
  }

  /** The process of a member is gone: with its host, or while its operating system still answers. */
  ended(process: SimulatedProcess, kind: 'kill' | 'power'): void {
    for (const { stream } of this.open) {
      if (stream.serverProcess === process) stream.server.die(kind === 'kill');
    }
  }

  /** What befell a stream without a word is found out at once, so that a healed network is whole. */
  resetAll(): void {
    for (const { stream } of this.open) {
      stream.client.over('the network was mended');
      stream.server.over('the network was mended');
    }
  }

  #dial(client: SimulatedProcess, member: NodeId, options: DialOptions): FrameSocket {
    const { clock, quality, random, events, frameBytesMax } = this.#options;
    const name = `${client.name} ${this.#open.length} ${clock.now()}`;
    const parts = { clock, quality, random: random.fork(name), client, frameBytesMax };
    const stream = new Stream(parts, events);
    this.#open.push({ stream, member });
    const late = (): void => {
      if (stream.client.isOpen) return;
      stream.client.break('Opening handshake has timed out');
      stream.client.terminate();
    };
    client.clock.setTimeout(late, options.timeoutMs);
    clock.setTimeout(() => this.#knock(stream, member), quality.latencyMs);
    return stream.client;
  }

  #knock(stream: Stream, member: NodeId): void {
    const { listenerAt, isHostUp } = this.#options;
    if (stream.client.isClosed || !isHostUp(member)) return;
    const listener = listenerAt(member);
    if (listener === null) return stream.refuse('connect ECONNREFUSED');
    listener.process.run('input', () => {
      if (stream.client.isClosed) return;
      if (!listener.isAdmitting) return stream.refuse('Unexpected server response: 503');
      stream.accept(listener.process);
      listener.admit(stream.server);
    });
  }
}
