/**
 * The key-value client as programs see it: each call with its options checked, its command, and its answer as bytes of the caller's own.
 * What becomes of a call on the way `request-client.ts` decides; locks, elections and the registry are made of these calls in
 * `coordination/`.
 */

import { entryIdOf } from '../core/log-id.ts';
import type { KvCommand } from '../kv/commands/commands.ts';
import type {
  CompactResult,
  DeleteResult,
  PutResult,
  RevokeResult,
  TxnResult,
} from '../kv/commands/results.ts';
import type { KeyValue } from '../kv/keys/key-value.ts';
import type { ClientSettings } from './client-options.ts';
import type { ClientPorts } from './client-ports.ts';
import {
  campaignFor,
  type Elected,
  type Leadership,
  observeElection,
} from './coordination/election.ts';
import { type Lock, type LockOptions, takeLock } from './coordination/lock.ts';
import {
  type RegisterOptions,
  type Registration,
  registerService,
  resolveService,
} from './coordination/registry.ts';
import {
  type CoordinatedStore,
  type ObserveOptions,
  storeOf,
  whileIterated,
} from './coordination/store.ts';
import { type Granted, Lease } from './leases/lease.ts';
import { LeaseRenewals } from './leases/lease-renewals.ts';
import { REQUEST_BYTES, RequestClient } from './request-client.ts';
import {
  type Bytes,
  type CallOptions,
  type LeaseOptions,
  type PutOptions,
  type RangeQuery,
  type ReadOptions,
  type Selection,
  type TxnInput,
  toBytes,
  toSelector,
  toTxnCommand,
  type WatchQuery,
  type WriteOptions,
} from './values/client-input.ts';
import {
  expectResult,
  leaseEnded,
  ownDelete,
  ownPut,
  ownTxn,
  type Written,
} from './values/client-output.ts';
import {
  checkedLease,
  checkedOptions,
  checkedRevision,
  checkedSelection,
  checkedTxn,
  NO_OPTIONS,
} from './values/input-check.ts';
import { type RangeAnswer, rangeAnswer } from './values/reply-reading.ts';
import type { Watch } from './watching/watch.ts';

export class KvClient implements AsyncDisposable {
  readonly #requests: RequestClient;
  readonly #ports: ClientPorts;
  readonly #settings: ClientSettings;
  readonly #renewals: LeaseRenewals;
  readonly #store: CoordinatedStore;

