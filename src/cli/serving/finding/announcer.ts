/**
 * A node that can be found on a local network (CG7, CG8): it answers who asks the group for its cluster, with where it serves
 * clients. Nothing else depends on it: where it cannot listen, it says so, and tries again while the node runs.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { type Address, formatAddress } from '../../../core/address.ts';
import type { Log } from '../../../server/operations/json-log.ts';
import { DISCOVERY_ANSWERS_PER_SECOND_MAX, DISCOVERY_RETRY_MS } from '../../limits.ts';
import { encodeAnswer, questionIn } from './datagrams.ts';
import { type Group, isWildcard, ONE_NETWORK } from './multicast-group.ts';

export class Announcer {
  readonly #group: Group;
  readonly #served: Address;
  readonly #log: Log;
  readonly #answers = new AnswerAllowance();
  #socket: Socket | null = null;
  #retry: NodeJS.Timeout | undefined;
  #said = '';

  constructor(group: Group, served: Address, log: Log) {
    this.#group = group;
    this.#served = served;
    this.#log = log;
    this.#listen();
  }

  close(): void {
    clearTimeout(this.#retry);
    this.#socket?.close();
    this.#socket = null;
  }

  #listen(): void {
    const { address, via } = this.#group;
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    this.#socket = socket;
    // None of it keeps the process of a node that has ended.
    socket.unref();
    socket.on('error', (error) => this.#failed(socket, error));
    socket.on('message', (bytes, sender) => this.#answer(socket, bytes, sender));
    socket.on('listening', () => {
      try {
        socket.addMembership(address.host, via ?? undefined);
        socket.setTTL(ONE_NETWORK);
      } catch (error) {
        this.#failed(socket, error);
      }
    });
    socket.bind(placeOf(address));
  }

  #answer(socket: Socket, bytes: Uint8Array, { address, port }: RemoteInfo): void {
    const { cluster } = this.#group;
    const question = questionIn(bytes);
    if (question?.cluster !== cluster || port === 0 || !this.#answers.take()) return;
    const { host, port: served } = this.#served;
    const answer = { ...question, host: isWildcard(host) ? null : host, port: served };
    // What cannot be sent is lost, as any datagram may be.
    socket.send(encodeAnswer(answer), port, address, () => {});
  }

  #failed(socket: Socket, error: unknown): void {
    if (socket !== this.#socket) return;
    this.close();
    const why = error instanceof Error ? error.message : String(error);
    const message = `Nobody finds this node by multicast at ${formatAddress(this.#group.address)}: ${why}.`;
    if (message !== this.#said) this.#log('warn', 'discovery', { message });
    this.#said = message;
    this.#retry = setTimeout(() => this.#listen(), DISCOVERY_RETRY_MS).unref();
  }
}

/** On Linux what is sent to this machine alone is not heard then; elsewhere one cannot bind to a group. */
function placeOf({ host, port }: Address): { readonly address?: string; readonly port: number } {
  return process.platform === 'linux' ? { address: host, port } : { port };
}

/** Of each second. */
export class AnswerAllowance {
  readonly #now: () => number;
  #second = 0;
  #taken = 0;

  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
  }

  take(): boolean {
    const second = Math.floor(this.#now() / 1_000);
    if (second !== this.#second) this.#taken = 0;
    this.#second = second;
    this.#taken += 1;
    return this.#taken <= DISCOVERY_ANSWERS_PER_SECOND_MAX;
  }
}
