/**
 * Which server the client speaks to. Requests go to whichever is reachable; meanwhile the client looks
 * for the leader among its endpoints, by the names that servers give in their hello, and moves there, since
 * any other server only passes requests on (CL6). A lost connection is replaced by the next endpoint's, and a server
 * that knows no leader by one that does (CL45).
 */

import type { ClientReply, HelloReply } from '../../client-protocol/frame-shapes.ts';
import type { ClientSettings } from '../client-options.ts';
import type { ClientPorts } from '../client-ports.ts';
import { LEADERLESS_MAX_MS, LEADERLESS_MIN_MS, REDIAL_MAX_MS, REDIAL_MIN_MS } from '../limits.ts';
import { Endpoints } from './endpoints.ts';
import type { ToldMembers } from './member-questions.ts';
import { type ConnectionListener, ServerConnection } from './server-connection.ts';

interface LinkListener {
  /** New requests go here from now on; who took them before takes no more, but answers what it has. */
  onReady(current: ServerConnection): void;
  onReply(from: ServerConnection, reply: Exclude<ClientReply, HelloReply>): void;
  /** The server that requests go to knows a leader again, or another. */
  onLeader(current: ServerConnection): void;
  /** It was left for a better one, and has no leader: nobody knows when it answers. */
  onStranded(connection: ServerConnection): void;
  onLost(connection: ServerConnection, why: string): void;
  /** Every endpoint was tried in vain, `rounds` times since the last success. */
  onRoundFailed(rounds: number, why: string): void;
}

export class ServerLink {
  readonly #settings: ClientSettings;
  readonly #ports: ClientPorts;
  readonly #listener: LinkListener;
  /** Node names by endpoint, as far as they have introduced themselves. */
  readonly #names = new Map<string, string>();
  readonly #connections = new Set<ServerConnection>();
  readonly #events: ConnectionListener;
  #current: ServerConnection | null = null;
  /** Being dialled while there is no connection. */
  #dialing: ServerConnection | null = null;
  /** Being dialled to see whether it is the leader. */
  #scouting: ServerConnection | null = null;
  /** Endpoints not yet asked since the leader changed last. */
  #unscouted: string[] = [];
  readonly #endpoints: Endpoints;
  /** What is still to be tried before a pause. */
  #round: string[] = [];
  /** In a row. */
  #failedRounds = 0;
  /** Connections that were lost soon after they were made. */
  #shortLivesInARow = 0;
  /** When the current connection was made, on the clock of its client. */
  #adoptedAt = 0;
  #lastFailure = 'no attempt has ended yet';
  #redial: unknown = null;
  /** Due as long as the current server knows no leader. */
  #lookout: unknown = null;
  /** So often it was looked for in vain. */
  #looks = 0;
  #isClosed = false;

