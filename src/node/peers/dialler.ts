/** Connections that this node asks for, when a link chart says so: what that chart hears of each. */
import type { EntryRun } from '../../core/entry-run.ts';
import type { Hello } from '../../core/hello.ts';
import type { Message } from '../../core/message.ts';
import type { NodeId } from '../../core/types.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../../ports/transport.ts';
import { newestBoot, type Refusal } from '../../rules/identity.ts';
import { EarlyMessages } from './early-messages.ts';
import type { Connected, Peers, PeersOptions } from './peers.ts';

interface DiallerOptions
  extends Pick<PeersOptions, 'introductions' | 'problems' | 'run' | 'tellLink'> {
  readonly peers: Peers;
  readonly transport: Transport;
  /** Looked up at each dial: addresses are not part of the log. Null: not known. */
  readonly addressOf: (peer: NodeId) => string | null;
}

export class Dialler {
  readonly #options: DiallerOptions;

  constructor(options: DiallerOptions) {
    this.#options = options;
  }

  dial(peer: NodeId, attempt: number): void {
    const { addressOf, run, tellLink, transport } = this.#options;
    const address = addressOf(peer);
    if (address === null) {
      const reason = `the address of ${peer} is not known`;
      return run(() => tellLink(peer, { type: 'socket.closed', attempt, reason }));
    }
    new Dialled(this.#options, { peer, attempt }, (listener) => transport.dial(address, listener));
  }
}

class Dialled implements ConnectionListener {
  readonly #options: DiallerOptions;
  readonly #connected: Connected;

  constructor(
    options: DiallerOptions,
    of: Pick<Connected, 'peer' | 'attempt'>,
    dial: (listener: ConnectionListener) => PeerConnection,
  ) {
    this.#options = options;
    const early = new EarlyMessages();
    this.#connected = options.peers.add({
      ...of,
      connection: dial(this),
      call: null,
      early,
      boot: null,
    });
  }

  onOpen(): void {
    const { introductions, run, tellLink } = this.#options;
    const { connection, peer, attempt } = this.#connected;
    run(() =>
      introductions.introduce(peer, (hello) => {
        connection.sendHello(hello);
        tellLink(peer, { type: 'hello.sent', attempt });
      }),
    );
  }

  onHello(hello: Hello): void {
    this.#connected.connection.hold();
    this.#options.run(() => this.#judge(hello));
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    const { peers, run } = this.#options;
    run(() => peers.heard(this.#connected, message, runs));
  }

  onClose(closed: CloseReason): void {
    const { peers, run, tellLink } = this.#options;
    const { peer, attempt } = this.#connected;
    const type = closed.kind === 'refused' ? 'hello.refused' : 'socket.closed';
    run(() => {
      tellLink(peer, { type, attempt, reason: closed.text });
      peers.lost(this.#connected, closed);
    });
  }

  #judge(hello: Hello): void {
    const { introductions, peers } = this.#options;
    const { peer } = this.#connected;
    const { nodeId } = hello.identity;
    if (nodeId !== peer) {
      const reason = `${nodeId} answers at the address of ${peer}`;
      return this.#refuse({ said: reason, reason });
    }
    introductions.judge(hello, peers.connectedBoot(peer), (refusal) =>
      refusal === null ? this.#accept(hello) : this.#refuse(refusal),
    );
  }

  #accept(hello: Hello): void {
    const { peers, problems, tellLink } = this.#options;
    const { peer, attempt } = this.#connected;
    this.#connected.connection.release();
    this.#connected.boot = newestBoot(hello.identity).word;
    peers.answered(this.#connected);
    problems.accepted(peer);
    tellLink(peer, { type: 'hello.accepted', attempt });
  }

  #refuse({ said, reason }: Pick<Refusal, 'said' | 'reason'>): void {
    const { problems, tellLink } = this.#options;
    const { connection, peer, attempt } = this.#connected;
    connection.close('refused', said);
    problems.refused(peer, reason);
    tellLink(peer, { type: 'hello.refused', attempt, reason });
  }
}
