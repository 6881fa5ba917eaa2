/**
 * The key-value client: promises on the outside, one pipelined WebSocket inside. A rejection is a
 * `RaftError` whose `retry` says what is known: `safe`, `outcomeUnknown` or `never` (CL2–CL5). A write whose outcome
 * is unknown is sent again, in its session, until the outcome is known or its time is up (SE15), so that
 * `outcomeUnknown` is rare; without sessions it never is, since only the caller knows whether that is harmless (I5).
 */

import type { ClientReply, ClientRequest } from '../client-protocol/frame-shapes.ts';
import { RaftError } from '../core/errors.ts';
import { entryIdOf } from '../core/log-id.ts';
import { encodeCommand } from '../kv/command-codec.ts';
import type { KvCommand } from '../kv/commands.ts';
import type { KvAnswer } from '../kv/result-codec.ts';
import type { CompactResult, DeleteResult, KeyValue, PutResult, TxnResult } from '../kv/results.ts';
import type { Call } from './call.ts';
import { CallRegistry } from './call-registry.ts';
import {
  type Bytes,
  type CallOptions,
  type RangeQuery,
  type ReadOptions,
  type Selection,
  type TxnInput,
  toBytes,
  toSelector,
  toTxnCommand,
  type WatchQuery,
  type WriteOptions,
} from './client-input.ts';
import type { ClientSettings } from './client-options.ts';
import { expectResult, ownDelete, ownPut, ownTxn, type Written } from './client-output.ts';
import type { ClientPorts } from './client-ports.ts';
import {
  checkedOptions,
  checkedRevision,
  checkedSelection,
  checkedTxn,
  expectSendable,
  NO_OPTIONS,
} from './input-check.ts';
import {
  type RangeAnswer,
  rangeAnswer,
  readResult,
  statusAnswer,
  wrongReply,
} from './reply-reading.ts';
import type { ServerConnection } from './server-connection.ts';
import { ServerLink } from './server-link.ts';
import { isForWatch, Watch } from './watch.ts';
import { WriteSessions, type Writing } from './write-session.ts';

interface PreparedCall<Answer> {
  readonly isWrite: boolean;
  readonly bytes: number;
  readonly revision: number | null;
  readonly options: CallOptions;
  readonly requestFor: (id: number, timeoutMs: number) => ClientRequest;
  /** Of a write in a session. */
  readonly writing?: Writing | null;
  readonly isUrgent?: boolean;
  readonly read: (reply: ClientReply) => Answer;
}

/** What a request costs besides its command, for the bound on bytes. */
const REQUEST_BYTES = 64;

