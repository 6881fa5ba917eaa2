/**
 * A transport without sockets and without `node:`: same codec, same conversation, same bounds as `ws-transport.ts`, carried
 * by a `MemoryNetwork` (TR18). Runs arrive as the sender's own bytes: nobody may write to them, as in production.
 */
import { RaftError } from '../core/errors.ts';
import { PROTOCOL_VERSION } from '../core/hello.ts';
import type { ConnectionListener, PeerConnection, TransportLimits } from '../ports/transport.ts';
import { type Accept, Conversation, type PeerTransport, type Wire } from './conversation.ts';
import {
  type Delivery,
  type Direction,
  type FarEnd,
  Lane,
  type Link,
  type MemoryNetwork,
} from './memory-network.ts';

export interface MemoryTransportOptions {
  readonly network: MemoryNetwork;
  /** Where it listens, and where its dials come from. Any text. */
  readonly address: string;
  readonly limits: TransportLimits;
  /** As a member of an older build would speak: no newer protocol version than this. */
  readonly protocolVersion?: number;
}

/** A transport that reaches, and is reached by, all others on the same network. */
export function memoryTransport(options: MemoryTransportOptions): MemoryTransport {
  return new MemoryTransport(options);
}

export class MemoryTransport implements PeerTransport {
  readonly #options: MemoryTransportOptions;
  readonly #ends = new Set<MemoryEnd>();
  #isListening = false;
  #badFrames = 0;
  #isClosed = false;

  constructor(options: MemoryTransportOptions) {
    this.#options = options;
  }

  async listen(accept: Accept): Promise<string> {
    const { network, address } = this.#options;
    if (this.#isListening) throw new TypeError('this transport listens already');
    if (this.#isClosed) {
      throw new RaftError('RAFT_STOPPED', 'the transport was closed before it listened');
    }
    const isFree = network.startListening(address, (from, dialling) => {
      this.#answer(accept, from, dialling);
    });
    if (!isFree) {
      const text = `The peer address ${address} is in use: stop who listens there, or choose another.`;
      throw new RaftError('RAFT_CONFLICT', text);
    }
    this.#isListening = true;
    return address;
  }

  dial(address: string, listener: ConnectionListener): PeerConnection {
    const end = this.#createEnd(address);
    end.conversation.attach(listener);
    if (this.#isClosed) end.lost('this node is stopping');
    else end.dial();
    return end.conversation;
  }

  badFrames(): number {
    return this.#badFrames;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    if (this.#isListening) this.#options.network.stopListening(this.#options.address);
    for (const { conversation } of [...this.#ends]) {
      conversation.close('local', 'this node is stopping');
    }
  }

  /**
   * As if the process had died: it listens no more and hears nothing more. `reset` tells the far ends, as the
   * operating system of a killed process does; otherwise they hear nothing, as when a machine loses power.
   */
  abandon({ reset }: { readonly reset: boolean }): void {
    this.#isClosed = true;
    if (this.#isListening) this.#options.network.stopListening(this.#options.address);
    for (const end of [...this.#ends]) end.abandon(reset);
  }

  #answer(accept: Accept, from: string, dialling: FarEnd): void {
    const end = this.#createEnd(from);
    end.join(dialling);
    end.conversation.accepted(accept);
  }

  #createEnd(remote: string): MemoryEnd {
    const { network, address, limits, protocolVersion = PROTOCOL_VERSION } = this.#options;
    const end: MemoryEnd = new MemoryEnd({
      network,
      direction: { from: address, to: remote },
      limits,
      newestVersion: protocolVersion,
      onBadFrame: () => {
        this.#badFrames += 1;
      },
      onEnd: () => this.#ends.delete(end),
    });
    this.#ends.add(end);
    return end;
  }
}

interface MemoryEndOptions {
  readonly network: MemoryNetwork;
  readonly direction: Direction;
  readonly limits: TransportLimits;
  readonly newestVersion: number;
  readonly onBadFrame: () => void;
  readonly onEnd: () => void;
}

/** One end of one connection: what it writes goes down its lane, to the end on the far side. */
class MemoryEnd implements Wire, FarEnd {
  readonly conversation: Conversation;
  readonly newestVersion: number;
  readonly #options: MemoryEndOptions;
  readonly #lane: Lane;
  #far: FarEnd | null = null;
  #link: Link | null = null;
  #isEnded = false;

  constructor(options: MemoryEndOptions) {
    const { network, direction, limits, onBadFrame } = options;
    const notice = { from: direction.from, to: direction.from, what: 'notice', bytes: 0 } as const;
    this.#options = options;
    this.newestVersion = options.newestVersion;
    this.#lane = new Lane(network, direction);
    this.conversation = new Conversation({
      wire: this,
      limits,
      defer: (callback) => network.defer(callback, notice),
      onBadFrame,
    });
  }

  // What its own side calls.

  protocolVersion(): number {
    return Math.min(this.newestVersion, this.#far?.newestVersion ?? this.newestVersion);
  }

  /** Nobody floods a memory: what comes early is bounded where it is kept. */
  hold(): void {}

  release(): void {}

  dial(): void {
    const { network } = this.#options;
    this.#lane.add('dial', 0, ({ from, to }) => {
      if (this.#isEnded) return;
      const answer = network.answerAt(to);
      if (answer !== null) {
        answer(from, this);
        return;
      }
      const back = new Lane(network, { from: to, to: from });
      back.add('answer', 0, () => this.lost(`${to}: nobody listens there`));
    });
  }

  /** The accepting end answers the dial; its answer goes ahead of whatever it says. */
  join(dialling: FarEnd): void {
    this.#far = dialling;
    this.#link = {
      ...this.#options.direction,
      reset: (text) => {
        this.lost(text);
        dialling.lost(text);
      },
    };
    dialling.joined(this, this.#link);
    this.#options.network.linked(this.#link);
    this.#lane.add('answer', 0, () => dialling.opened());
  }

  write(frames: readonly Uint8Array[]): void {
    const { network, direction } = this.#options;
    let bytes = 0;
    for (const frame of frames) bytes += frame.length;
    const delivery = { ...direction, what: 'frames', bytes } as const;
    const deliver = (carried: readonly Uint8Array[]): void => this.#far?.receive(carried, delivery);
    if (!network.carries({ ...direction, frames, deliver })) return;
    this.#lane.add('frames', bytes, () => deliver(frames));
  }

  bufferedBytes(): number {
    return this.#lane.bytes();
  }

  hangUp(_kind: 'ended' | 'badFrame', text: string): void {
    if (this.#isEnded) return;
    this.#end();
    this.#lane.add('goodbye', 0, () => this.#far?.lost(`the peer said: ${text}`));
  }

  abandon(reset: boolean): void {
    const far = this.#far;
    this.conversation.abandon();
    this.#end();
    if (reset) this.#lane.add('goodbye', 0, () => far?.lost('the peer is gone'));
  }

  // What the other end calls.

  joined(accepting: FarEnd, link: Link): void {
    this.#far = accepting;
    this.#link = link;
  }

  opened(): void {
    this.conversation.opened();
  }

  receive(frames: readonly Uint8Array[], delivery: Delivery): void {
    for (const frame of frames) {
      this.conversation.received(this.#options.network.tamper(frame, delivery));
    }
  }

  lost(text: string): void {
    this.#end();
    this.conversation.lost(text);
  }

  #end(): void {
    this.#isEnded = true;
    this.#options.onEnd();
    if (this.#link !== null) this.#options.network.unlinked(this.#link);
  }
}
