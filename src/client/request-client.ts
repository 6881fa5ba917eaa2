/**
 * What every call of the client goes through: one pipelined WebSocket, the calls under way, the sessions of writes, and the
 * watches. A rejection is a `RaftError` whose `retry` says what is known (CL2–CL5). A write whose outcome is unknown is
 * sent again, in its session, until the outcome is known or its time is up (SE15); without sessions it never is, since only the
 * caller knows whether that is harmless (I5).
 */
import type { ClientReply, ClientRequest } from '../client-protocol/frame-shapes.ts';
import { RaftError } from '../core/errors.ts';
import { encodeCommand } from '../kv/commands/command-codec.ts';
import type { KvCommand } from '../kv/commands/commands.ts';
import type { KvAnswer } from '../kv/commands/result-codec.ts';
import type { Call } from './calls/call.ts';
import { CallRegistry } from './calls/call-registry.ts';
import { WriteSessions, type Writing } from './calls/write-session.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientPorts } from './client-ports.ts';
import { MemberQuestions } from './connection/member-questions.ts';
import type { ServerConnection } from './connection/server-connection.ts';
import { ServerLink } from './connection/server-link.ts';
import { onAbort } from './on-abort.ts';
import type { CallOptions } from './values/client-input.ts';
import type { Written } from './values/client-output.ts';
import { expectSendable } from './values/input-check.ts';
import { readResult, statusAnswer, wrongReply } from './values/reply-reading.ts';
import { isForWatch, Watch, type WatchSettings } from './watching/watch.ts';

interface PreparedCall<Answer> {
  readonly isWrite: boolean;
  readonly bytes: number;
  readonly revision: number | null;
  readonly options: CallOptions;
  readonly requestFor: (id: number, timeoutMs: number) => ClientRequest;
  /** Of a write in a session. */
  readonly writing?: Writing | null;
  readonly isHarmlessTwice?: boolean;
  readonly isUrgent?: boolean;
  readonly read: (reply: ClientReply) => Answer;
}

/** What a request costs besides its command, for the bound on bytes. */
export const REQUEST_BYTES = 64;

interface PreparedWrite {
  readonly options: CallOptions;
  readonly command: KvCommand;
  /** It takes no part in a session, and its caller repeats it. */
  readonly isHarmlessTwice?: boolean;
}

export class RequestClient {
  readonly #settings: ClientSettings;
  readonly #ports: ClientPorts;
  readonly #calls: CallRegistry;
  /** `null`: writes are sent once. */
  readonly #sessions: WriteSessions | null;
  readonly #link: ServerLink;
  /** `null`: it speaks to the endpoints that it was given, and to nobody else. */
  readonly #questions: MemberQuestions | null;
  readonly #watches = new Set<Watch>();
  readonly #routes = new Map<number, Watch>();
  #nextId = 1;
  #isClosed = false;

