/**
 * A network that a test controls. Connections are made and shake hands by themselves, as long as both ends
 * live and the two were not disconnected; then every message waits until the test says what becomes of it:
 * delivered, lost, repeated, late. It is the `Transport` of the production node, without codec and without time.
 *
 * `MemoryNetwork` is another network on purpose: there bytes wait behind bytes, and whoever dials nobody is told. Here a test
 * holds messages, also those of a peer whose power went without a word, and pings are answered though their receiver is held.
 */
import type { EntryRun } from '../../core/entry-run.ts';
import type { Hello } from '../../core/hello.ts';
import type { Message } from '../../core/message.ts';
import { type NodeId, nodeId, TERM_ZERO } from '../../core/types.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../../ports/transport.ts';

type Accept = (connection: PeerConnection) => ConnectionListener;

/** A message on its way. */
export interface Envelope {
  readonly from: NodeId;
  readonly to: NodeId;
  readonly message: Message;
  readonly runs: readonly EntryRun[];
  /** Hands a message to the far end of the connection that this one was sent on, if that still lives. */
  readonly arrive: (message: Message) => void;
  /** True once its connection has ended: it will not arrive any more. */
  readonly isLost: () => boolean;
}

interface HeldNetworkOptions {
  /** Hears each message when it leaves; the answer is what travels. */
  readonly leaves: (envelope: Envelope) => Message;
  /** True: it is lost at once, and nobody notices. */
  readonly isLost?: (envelope: Envelope) => boolean;
  readonly sent: (envelope: Envelope) => void;
  readonly lost: (envelope: Envelope) => void;
}

export class HeldNetwork {
  /** What is under way, oldest first. */
  underWay: readonly Envelope[] = [];
  /** What the test has taken out of the traffic for later. */
  held: readonly Envelope[] = [];
  readonly #options: HeldNetworkOptions;
  readonly #accepts = new Map<NodeId, Accept>();
  readonly #cut = new Set<string>();
  readonly #apart = new Set<string>();
  #ends: readonly End[] = [];
  /** Calls on their way, or to places where nobody answers: they wait. */
  readonly #calling = new Set<End>();
  #tasks: (() => void)[] = [];

  constructor(options: HeldNetworkOptions) {
    this.#options = options;
  }

  transport(id: NodeId): Transport {
    return {
      listen: async (accept) => {
        this.#accepts.set(id, accept);
        this.#callAgain();
        return id;
      },
      dial: (address, listener) => this.#dial(id, nodeId(address), listener),
      close: async () => this.kill(id),
    };
  }

  /** What connections have to tell their ends; false if there was nothing. */
  runTasks(): boolean {
    const tasks = this.#tasks;
    this.#tasks = [];
    for (const task of tasks) task();
    return tasks.length > 0;
  }

  /** Nothing passes from the one to the other any more, though their connection stays; what is held, is held. */
  cut(from: NodeId, to: NodeId): void {
    this.#cut.add(`${from} ${to}`);
    const isOn = (envelope: Envelope): boolean => envelope.from === from && envelope.to === to;
    this.#lose((envelope) => isOn(envelope) && !this.held.includes(envelope));
  }

  mend(): void {
    this.#cut.clear();
  }

  /** Nothing passes between the groups any more; a member in no group hears nobody. */
  partition(ids: readonly NodeId[], groups: readonly (readonly string[])[]): void {
    this.mend();
    for (const from of ids) {
      for (const to of ids) {
        const isTogether = groups.some((group) => group.includes(from) && group.includes(to));
        if (!isTogether) this.cut(from, to);
      }
    }
  }

  /** The connection between the two breaks, both notice, and it cannot be made again. */
  disconnect(one: NodeId, other: NodeId): void {
    this.#apart.add(pairOf(one, other));
    for (const end of this.#ends) {
      if (pairOf(end.from, end.to) === pairOf(one, other)) end.lose('the connection broke');
    }
  }

  /** It can be made again; who dials notices when its next call is due. */
  reconnect(one: NodeId, other: NodeId): void {
    this.#apart.delete(pairOf(one, other));
    this.#callAgain();
  }

  /** A process is gone: its connections end, and what it said and has not arrived is lost. */
  kill(id: NodeId): void {
    this.#accepts.delete(id);
    this.#endCalls(id);
    for (const end of this.#ends) {
      if (end.from === id) end.abandon();
    }
  }

  /** A machine loses power: it hears nothing, and nobody hears that its connections have ended. */
  powerOff(id: NodeId): void {
    this.#accepts.delete(id);
    this.#endCalls(id);
    for (const end of this.#ends) if (end.from === id) end.fallSilent();
  }

  /** It is back: whoever still speaks to its former life learns that nobody is there. */
  powerOn(id: NodeId): void {
    for (const end of this.#ends) {
      if (end.to === id && end.far?.isClosed === true) end.lose('the machine was started again');
    }
  }

  /** Brings a message to its receiver as from that peer, on the connection between the two that lives there. */
  bring({ from, to, message, runs }: Pick<Envelope, 'from' | 'to' | 'message' | 'runs'>): void {
    const end = this.#ends.findLast(
      (each) => each.from === to && each.to === from && !each.isClosed,
    );
    end?.hear((listener) => listener.onMessage(message, runs));
  }