  constructor(settings: ClientSettings, ports: ClientPorts) {
    this.#requests = new RequestClient(settings, ports);
    this.#ports = ports;
    this.#settings = settings;
    this.#renewals = new LeaseRenewals(ports.clock, (leases, timeoutMs) =>
      this.#renewAll(() => ({ options: { timeoutMs }, leases })),
    );
    this.#store = storeOf(this, ports.clock);
  }

  /** The node that this client speaks to at present; `null` while it is not connected. */
  get connectedTo(): string | null {
    return this.#requests.connectedTo;
  }

  put(key: Bytes, value: Bytes, options: PutOptions = NO_OPTIONS): Promise<Written<PutResult>> {
    return this.#requests.submit(
      () => {
        const own = checkedOptions('put', options);
        const { condition, lease, returnPrevious } = own;
        const command: KvCommand = {
          type: 'put',
          key: toBytes(key),
          value: toBytes(value),
          ...(lease !== undefined && { lease }),
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
    return this.#requests.submit(
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
    return this.#requests.submit(
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
    return this.#requests.submit(
      () => ({
        options: checkedOptions('compact', options),
        command: { type: 'compact', revision: checkedRevision('compact', revision) },
      }),
      (result) => expectResult(result, 'compact'),
    );
  }

  /**
   * A new lease: the keys that puts bind to it go, in one revision, when it ends. It has to be renewed: `keepAlive()` does so
   * until it is revoked or lost.
   */
  async grantLease(asked: LeaseOptions): Promise<Lease> {
    const sentMs = this.#ports.clock.now();
    const { lease: id, ttlMs } = await this.#requests.submit(
      () => {
        const options = checkedOptions('grantLease', asked);
        return { options, command: { type: 'grant', ttlMs: options.ttlMs } };
      },
      (result) => expectResult(result, 'grant'),
    );
    return this.#leaseOf({ id, ttlMs, sentMs });
  }

  /** A lease that was granted elsewhere, renewed once: from then on as if it had been granted here. */
  async adoptLease(id: number, options: CallOptions = NO_OPTIONS): Promise<Lease> {
    const sentMs = this.#ports.clock.now();
    const ttlMs = await this.renewLease(id, options);
    return this.#leaseOf({ id, ttlMs, sentMs });
  }

  /** Resolves with how long it lasts from now on. `RAFT_LEASE_EXPIRED`: it has ended. */
  async renewLease(lease: number, options: CallOptions = NO_OPTIONS): Promise<number> {
    const [ttlMs = 0] = await this.#renewAll(() => ({
      options: checkedOptions('renewLease', options),
      leases: [checkedLease('renewLease', lease)],
    }));
    if (ttlMs === 0) throw leaseEnded(lease);
    return ttlMs;
  }

  /** Ends it: its keys go. Rejects with `RAFT_LEASE_EXPIRED` if it has ended before. */
  revokeLease(lease: number, options: CallOptions = NO_OPTIONS): Promise<Written<RevokeResult>> {
    return this.#requests.submit(
      () => ({
        options: checkedOptions('revokeLease', options),
        command: { type: 'revoke', lease: checkedLease('revokeLease', lease) },
      }),
      (result) => expectResult(result, 'revoke'),
    );
  }

  /**
   * Resolves once this client holds the lock, those who came before having had it. It is held until it is released, or lost:
   * `await using lock = await kv.lock('orders')`.
   */
  async lock(name: string, options: LockOptions = NO_OPTIONS): Promise<Lock> {
    return takeLock(this.#store, name, checkedOptions('lock', options));
  }

  /** Resolves once this client leads, those who campaigned before having led. `value` is what others learn of it. */
  async campaign(
    name: string,
    value: Bytes,
    options: LockOptions = NO_OPTIONS,
  ): Promise<Leadership> {
    return campaignFor(this.#store, name, { ...checkedOptions('campaign', options), value });
  }

  /** Who leads, now and whenever that changes; `null`: nobody does. Leaving the loop, or the signal, ends it. */
  observe(
    name: string,
    options: ObserveOptions = NO_OPTIONS,
  ): AsyncIterableIterator<Elected | null> {
    const { signal } = checkedOptions('observe', options);
    return whileIterated((ended) => observeElection(this.#store, name, ended), signal);
  }

  /** Lets others resolve the address for as long as this client lives, or until it is withdrawn. */
  async register(
    service: string,
    address: string,
    options: RegisterOptions = NO_OPTIONS,
  ): Promise<Registration> {
    return registerService(this.#store, { service, address }, checkedOptions('register', options));
  }

  /** The addresses of a service, in order, now and whenever they change. Leaving the loop, or the signal, ends it. */
  resolve(
    service: string,
    options: ObserveOptions = NO_OPTIONS,
  ): AsyncIterableIterator<readonly string[]> {
    const { signal } = checkedOptions('resolve', options);
    return whileIterated((ended) => resolveService(this.#store, service, ended), signal);
  }

  /** `null`: the key does not exist, or did not at that revision. */
  async get(key: Bytes, options: ReadOptions = NO_OPTIONS): Promise<KeyValue | null> {
    const { kvs } = await this.range({ ...checkedOptions('get', options), key });
    return kvs[0] ?? null;
  }

  /** The keys of a selection, in order. A server bounds its answer: look at `more`. */
  range(asked: RangeQuery): Promise<RangeAnswer> {
    return this.#requests.perform(() => {
      const query = checkedOptions('range', asked);
      this.#requests.expectRoom(query);
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
    return this.#requests.status(() => checkedOptions('status', options));
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
    return this.#requests.watch(settings, signal);
  }

  /** Ends what is under way (`RAFT_STOPPED`) and all watches, and closes the connection. Harmless twice. */
  close(): Promise<void> {
    return this.#requests.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** How long each lasts from now on; 0: it has ended. Who repeats it is the caller. */
  async #renewAll(
    prepare: () => { readonly options: CallOptions; readonly leases: readonly number[] },
  ): Promise<readonly number[]> {
    const { ttlsMs } = await this.#requests.submit(
      () => {
        const { options, leases } = prepare();
        return { options, command: { type: 'renew', leases }, isHarmlessTwice: true };
      },
      (result) => expectResult(result, 'renew'),
    );
    return ttlsMs;
  }

  #leaseOf(granted: Granted): Lease {
    const { clock, random } = this.#ports;
    return new Lease(granted, {
      clock,
      random,
      renew: (lease, timeoutMs) => this.#renewals.renew(lease, timeoutMs),
      revoke: (lease, timeoutMs) => this.revokeLease(lease, { timeoutMs }),
    });
  }
}

function isKey(which: Bytes | Selection): which is Bytes {
  return typeof which === 'string' || which instanceof Uint8Array;
}