export class KvClient implements AsyncDisposable {
  readonly #settings: ClientSettings;
  readonly #ports: ClientPorts;
  readonly #calls: CallRegistry;
  /** `null`: writes are sent once. */
  readonly #sessions: WriteSessions | null;
  readonly #link: ServerLink;
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
      send: (call) => this.#link.current?.call(call),
    });
    this.#sessions = settings.sessions ? new WriteSessions(ports, () => this.#learnTime()) : null;
    this.#link = new ServerLink(settings, ports, {
      onReady: (current) => this.#ready(current),
      onReply: (reply) => this.#receive(reply),
      onLeader: (current) => this.#sendWaiting(current),
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

  put(key: Bytes, value: Bytes, options: WriteOptions = NO_OPTIONS): Promise<Written<PutResult>> {
    return this.#submit(
      () => {
        const own = checkedOptions('put', options);
        const { condition, returnPrevious } = own;
        const command: KvCommand = {
          type: 'put',
          key: toBytes(key),
          value: toBytes(value),
          ...(condition !== undefined && { condition }),
          ...(returnPrevious !== undefined && { returnPrevious }),
        };
        return { options: own, command };
      },
      (result) => ownPut(expectResult(result, 'put')),
    );
  }

  /** One key, or every key of a selection. */
  delete(
    which: Bytes | Selection,
    options: WriteOptions = NO_OPTIONS,
  ): Promise<Written<DeleteResult>> {
    return this.#submit(
      () => {
        const own = checkedOptions('delete', options);
        const { condition, returnPrevious } = own;
        const command: KvCommand = {
          type: 'delete',
          ...toSelector(isKey(which) ? { key: which } : checkedSelection('delete', which)),
          ...(condition !== undefined && { condition }),
          ...(returnPrevious !== undefined && { returnPrevious }),
        };
        return { options: own, command };
      },
      (result) => ownDelete(expectResult(result, 'delete')),
    );
  }

  /** If all compares hold, `success`, otherwise `failure`: one atomic step, one revision. */
  txn(txn: TxnInput, options: CallOptions = NO_OPTIONS): Promise<Written<TxnResult>> {
    return this.#submit(
      () => ({
        options: checkedOptions('txn', options),
        command: toTxnCommand(checkedTxn(txn)),
      }),
      (result) => ownTxn(expectResult(result, 'txn')),
    );
  }

  /**
   * Lets go of the history below `revision`, on every member: reads of the past and watches reach back to it from then
   * on, and the memory of what was overwritten or deleted before it comes back. Rejects with `RAFT_COMPACTED` if that
   * was done already, with `RAFT_FUTURE_REVISION` if there is no such revision yet; then nothing has changed.
   */
  compact(revision: number, options: CallOptions = NO_OPTIONS): Promise<Written<CompactResult>> {
    return this.#submit(
      () => ({
        options: checkedOptions('compact', options),
        command: { type: 'compact', revision: checkedRevision('compact', revision) },
      }),
      (result) => expectResult(result, 'compact'),
    );
  }

  /** `null`: the key does not exist, or did not at that revision. */
  async get(key: Bytes, options: ReadOptions = NO_OPTIONS): Promise<KeyValue | null> {
    const { kvs } = await this.range({ ...checkedOptions('get', options), key });
    return kvs[0] ?? null;
  }

  /** The keys of a selection, in order. A server bounds its answer: look at `more`. */
  range(asked: RangeQuery): Promise<RangeAnswer> {
    return this.#perform(() => {
      const query = checkedOptions('range', asked);
      this.#expectRoom(query);
      const selector = toSelector(query);
      return {
        isWrite: false,
        bytes: REQUEST_BYTES,
        revision: query.revision ?? null,
        options: query,
        requestFor: (id, timeoutMs) => ({
          type: 'read',
          id,
          timeoutMs,
          consistency:
            query.consistency ?? (query.atLeast === undefined ? 'linearizable' : 'local'),
          selector,
          limit: query.limit ?? null,
          revision: query.revision ?? null,
          keysOnly: query.keysOnly ?? false,
          atLeast: query.atLeast === undefined ? null : entryIdOf(query.atLeast),
        }),
        read: rangeAnswer,
      };
    });
  }

  /** What `GET /status` of the connected node says. */
  status(options: CallOptions = NO_OPTIONS): Promise<Readonly<Record<string, unknown>>> {
    return this.#perform(() => ({
      isWrite: false,
      bytes: REQUEST_BYTES,
      revision: null,
      options: checkedOptions('status', options),
      isUrgent: true,
      requestFor: (id) => ({ type: 'status', id }),
      read: statusAnswer,
    }));
  }

  /**
   * Every change of the selected keys, grouped by revision, in order, none lost or repeated, across
   * reconnects. It begins at once. The iteration rejects only with what cannot be mended: `RAFT_COMPACTED` if
   * the history it needs is gone, `RAFT_BAD_REQUEST`.
   */
  watch(query: WatchQuery): Watch {
    const own = checkedOptions('watch', query);
    const { from = null, signal } = own;
    const settings = {
      selector: toSelector(own),
      from,
      eventsMax: this.#settings.watchEventsMax,
    };
    const watch = new Watch(settings, {
      clock: this.#ports.clock,
      current: () => this.#link.current,
      newId: () => this.#newId(),
      route: (id, target) => this.#routes.set(id, target),
      unroute: (id) => this.#routes.delete(id),
      closed: (closed) => {
        this.#watches.delete(closed);
        signal?.removeEventListener('abort', abort);
      },
    });
    const abort = (): void => watch.close();
    if (this.#isClosed || signal?.aborted) {
      watch.close();
      return watch;
    }
    this.#watches.add(watch);
    signal?.addEventListener('abort', abort, { once: true });
    watch.resubscribe();
    return watch;
  }

  /** Ends what is under way (`RAFT_STOPPED`) and all watches, and closes the connection. Harmless twice. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const watch of [...this.#watches]) watch.close();
    this.#calls.endAll('RAFT_STOPPED', 'The client was closed.');
    this.#link.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whatever `prepare` throws becomes a rejection. */
  #submit<Answer extends object>(
    prepare: () => { readonly options: CallOptions; readonly command: KvCommand },
    read: (result: KvAnswer) => Answer,
  ): Promise<Written<Answer>> {
    return this.#perform(() => {
      const { options, command: wanted } = prepare();
      // Before the command is made: refusing has to be cheap where there is too much to do.
      this.#expectRoom(options);
      const command = encodeCommand(wanted);
      expectSendable(command);
      const writing = this.#sessions?.begin() ?? null;
      return {
        writing,
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
  #perform<Answer>(prepare: () => PreparedCall<Answer>): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#isClosed) throw closed();
      const { isWrite, bytes, revision, options, requestFor, read, ...rest } = prepare();
      const { writing = null, isUrgent = false } = rest;
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
        release: null,
      };
      this.#start(call, options.signal);
    });
  }

  /** CL37: throws if it would be too late. */
  #expectRoom({ timeoutMs = this.#settings.timeoutMs }: CallOptions): void {
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
      const abort = (): void => this.#calls.abort(call.id, signal.reason);
      signal.addEventListener('abort', abort, { once: true });
      call.release = () => signal.removeEventListener('abort', abort);
    }
    this.#link.current?.call(call);
  }

  /** A session opens within a time of the servers' clocks, from which the own one may be far. */
  #learnTime(): void {
    this.status().then(
      ({ timeMs }) => {
        if (typeof timeMs === 'number') this.#sessions?.learnTime(timeMs);
      },
      () => {},
    );
  }

  #newId(): number {
    return this.#nextId++;
  }

  #ready(current: ServerConnection): void {
    this.#sendWaiting(current);
    for (const watch of this.#watches) watch.resubscribe();
  }

  #receive(reply: Exclude<ClientReply, { readonly type: 'hello' }>): void {
    const watch = this.#routes.get(reply.id);
    if (watch === undefined) this.#calls.settle(reply.id, reply);
    else if (isForWatch(reply)) watch.receive(reply);
  }

  #lost(connection: ServerConnection, why: string): void {
    this.#calls.connectionLost(connection, why);
    for (const watch of this.#watches) watch.connectionLost(connection);
    // It may be one that was left for a better one, which is there.
    const { current } = this.#link;
    if (current !== null) this.#sendWaiting(current);
  }

  #sendWaiting(current: ServerConnection): void {
    for (const call of this.#calls.waiting()) current.call(call);
  }
}

function isKey(which: Bytes | Selection): which is Bytes {
  return typeof which === 'string' || which instanceof Uint8Array;
}

function closed(): RaftError {
  return new RaftError('RAFT_STOPPED', 'The client is closed. Nothing was sent.');
}
