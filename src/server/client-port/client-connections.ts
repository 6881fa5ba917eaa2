/**
 * The client connections of one server: how many there may be, who leads, and the end of all of them. What is
 * said on a connection, `client-connection.ts` knows; where it comes from, `client-port.ts`.
 */

import type { RaftError } from '../../core/errors.ts';
import type { FrameSocket } from '../../ports/frame-socket.ts';
import type { Visitor } from '../access/visitor.ts';
import { TICK_MS } from '../admission/held-bytes.ts';
import { overloaded } from '../errors.ts';
import { CLIENTS_TURN_MS_MAX } from '../limits.ts';
import type { ConnectionParts } from '../server-context.ts';
import { haltedError, stopping } from '../stopping.ts';
import { ClientConnection } from './client-connection.ts';

/** How long clients that are told to go may take, in milliseconds. */
const GOODBYE_MS = 250;

export class ClientConnections {
  readonly #context: ConnectionParts;
  readonly #connections = new Set<ClientConnection>();
  readonly #stopListening: () => void;
  /** When the first frame was served of this turn of the event loop; `null`: none was. */
  #turnBegunMs: number | null = null;
  #isHeld = false;
  #probing: unknown = null;
  #ticking: unknown = null;
  #ended: RaftError | null = null;
  #lastHasLeft: () => void = () => {};

  constructor(context: ConnectionParts) {
    this.#context = context;
    let leader = context.replica.status().leader;
    this.#stopListening = context.replica.onRole((event) => {
      if (event.leader === leader) return;
      leader = event.leader;
      for (const connection of this.#connections) connection.greet();
    });
    context.replica.onHalt((error) =>
      this.#sendAllAway(`the node halted: ${error.code}`, haltedError(error)),
    );
    this.#probeLater();
    this.#tickLater();
  }

  /** Bound: `clientConnectionsMax`. Past it, and once the server ends, nobody is let in. */
  get refusal(): RaftError | null {
    const isFull = this.#connections.size >= this.#context.limits.clientConnectionsMax;
    return this.#ended ?? (isFull ? overloaded(TOO_MANY_CLIENTS) : null);
  }

  admit(socket: FrameSocket, visitor: Visitor): ClientConnection {
    const connection = new ClientConnection(
      socket,
      { ...this.#context, visitor },
      {
        closed: () => {
          this.#connections.delete(connection);
          if (this.#connections.size === 0) this.#lastHasLeft();
        },
        served: (arrivedMs) => this.#served(connection, arrivedMs),
      },
    );
    this.#connections.add(connection);
    return connection;
  }

  /**
   * SP14: one turn of the event loop may bring what each client has sent, thousands of requests, and meanwhile no member is heard, and
   * none hears from this one. Bound: past `CLIENTS_TURN_MS_MAX` no client is read until all else that is ready had its turn.
   */
  #served(connection: ClientConnection, arrivedMs: number): void {
    const { clock } = this.#context;
    if (this.#turnBegunMs === null) {
      this.#turnBegunMs = arrivedMs;
      clock.yield(() => this.#turnEnded());
    }
    if (!this.#isHeld && clock.now() - this.#turnBegunMs < CLIENTS_TURN_MS_MAX) return;
    this.#isHeld = true;
    // Whoever was served comes behind the others.
    this.#connections.delete(connection);
    this.#connections.add(connection);
    for (const each of this.#connections) each.hold(true);
  }

  #turnEnded(): void {
    this.#turnBegunMs = null;
    if (!this.#isHeld) return;
    this.#isHeld = false;
    for (const connection of this.#connections) connection.hold(false);
  }

  /** Breaks every connection without a word, as a network may. For tests. */
  dropAll(): void {
    for (const connection of this.#connections) connection.terminate();
  }

  /** Sends what is answered, says goodbye, and does not wait long for an answer. */
  async close(reason: string): Promise<void> {
    this.#context.clock.clearTimeout(this.#probing);
    this.#stopListening();
    this.#sendAllAway(reason, stopping());
    await this.#untilEmpty();
    this.#context.clock.clearTimeout(this.#ticking);
    for (const connection of this.#connections) connection.terminate();
  }

  #probeLater(): void {
    const { clock, keepAliveMs } = this.#context;
    this.#probing = clock.setIdleTimeout(() => {
      this.#probeLater();
      for (const connection of this.#connections) connection.probe();
    }, keepAliveMs);
  }

  /** Connections are those that may hold the most; the account of all others is kept with theirs. */
  #tickLater(): void {
    const { clock, held } = this.#context;
    this.#ticking = clock.setIdleTimeout(() => {
      this.#tickLater();
      held.outgoing.tick();
      held.incoming.tick();
    }, TICK_MS);
  }

  #untilEmpty(): Promise<void> {
    const { clock } = this.#context;
    return new Promise((resolve) => {
      const timer = clock.setTimeout(resolve, this.#connections.size === 0 ? 0 : GOODBYE_MS);
      this.#lastHasLeft = () => {
        clock.clearTimeout(timer);
        resolve();
      };
    });
  }

  #sendAllAway(reason: string, ended: RaftError): void {
    this.#ended ??= ended;
    // After the replies that the same event still brings about.
    this.#context.clock.yield(() => {
      for (const connection of this.#connections) connection.close(reason);
    });
  }
}

const TOO_MANY_CLIENTS =
  'This node has as many clients as it takes. Ask another node, or try again in a moment.';