  constructor(settings: ClientSettings, ports: ClientPorts, listener: LinkListener) {
    this.#settings = settings;
    this.#ports = ports;
    this.#listener = listener;
    this.#events = {
      onHello: (connection, hello) => this.#greeted(connection, hello),
      onReply: (from, reply) => this.#listener.onReply(from, reply),
      onClosed: (connection, why) => this.#closed(connection, why),
    };
    this.#endpoints = new Endpoints(settings.endpoints, ports.lookUp ?? null);
    this.#dialAnew();
  }

  get current(): ServerConnection | null {
    return this.#current;
  }

  get knowsOthers(): boolean {
    return this.#endpoints.count > 1;
  }

  /** For the error of a request that waited in vain. */
  whyWaiting(): string {
    return this.#endpoints.whyNone(this.#lastFailure);
  }

  close(): void {
    this.#isClosed = true;
    this.#ports.clock.clearTimeout(this.#redial);
    this.#ports.clock.clearTimeout(this.#lookout);
    for (const connection of [...this.#connections]) connection.close('the client was closed');
  }

  /** What a server says of where the members of its cluster are. */
  learn(told: ToldMembers, { hello, url }: ServerConnection): void {
    if (hello !== null) this.#endpoints.learn(told, { url, clusterId: hello.clusterId });
  }

  /** A round, with what DNS says by now where that is asked. */
  #dialAnew(): void {
    const lookedUp = this.#endpoints.lookUp();
    if (lookedUp === null) this.#dialRound();
    else this.#soon(lookedUp, () => this.#dialRound());
  }

  /** A resolver may be slow: whom it has named before can be tried meanwhile. */
  #soon(lookedUp: Promise<void>, then: () => void): void {
    const { clock } = this.#ports;
    let isDue = true;
    const once = (): void => {
      clock.clearTimeout(timer);
      if (isDue && !this.#isClosed) then();
      isDue = false;
    };
    const timer = clock.setTimeout(once, this.#settings.dialTimeoutMs);
    lookedUp.then(once);
  }

  #dialRound(): void {
    this.#round = this.#endpoints.round();
    if (this.#round.length > 0) this.#dial();
    else this.#roundFailed();
  }

  #dial(): void {
    const url = this.#round.shift() ?? '';
    this.#endpoints.tried(url);
    this.#dialing = this.#open(url);
  }

  #open(url: string): ServerConnection {
    const connection = new ServerConnection({
      url,
      settings: this.#settings,
      ports: this.#ports,
      listener: this.#events,
    });
    this.#connections.add(connection);
    return connection;
  }

  #greeted(connection: ServerConnection, hello: HelloReply): void {
    if (this.#endpoints.isForeign(connection.url, hello.clusterId)) {
      return connection.close('a node of another cluster has its address');
    }
    this.#names.set(connection.url, hello.nodeId);
    if (connection === this.#dialing) this.#adopt(connection, hello);
    else if (connection === this.#scouting) this.#judge(connection, hello);
    else if (connection === this.#current) {
      this.#heardOfLeader(hello);
      if (hello.leader !== null) this.#listener.onLeader(connection);
    }
  }

  #adopt(connection: ServerConnection, hello: HelloReply): void {
    const previous = this.#current;
    if (connection === this.#dialing) this.#dialing = null;
    this.#current = connection;
    this.#failedRounds = 0;
    this.#adoptedAt = this.#ports.clock.now();
    // First: what it has not sent, its successor sends.
    previous?.retire();
    if (previous?.hello?.leader === null) this.#listener.onStranded(previous);
    this.#listener.onReady(connection);
    this.#heardOfLeader(hello);
  }

  #heardOfLeader(hello: HelloReply): void {
    const { leader, nodeId } = hello;
    this.#ports.clock.clearTimeout(this.#lookout);
    if (leader === null) {
      this.#unscouted = [];
      return this.#lookOut();
    }
    this.#looks = 0;
    this.#unscouted = leader === nodeId ? [] : this.#candidates(leader);
    this.#scout();
  }

  /**
   * CL45: the server may be cut off, with a leader among the others. An election is soon over: only what lasts longer makes
   * the client ask around, so that not all of them do whenever a leader changes.
   */
  #lookOut(): void {
    const { clock, random } = this.#ports;
    const longest = Math.min(LEADERLESS_MAX_MS, LEADERLESS_MIN_MS * 2 ** Math.min(this.#looks, 10));
    this.#looks += 1;
    this.#lookout = clock.setTimeout(
      () => {
        this.#askAround();
        this.#lookOut();
      },
      longest * (0.5 + random.next() / 2),
    );
  }

  /** All others, however long one of them takes: who does not answer does not keep the client from those behind it. */
  #askAround(): void {
    if (this.#scouting !== null) return;
    const { url } = this.#current ?? {};
    this.#unscouted = this.#endpoints.round().filter((other) => other !== url);
    this.#scout();
  }

  /** The leader's endpoint if its name is known; otherwise all that have not given theirs. */
  #candidates(leader: string): string[] {
    const others = this.#endpoints.given.filter((url) => url !== this.#current?.url);
    const known = others.filter((url) => this.#names.get(url) === leader);
    return known.length > 0 ? known : others.filter((url) => !this.#names.has(url));
  }

  #scout(): void {
    if (this.#scouting !== null || this.#isClosed || this.#current === null) return;
    const url = this.#unscouted.shift();
    if (url !== undefined) this.#scouting = this.#open(url);
  }

  #judge(connection: ServerConnection, hello: HelloReply): void {
    this.#scouting = null;
    if (this.#isBetter(hello)) {
      this.#unscouted = [];
      this.#adopt(connection, hello);
      return;
    }
    connection.close('it does not lead');
    this.#scout();
  }

  /** Than the current one: it leads, or at least knows who does. */
  #isBetter({ leader, nodeId }: HelloReply): boolean {
    if (this.#current === null || leader === null) return false;
    return leader === nodeId || this.#current.hello?.leader === null;
  }

  #closed(connection: ServerConnection, why: string): void {
    this.#connections.delete(connection);
    if (connection === this.#scouting) {
      this.#scouting = null;
      if (!this.#isClosed) this.#scout();
      return;
    }
    const wasDialing = connection === this.#dialing;
    if (wasDialing) this.#dialing = null;
    const wasCurrent = connection === this.#current;
    if (wasCurrent) this.#current = null;
    if (wasCurrent) this.#ports.clock.clearTimeout(this.#lookout);
    this.#listener.onLost(connection, why);
    if (this.#isClosed || (!wasDialing && !wasCurrent)) return;
    this.#lastFailure = `${connection.url}: ${why}`;
    if (wasDialing) this.#dialFailed();
    else this.#replace(connection.url);
  }

  /**
   * The first attempt after a loss comes at once, at another endpoint if there is one. Bound: where each endpoint
   * says hello and closes, again and again, the attempts come ever more slowly.
   */
  #replace(lost: string): void {
    this.#unscouted = [];
    this.#endpoints.lookUp();
    this.#endpoints.lost(lost);
    this.#round = this.#endpoints.round();
    const livedMs = this.#ports.clock.now() - this.#adoptedAt;
    this.#shortLivesInARow = livedMs < REDIAL_MAX_MS ? this.#shortLivesInARow + 1 : 0;
    const inVain = this.#shortLivesInARow - this.#endpoints.count;
    if (inVain <= 0) this.#dial();
    else this.#dialLater(inVain);
  }

  #dialFailed(): void {
    if (this.#round.length > 0) this.#dial();
    else this.#roundFailed();
  }

  #roundFailed(): void {
    this.#failedRounds += 1;
    this.#listener.onRoundFailed(this.#failedRounds, this.whyWaiting());
    if (!this.#isClosed) this.#dialLater(this.#failedRounds);
  }

  #dialLater(rounds: number): void {
    const longest = Math.min(REDIAL_MAX_MS, REDIAL_MIN_MS * 2 ** Math.min(rounds, 10));
    const { clock, random } = this.#ports;
    const waitMs = longest * (0.5 + random.next() / 2);
    this.#redial = clock.setTimeout(() => this.#dialAnew(), waitMs);
  }
}
