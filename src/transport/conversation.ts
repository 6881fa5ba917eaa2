/**
 * One end of one connection, without the socket: the order in which things may be said, the same for every transport.
 * Hello first, once, in each direction (TR1); every run right behind its message (TR5); what breaks this closes the
 * connection and reaches no one (TR3). The listener hears one `onClose`, last (TR10). What moves the bytes is a `Wire`.
 */
import { assert, unreachable } from '../core/assert.ts';
import { decodeRun, type EntryRun } from '../core/entry-run.ts';
import { type Hello, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../core/hello.ts';
import { RUNS_PER_MESSAGE_MAX } from '../core/limits.ts';
import type { Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
  TransportLimits,
} from '../ports/transport.ts';
import { payloadProblem, runCountProblem, runProblem } from './check.ts';
import { decodeFrame, encodeHello, encodeMessage, encodeRefusal } from './codec.ts';

/** A transport that counts what it had to close. */
export interface PeerTransport extends Transport {
  /** How many connections were closed because of what arrived on them. Never falls. */
  badFrames(): number;
}

/** What carries the frames of one end. Never calls back during a call to it. */
export interface Wire {
  /** The newest protocol version that both ends know, as they found out when they were connected (UP1). */
  protocolVersion(): number;
  /** Queues the frames, in order and uncopied, so that they leave together. */
  write(frames: readonly Uint8Array[]): void;
  /** Bytes queued and not yet taken over by whoever carries them. */
  bufferedBytes(): number;
  /** Reads nothing more until `release`. */
  hold(): void;
  /** Reads on, and more than a hello takes. */
  release(): void;
  /** Ends the connection behind what is queued, with a few words for the other side. */
  hangUp(kind: 'ended' | 'badFrame', text: string): void;
}

/** Of a connection that never came to be. */
export const NO_WIRE: Wire = {
  protocolVersion: () => PROTOCOL_VERSION,
  write: () => {},
  bufferedBytes: () => 0,
  hold: () => {},
  release: () => {},
  hangUp: () => {},
};

export interface ConversationSetting {
  readonly wire: Wire;
  readonly limits: TransportLimits;
  /** Runs a callback soon, but not during this call. */
  readonly defer: (callback: () => void) => void;
  readonly onBadFrame: () => void;
  /** What speaks against the far end being that member (TL6); `null`: nothing. Not given: nothing does. */
  readonly impostorText?: (id: NodeId) => string | null;
}

/** A message whose runs are still arriving. Bound: together no more bytes than one frame may have. */
interface Gathering {
  readonly message: Message;
  readonly runCount: number;
  readonly runs: EntryRun[];
  bytes: number;
}

export type Accept = (connection: PeerConnection) => ConnectionListener;

const NO_RUNS: readonly EntryRun[] = [];

/** For a transport of your own: give it a wire, and pass on to it what the wire brings. */
export class Conversation implements PeerConnection {
  readonly #setting: ConversationSetting;
  #listener: ConnectionListener | null = null;
  #state: 'opening' | 'open' | 'closed' = 'opening';
  #helloSent = false;
  #helloReceived = false;
  #peer: NodeId | null = null;
  #gathering: Gathering | null = null;

  constructor(setting: ConversationSetting) {
    this.#setting = setting;
  }

  /** Whom the far end says to be in its hello, and nothing speaks against it here; `null` before that. */
  get peer(): NodeId | null {
    return this.#peer;
  }

  // What the owner of this end calls.

  sendHello(hello: Hello): void {
    if (this.#state === 'closed') return;
    assert(this.#state === 'open', 'TR1: the socket is open before anything is said');
    assert(!this.#helloSent, 'TR1: a hello is sent once');
    const problem = this.#setting.impostorText?.(hello.to) ?? null;
    if (problem !== null) return this.turnAway(problem);
    this.#helloSent = true;
    const protocolVersion = Math.min(hello.protocolVersion, this.#version);
    this.#setting.wire.write([encodeHello({ ...hello, protocolVersion })]);
  }

  send(message: Message, runs: readonly EntryRun[]): boolean {
    if (this.#state !== 'open') return false;
    assert(this.#helloSent, 'TR1: a hello is sent before any message');
    if (this.bufferedBytes() > this.#setting.limits.socketBytesMax) return false;
    this.#assertSound(message, runs);
    const frames = [encodeMessage(message, runs.length, this.#version)];
    for (const run of runs) frames.push(run.bytes);
    this.#setting.wire.write(frames);
    return true;
  }

  bufferedBytes(): number {
    return this.#setting.wire.bufferedBytes();
  }

  hold(): void {
    if (this.#state === 'open') this.#setting.wire.hold();
  }

  release(): void {
    if (this.#state === 'open') this.#setting.wire.release();
  }

  close(kind: 'refused' | 'local', text: string): void {
    if (this.#state === 'closed') return;
    if (kind === 'refused' && this.#state === 'open') {
      this.#setting.wire.write([encodeRefusal(text)]);
    }
    this.#end({ kind: 'local', text });
  }

  // What the transport calls.

  /** Once, before any other call: who hears of it. */
  attach(listener: ConnectionListener): void {
    this.#listener = listener;
  }

  /** Dialling side: the bytes can flow. */
  opened(): void {
    if (this.#state !== 'opening') return;
    this.#state = 'open';
    this.#tell((listener) => listener.onOpen());
  }

  /** Accepting side: the bytes flow already. Why `accept` throws is for this node's own log; a stranger learns nothing. */
  accepted(accept: Accept): void {
    this.#state = 'open';
    try {
      this.attach(accept(this));
    } catch {
      this.close('local', 'the connection was not accepted');
    }
  }

  /** One frame as it arrived; `null` for one that is not binary. */
  received(frame: Uint8Array | null): void {
    if (this.#state !== 'open') return;
    const problem = frame === null ? 'a text frame' : this.#take(frame);
    if (problem !== null) this.#breakOff(problem);
  }

  /** The transport itself found the bytes unfit: not WebSocket, or larger than a frame may be. */
  receivedBroken(text: string): void {
    if (this.#state !== 'closed') this.#breakOff(text);
  }

  /** The transport does not take the far end: it is told why, and so is the listener. */
  turnAway(text: string): void {
    if (this.#state === 'closed') return;
    this.#setting.wire.write([encodeRefusal(text)]);
    this.#end({ kind: 'refused', text });
  }

  /** The far end does not take this one, and has said so before anything else. */
  turnedAway(text: string): void {
    this.#end({ kind: 'refused', text });
  }

  /** The connection is gone, whoever ended it. */
  lost(text: string): void {
    if (this.#state === 'closed') return;
    this.#settle({ kind: this.#state === 'open' ? 'closed' : 'unreachable', text });
  }

  /** Whoever listened is dead: nothing is said or heard on this end any more. */
  abandon(): void {
    this.#state = 'closed';
    this.#listener = null;
    this.#gathering = null;
  }

  get #version(): number {
    return this.#setting.wire.protocolVersion();
  }

  // What arrives.

  #take(frame: Uint8Array): string | null {
    if (this.#gathering !== null) return this.#takeRun(this.#gathering, frame);
    const decoded = decodeFrame(frame, this.#version);
    if (typeof decoded === 'string') return decoded;
    switch (decoded.type) {
      case 'hello':
        return this.#takeHello(decoded.hello);
      case 'foreignHello':
        return this.#takeForeignHello(decoded.version);
      case 'refusal':
        this.#end({ kind: 'refused', text: decoded.text });
        return null;
      case 'message':
        return this.#takeMessage(decoded.message, decoded.runCount);
      default:
        return unreachable(decoded);
    }
  }

  #takeHello(hello: Hello): string | null {
    if (this.#helloReceived) return 'a second hello';
    this.#helloReceived = true;
    const problem = this.#setting.impostorText?.(hello.identity.nodeId) ?? null;
    if (problem !== null) {
      this.turnAway(problem);
      return null;
    }
    this.#peer = hello.identity.nodeId;
    this.#tell((listener) => listener.onHello(hello));
    return null;
  }

  /** TR2: not a broken frame but another time's good one. Both ends learn the same words. */
  #takeForeignHello(version: number): string | null {
    if (this.#helloReceived) return 'a second hello';
    const older = Math.min(version, PROTOCOL_VERSION);
    const own = `${OLDEST_PROTOCOL_VERSION} to ${PROTOCOL_VERSION}`;
    const text = `one node speaks peer protocol ${version}, the other ${own}: upgrade the one that speaks ${older}`;
    this.turnAway(text);
    return null;
  }

  #takeMessage(message: Message, runCount: number): string | null {
    if (!this.#helloReceived) return 'a message before the hello';
    const problem = runCountProblem(message, runCount);
    if (problem !== null) return problem;
    if (runCount === 0) this.#tell((listener) => listener.onMessage(message, NO_RUNS));
    else this.#gathering = { message, runCount, runs: [], bytes: 0 };
    return null;
  }

  #takeRun(gathering: Gathering, frame: Uint8Array): string | null {
    const { message, runCount, runs } = gathering;
    gathering.bytes += frame.length;
    if (gathering.bytes > this.#setting.limits.frameBytesMax) return 'too much beside one message';
    const run = decodeRun(frame);
    if (typeof run === 'string') return run;
    const isLast = runs.length + 1 === runCount;
    const problem = runProblem(message, run, { run: runs.at(-1), isLast }) ?? payloadProblem(run);
    if (problem !== null) return problem;
    runs.push(run);
    if (isLast) {
      this.#gathering = null;
      this.#tell((listener) => listener.onMessage(message, runs));
    }
    return null;
  }

  // What the listener hears.

  /** TR12: a listener that throws loses its connection; the process and the other connections live. */
  #tell(event: (listener: ConnectionListener) => void): void {
    if (this.#listener === null) return;
    try {
      event(this.#listener);
    } catch (error) {
      this.#end({ kind: 'local', text: `the listener failed: ${error}` }, 'this node failed');
    }
  }

  #breakOff(problem: string): void {
    this.#setting.onBadFrame();
    this.#setting.wire.hangUp('badFrame', problem);
    this.#settle({ kind: 'badFrame', text: problem });
  }

  /** `said`: what the other side is told, if it is not the reason. */
  #end(reason: CloseReason, said: string = reason.text): void {
    if (this.#state === 'closed') return;
    this.#setting.wire.hangUp('ended', said);
    this.#settle(reason);
  }

  #settle(reason: CloseReason): void {
    this.#state = 'closed';
    this.#gathering = null;
    this.#setting.defer(() => this.#tell((listener) => listener.onClose(reason)));
  }

  #assertSound(message: Message, runs: readonly EntryRun[]): void {
    assert(runs.length <= RUNS_PER_MESSAGE_MAX, 'TR5: a message counts its runs in 16 bits');
    const problem = runCountProblem(message, runs.length);
    assert(problem === null, `TR5: the runs fit their message: ${problem}`);
    let bytes = 0;
    for (const [at, run] of runs.entries()) {
      const before = { run: runs[at - 1], isLast: at === runs.length - 1 };
      const mismatch = runProblem(message, run, before);
      assert(mismatch === null, `TR5: the runs fit their message: ${mismatch}`);
      bytes += run.bytes.length;
    }
    const { frameBytesMax } = this.#setting.limits;
    assert(bytes <= frameBytesMax, 'TR9: the runs of one message fit one frame');
  }
}
