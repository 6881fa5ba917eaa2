/** A server on a clock that a test owns: it keeps what it is asked, and answers when the test says so. */
import { clientSettings } from '../../src/client/client-options.ts';
import type { ConnectOptions } from '../../src/client/index.ts';
import { KvClient } from '../../src/client/kv-client.ts';
import type { ClientReply, ClientRequest } from '../../src/client-protocol/frame-shapes.ts';
import { encodeReplies } from '../../src/client-protocol/reply-frame.ts';
import { decodeRequests } from '../../src/client-protocol/request-frame.ts';
import { RaftError, type RaftErrorCode } from '../../src/core/errors.ts';
import type { ConnectionClock } from '../../src/ports/clock.ts';
import type { FrameSocket, FrameSocketListener } from '../../src/ports/frame-socket.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import { helloOf, tellDone } from './scripted-server.ts';

export function clockOf(clock: VirtualClock): ConnectionClock {
  return {
    now: () => clock.now(),
    wallTimeMs: () => clock.wallTimeMs(),
    setTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
    setIdleTimeout: (callback, delayMs) => clock.setTimeout(callback, delayMs),
    clearTimeout: (timer) => clock.clearTimeout(timer),
    defer: (callback) => clock.defer(callback),
    yield: (callback) => clock.setTimeout(callback, 0),
  };
}

export class VirtualServer {
  readonly #clock: VirtualClock;
  readonly #name: string;
  #listener: FrameSocketListener | null = null;
  /** Requests by frame, and those that were not answered. */
  readonly frames: (readonly ClientRequest[])[] = [];
  #open: ClientRequest[] = [];

  constructor(clock: VirtualClock, name = 'n1') {
    this.#clock = clock;
    this.#name = name;
  }

  get openCount(): number {
    return this.#open.length;
  }

  get ids(): readonly number[] {
    return this.frames.flat().map(({ id }) => id);
  }

  /** Says hello in a millisecond, and who leads. */
  socket(leader: string | null): FrameSocket {
    const nothing = (): void => {};
    this.#clock.setTimeout(() => this.#tell([helloOf(this.#name, leader)]), 1);
    return {
      isOpen: true,
      bufferedBytes: 0,
      listen: (listener) => {
        this.#listener = listener;
      },
      send: (frame) => this.#take(frame),
      ping: () => this.#listener?.onPong(),
      ...{ pause: nothing, resume: nothing, close: nothing, terminate: nothing },
    };
  }

  /** It hears of another leader, or of none. */
  tellLeader(leader: string | null): void {
    this.#tell([helloOf(this.#name, leader)]);
  }

  /** Those asked first are done. */
  answer(count: number): void {
    const replies: ClientReply[] = [];
    for (const request of this.#open.splice(0, count)) {
      tellDone(request, (reply) => replies.push(reply));
    }
    this.#tell(replies);
  }

  /** Those asked first are refused, but for so many before them. */
  refuse(count: number, code: RaftErrorCode, before = 0): void {
    const refused = this.#open.splice(before, count);
    const error = new RaftError(code, 'not now');
    this.#tell(refused.map(({ id }) => ({ type: 'failed', id, error, compactedRevision: null })));
  }

  #tell(replies: readonly ClientReply[]): void {
    this.#listener?.onFrame(encodeReplies(replies));
    this.#clock.runDeferred();
  }

  #take(frame: Uint8Array): void {
    const requests = decodeRequests(frame);
    if (typeof requests === 'string') throw new Error(requests);
    this.frames.push(requests);
    this.#open.push(...requests);
  }
}

interface VirtualScene {
  readonly clock: VirtualClock;
  readonly server: VirtualServer;
  readonly client: KvClient;
}

/** A client that is connected to one server. */
export function virtualScene(options: Partial<ConnectOptions> = {}): VirtualScene {
  const clock = new VirtualClock();
  const server = new VirtualServer(clock);
  const settings = clientSettings({ endpoints: ['http://n1.test'], ...options });
  const ports = { clock: clockOf(clock), random: { next: () => 0.5 } };
  const client = new KvClient(settings, { ...ports, dial: () => server.socket('n1') });
  clock.advance(1);
  return { clock, server, client };
}