  constructor(settings: ClientSettings, ports: ClientPorts) {
    this.#settings = settings;
    this.#ports = ports;
    const { clock } = ports;
    this.#calls = new CallRegistry({
      ...{ settings, clock },
      whyWaiting: () => this.#link.whyWaiting(),
      knowsOthers: () => this.#link.knowsOthers,
      send: (call) => this.#link.current?.call(call),
    });
    this.#sessions = settings.sessions ? new WriteSessions(ports, () => this.#learnTime()) : null;
    this.#questions = ports.isFollowing === true ? this.#followMembers() : null;
    this.#link = new ServerLink(settings, ports, {
      onReady: (current) => this.#ready(current),
      onReply: (from, reply) => this.#receive(from, reply),
      onLeader: (current) => this.#go(current),
      onStranded: (connection) => this.#calls.takeFrom(connection),
      onLost: (connection, why) => this.#lost(connection, why),
      onRoundFailed: (rounds, why) => {
        if (rounds >= settings.dialRoundsMax) this.#calls.giveUpWaiting(why);
      },
    });
  }

  /** The node that this client speaks to at present; `null` while it is not connected. */
  get connectedTo(): string | null {
    return this.#link.current?.hello?.nodeId ?? null;
  }

  /** What `GET /status` of the connected node says. */
  status(options: () => CallOptions): Promise<Readonly<Record<string, unknown>>> {
    return this.perform(() => ({
      isWrite: false,
      bytes: REQUEST_BYTES,
      revision: null,
      options: options(),
      isUrgent: true,
      requestFor: (id) => ({ type: 'status', id }),
      read: statusAnswer,
    }));
  }

  /** It begins at once. */
  watch(settings: WatchSettings, signal: AbortSignal | undefined): Watch {
    const watch = new Watch(settings, {
      clock: this.#ports.clock,
      current: () => this.#link.current,
      newId: () => this.#newId(),
      route: (id, target) => this.#routes.set(id, target),
      unroute: (id) => this.#routes.delete(id),
      closed: (closed) => {
        this.#watches.delete(closed);
        release();
      },
    });
    let release = (): void => {};
    if (this.#isClosed || signal?.aborted) {
      watch.close();
      return watch;
    }
    this.#watches.add(watch);
    if (signal !== undefined) release = onAbort(signal, () => watch.close());
    watch.resubscribe();
    return watch;
  }

  /** Ends what is under way (`RAFT_STOPPED`) and all watches, and closes the connection. Harmless twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const watch of [...this.#watches]) watch.close();
    this.#calls.endAll('RAFT_STOPPED', 'The client was closed.');
    this.#questions?.stop();
    this.#link.close();
  }

  /** Whatever `prepare` throws becomes a rejection. */
  submit<Answer extends object>(
    prepare: () => PreparedWrite,
    read: (result: KvAnswer) => Answer,
  ): Promise<Written<Answer>> {
    return this.perform(() => {
      const { options, command: wanted, isHarmlessTwice = false } = prepare();
      // Before the command is made: refusing has to be cheap where there is too much to do.
      this.expectRoom(options);
      const command = encodeCommand(wanted);
      expectSendable(command);
      const writing = isHarmlessTwice ? null : (this.#sessions?.begin() ?? null);
      return {
        writing,
        isHarmlessTwice,
        isWrite: true,
        bytes: command.length + REQUEST_BYTES,
        revision: null,
        options,
        requestFor: (id, timeoutMs) => {
          return { type: 'submit', id, timeoutMs, command, session: writing?.call ?? null };
        },
        read: (reply) => {
          if (reply.type !== 'done') throw wrongReply(reply);
          writing?.answered();
          return { ...read(readResult(reply.result, 'outcomeUnknown')), logId: reply.at };
        },
      };
    });
  }

  /** Whatever `prepare` throws becomes a rejection. */
  perform<Answer>(prepare: () => PreparedCall<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed();
      const { isWrite, bytes, revision, options, requestFor, read, ...rest } = prepare();
      const { writing = null, isHarmlessTwice = false, isUrgent = false } = rest;
      const timeoutMs = options.timeoutMs ?? this.#settings.timeoutMs;
      const id = this.#newId();
      const call: Call = {
        id,
        isWrite,
        bytes,
        revision,
        timeoutMs,
        deadline: this.#ports.clock.now() + timeoutMs,
        requestFor,
        writing,
        isHarmlessTwice,
        isUrgent,
        complete: (reply) => resolve(read(reply)),
        fail: (error) => {
          writing?.ended();
          reject(error);
        },
        connection: null,
        isSent: false,
        sentMs: 0,
        mayHaveHappened: false,
        attempts: 0,
        refusal: null,
        release: null,
      };
      this.#start(call, options.signal);
    });
  }

  /** CL37: throws if it would be too late. */
  expectRoom({ timeoutMs = this.#settings.timeoutMs }: CallOptions): void {
    const refusal = this.#link.current?.refusalOf(timeoutMs) ?? null;
    if (refusal !== null) throw refusal;
  }

  #start(call: Call, signal: AbortSignal | undefined): void {
    if (signal?.aborted) {
      throw new RaftError('RAFT_ABORTED', 'It was aborted before it began. Nothing was sent.', {
        retry: 'safe',
        cause: signal.reason,
      });
    }
    this.#calls.add(call);
    if (signal !== undefined) {
      call.release = onAbort(signal, () => this.#calls.abort(call.id, signal.reason));
    }
    this.#link.current?.call(call);
  }

  /** A session opens within a time of the servers' clocks, from which the own one may be far. */
  #learnTime(): void {
    this.status(() => ({})).then(
      ({ timeMs }) => {
        if (typeof timeMs === 'number') this.#sessions?.learnTime(timeMs);
      },
      () => {},
    );
  }

  #followMembers(): MemberQuestions {
    const { clock, random } = this.#ports;
    return new MemberQuestions({
      ...{ clock, random },
      newId: () => this.#newId(),
      learned: (told, by) => this.#link.learn(told, by),
    });
  }

  #newId(): number {
    return this.#nextId++;
  }

  #ready(current: ServerConnection): void {
    this.#go(current);
    this.#questions?.ask(current);
  }

  /** What waited for a server, or for a leader. */
  #go(current: ServerConnection): void {
    this.#sendWaiting(current);
    for (const watch of this.#watches) watch.resubscribe();
  }

  #receive(from: ServerConnection, reply: Exclude<ClientReply, { readonly type: 'hello' }>): void {
    if (this.#questions?.takes(reply)) return;
    const watch = this.#routes.get(reply.id);
    if (watch === undefined) this.#calls.settle(reply, from);
    else if (isForWatch(reply)) watch.receive(reply);
  }

  #lost(connection: ServerConnection, why: string): void {
    this.#calls.connectionLost(connection, why);
    if (this.#link.current === null) this.#questions?.stop();
    for (const watch of this.#watches) watch.connectionLost(connection);
    // It may be one that was left for a better one, which is there.
    const { current } = this.#link;
    if (current !== null) this.#sendWaiting(current);
  }

  #sendWaiting(current: ServerConnection): void {
    for (const call of this.#calls.waiting()) current.call(call);
  }
}

function closed(): RaftError {
  return new RaftError('RAFT_STOPPED', 'The client is closed. Nothing was sent.');
}