  /** They are no longer under way, nor held. */
  take(chosen: readonly Envelope[]): void {
    this.underWay = this.underWay.filter((envelope) => !chosen.includes(envelope));
    this.held = this.held.filter((envelope) => !chosen.includes(envelope));
  }

  drop(chosen: readonly Envelope[]): void {
    this.#lose((envelope) => chosen.includes(envelope));
  }

  hold(chosen: readonly Envelope[]): void {
    this.take(chosen);
    this.held = [...this.held, ...chosen];
  }

  /** Messages of connections that have ended are lost, whoever held them. */
  sweep(): void {
    this.#lose(({ isLost }) => isLost());
  }

  // What connections call.

  defer(task: () => void): void {
    this.#tasks.push(task);
  }

  send(envelope: Envelope): void {
    const sent = { ...envelope, message: this.#options.leaves(envelope) };
    const isCut = this.#cut.has(`${envelope.from} ${envelope.to}`);
    if (isCut || this.#options.isLost?.(sent) === true) return this.#options.lost(sent);
    this.underWay = [...this.underWay, sent];
    this.#options.sent(sent);
  }

  #lose(isLost: (envelope: Envelope) => boolean): void {
    const lost = [...this.underWay, ...this.held].filter(isLost);
    this.underWay = this.underWay.filter((envelope) => !isLost(envelope));
    this.held = this.held.filter((envelope) => !isLost(envelope));
    for (const envelope of lost) this.#options.lost(envelope);
  }

  #dial(from: NodeId, to: NodeId, listener: ConnectionListener): PeerConnection {
    const end = new End(this, { from, to });
    end.listener = listener;
    this.#calling.add(end);
    this.defer(() => this.#call(end));
    return end;
  }

  #call(end: End): void {
    if (end.isClosed) this.#calling.delete(end);
    const accept = this.#accepts.get(end.to);
    const isApart = this.#apart.has(pairOf(end.from, end.to));
    if (accept === undefined || isApart || !this.#calling.delete(end)) return;
    const far = new End(this, { from: end.to, to: end.from });
    this.#ends = [...this.#ends.filter(({ isClosed }) => !isClosed), end, far];
    end.far = far;
    far.far = end;
    far.listener = accept(far);
    this.defer(() => end.listener?.onOpen());
  }

  #callAgain(): void {
    for (const end of this.#calling) this.defer(() => this.#call(end));
  }

  #endCalls(from: NodeId): void {
    for (const end of this.#calling) if (end.from === from) end.fallSilent();
  }
}

/** One end of one connection. */
class End implements PeerConnection {
  readonly from: NodeId;
  readonly to: NodeId;
  listener: ConnectionListener | null = null;
  far: End | null = null;
  isClosed = false;
  readonly #network: HeldNetwork;

  constructor(network: HeldNetwork, { from, to }: { from: NodeId; to: NodeId }) {
    this.#network = network;
    this.from = from;
    this.to = to;
  }

  sendHello(hello: Hello): void {
    this.#network.defer(() => this.far?.hear((listener) => listener.onHello(hello)));
  }

  hold(): void {}

  release(): void {}

  /** Pings are no part of a test: each is answered at once, so that links stay open while a clock runs. */
  send(message: Message, runs: readonly EntryRun[]): boolean {
    if (this.isClosed) return false;
    const { from, to } = this;
    if (message.type === 'Ping') {
      this.#network.defer(() => this.hear((listener) => listener.onMessage(PONG, [])));
      return true;
    }
    this.#network.send({
      from,
      to,
      message,
      runs,
      arrive: (arriving) => this.far?.hear((listener) => listener.onMessage(arriving, runs)),
      isLost: () => this.far?.isClosed ?? true,
    });
    return true;
  }

  bufferedBytes(): number {
    return 0;
  }

  close(kind: 'refused' | 'local', text: string): void {
    const { far } = this;
    this.#end({ kind: 'local', text });
    far?.lose(text, kind === 'refused' ? 'refused' : 'closed');
  }

  /** The far end or the network has ended it. */
  lose(text: string, kind: CloseReason['kind'] = 'closed'): void {
    this.#end({ kind, text });
  }

  /** Its process is gone: it hears nothing, the far end hears that it has ended. */
  abandon(): void {
    this.fallSilent();
    this.far?.lose('the peer is gone');
  }

  /** Its machine is gone, and the far end does not know. */
  fallSilent(): void {
    this.isClosed = true;
    this.listener = null;
  }

  hear(tell: (listener: ConnectionListener) => void): void {
    if (!this.isClosed && this.listener !== null) tell(this.listener);
  }

  #end(reason: CloseReason): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.#network.defer(() => this.listener?.onClose(reason));
  }
}

const PONG: Message = { type: 'Ping', term: TERM_ZERO };

function pairOf(one: NodeId, other: NodeId): string {
  return [one, other].sort().join(' ');
}
