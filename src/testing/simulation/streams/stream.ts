/**
 * A virtual stream with its two ends, each a `FrameSocket` as production code knows it. It behaves as a WebSocket
 * over TCP does: whole frames in order, pings that a reader answers unless it has stopped reading, a close that
 * comes after what was sent, an end without a word.
 */
import { unreachable } from '../../../core/assert.ts';
import type { FrameSocket, FrameSocketListener } from '../../../ports/frame-socket.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { Lane, type LaneOptions, type StreamItem } from './lane.ts';

interface StreamOptions extends Pick<LaneOptions, 'clock' | 'random' | 'quality'> {
  readonly client: SimulatedProcess;
  readonly frameBytesMax: number;
}

export interface EndEvents {
  /** After each frame that a server handed in. */
  sent(end: StreamEnd): void;
  heard(): void;
}

/** Whoever asked to close waits so long for the other side's answer, in milliseconds. */
const CLOSE_TIMEOUT_MS = 30_000;
const TOO_LONG = 1009;

export class Stream {
  readonly client: StreamEnd;
  readonly server: StreamEnd;
  readonly #up: Lane;
  readonly #down: Lane;
  /** `null`: nobody has taken it yet. */
  serverProcess: SimulatedProcess | null = null;

  constructor({ client, frameBytesMax, ...parts }: StreamOptions, events: EndEvents) {
    const ofClient = (): SimulatedProcess => client;
    const ofServer = (): SimulatedProcess | null => this.serverProcess;
    const up = { sender: ofClient, receiver: ofServer };
    const down = { sender: ofServer, receiver: ofClient };
    this.#up = new Lane({ ...parts, ...up, hear: (item) => this.server.hear(item) });
    this.#down = new Lane({ ...parts, ...down, hear: (item) => this.client.hear(item) });
    const common = { frameBytesMax, heard: events.heard };
    const nothing = (): void => {};
    this.client = new StreamEnd({
      ...common,
      out: this.#up,
      in: this.#down,
      process: ofClient,
      sent: nothing,
    });
    const sent = (): void => events.sent(this.server);
    this.server = new StreamEnd({
      ...common,
      out: this.#down,
      in: this.#up,
      process: ofServer,
      sent,
    });
  }

  get isOver(): boolean {
    return this.client.isClosed && this.server.isClosed;
  }

  refuse(why: string): void {
    this.server.over(why);
    this.#down.send({ type: 'refused', why });
  }

  accept(process: SimulatedProcess): void {
    this.serverProcess = process;
    this.server.open();
    this.#down.send({ type: 'open' });
  }

  /** Nothing arrives any more; whoever does not ask never knows. */
  vanish(): void {
    this.#up.lose();
    this.#down.lose();
  }

  stall(direction: 'up' | 'down', forMs: number): void {
    (direction === 'up' ? this.#up : this.#down).stall(forMs);
  }
}

interface EndOptions {
  readonly out: Lane;
  readonly in: Lane;
  readonly process: () => SimulatedProcess | null;
  readonly frameBytesMax: number;
  readonly sent: () => void;
  readonly heard: () => void;
}

type EndState = 'connecting' | 'open' | 'closing' | 'closed';

export class StreamEnd implements FrameSocket {
  readonly #options: EndOptions;
  #state: EndState = 'connecting';
  #listener: FrameSocketListener | null = null;
  #isUnreadable = false;
  /** It was told to stop reading at least once. */
  wasPaused = false;

  constructor(options: EndOptions) {
    this.#options = options;
  }

  get isOpen(): boolean {
    return this.#state === 'open';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  get bufferedBytes(): number {
    return this.#options.out.bufferedBytes;
  }

  listen(listener: FrameSocketListener): void {
    this.#listener = listener;
  }

  /** The handshake is over. */
  open(): void {
    if (this.#state === 'connecting') this.#state = 'open';
  }

  send(bytes: Uint8Array, taken?: () => void): void {
    const { out, process, sent } = this.#options;
    if (this.#state === 'connecting') throw new Error('the stream is not open yet');
    if (this.#state === 'open') out.send({ type: 'frame', bytes, taken });
    else if (taken !== undefined) process()?.clock.defer(taken);
    sent();
  }

  ping(): void {
    if (this.#state === 'open') this.#options.out.send({ type: 'ping' });
  }

  pause(): void {
    this.wasPaused = true;
    if (!this.isClosed) this.#options.in.setPaused(true);
  }

  resume(): void {
    if (!this.isClosed) this.#options.in.setPaused(false);
  }

  close(_code = 1000, reason = ''): void {
    if (this.#state !== 'open') return;
    this.#state = 'closing';
    this.#options.out.send({ type: 'close', why: reason });
    this.#options.process()?.clock.setTimeout(() => this.terminate(), CLOSE_TIMEOUT_MS);
  }

  terminate(): void {
    if (this.isClosed) return;
    this.#options.in.lose();
    this.#options.out.endWith({ type: 'reset' });
    this.over('it was closed');
  }

  /** Its process is gone; the other side hears of it if anyone is left to say so. */
  die(isTold: boolean): void {
    this.#state = 'closed';
    this.#options.in.lose();
    if (isTold) this.#options.out.endWith({ type: 'reset' });
    else this.#options.out.lose();
  }

  /** Closed for good; the listener hears of it after the present event. */
  over(why: string): void {
    if (this.isClosed) return;
    this.#state = 'closed';
    this.#options.process()?.clock.defer(() => this.#listener?.onClose(why));
  }

  /** Could not be opened, or can no longer be read. */
  break(why: string): void {
    if (this.isClosed) return;
    this.#listener?.onBroken(why);
  }

  hear(item: StreamItem): void {
    if (this.isClosed) return;
    this.#options.heard();
    switch (item.type) {
      case 'frame':
        this.#hearFrame(item.bytes);
        break;
      case 'open':
        this.open();
        break;
      case 'ping':
        if (this.isOpen) this.#options.out.send({ type: 'pong' });
        break;
      case 'pong':
        this.#listener?.onPong();
        break;
      case 'close':
        this.#options.out.send({ type: 'end' });
        this.over(item.why || 'it was closed');
        break;
      case 'end':
      case 'reset':
        this.over('it was closed');
        break;
      case 'refused':
        this.break(item.why);
        this.over(item.why);
        break;
      default:
        unreachable(item);
    }
  }

  #hearFrame(bytes: Uint8Array): void {
    if (this.#isUnreadable) return;
    if (bytes.length <= this.#options.frameBytesMax) {
      this.#listener?.onFrame(bytes);
      return;
    }
    this.#isUnreadable = true;
    this.close(TOO_LONG);
    this.break('Max payload size exceeded');
  }
}
