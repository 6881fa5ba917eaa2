/**
 * The key-value store as plainly as it can be written, to compare the real one with: one array of all
 * versions ever, never cut, and every question answered by walking through it.
 * It shares types with the real store, and no code.
 */
import type {
  Compare,
  KvCommand,
  LeaseCommand,
  RangeOptions,
  TxnOperation,
} from '../../src/kv/commands/commands.ts';
import type {
  KvResult,
  RangeResult,
  RefusalCode,
  TxnResponse,
} from '../../src/kv/commands/results.ts';
import type { KeySelector } from '../../src/kv/keys/key-selector.ts';
import type { KeyValue } from '../../src/kv/keys/key-value.ts';
import type { WatchEvent, WatchRevision } from '../../src/kv/watching/watch-event.ts';

interface Version {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
  readonly createRevision: number;
  readonly modRevision: number;
  readonly version: number;
  readonly lease: number | null;
}

interface NaiveLease {
  readonly id: number;
  readonly ttlMs: number;
  renewals: number;
}

export class NaiveStore {
  versions: Version[] = [];
  revision = 1;
  compactedRevision = 0;
  leases: NaiveLease[] = [];
  granted = 0;

  apply(command: KvCommand): KvResult {
    if (isMalformed(command)) return this.#refused('RAFT_BAD_REQUEST');
    if (command.type === 'compact') return this.#compact(command.revision);
    if (command.type === 'txn') return this.#transact(command);
    if (command.type === 'access') throw new TypeError('it knows keys and leases');
    if (command.type !== 'put' && command.type !== 'delete') return this.#lease(command);
    if (command.condition !== undefined && command.key !== undefined) {
      const modRevision = this.get(command.key)?.modRevision ?? 0;
      const { condition } = command;
      const isMet =
        (condition.type === 'absent' && modRevision === 0) ||
        (condition.type === 'present' && modRevision > 0) ||
        (condition.type === 'modRevision' && modRevision === condition.modRevision);
      if (!isMet) {
        const { revision } = this;
        return { type: 'conditionFailed', code: 'RAFT_CONDITION_FAILED', revision, modRevision };
      }
    }
    if (!this.#mayBind([command])) return this.#refused('RAFT_LEASE_EXPIRED');
    const [response] = this.#run([command]);
    return response as KvResult;
  }

  /** The keys that are bound to a lease, in order. */
  keysOf(lease: number): Uint8Array[] {
    const all = this.range({ prefix: new Uint8Array(0) }).kvs;
    return all.filter((kv) => kv.lease === lease).map(({ key }) => key);
  }

  #lease(command: LeaseCommand): KvResult {
    const { type } = command;
    if (type === 'grant') {
      this.granted += 1;
      const { ttlMs } = command;
      this.leases.push({ id: this.granted, ttlMs, renewals: 0 });
      return { type, revision: this.revision, lease: this.granted, ttlMs };
    }
    if (type === 'renew') {
      const ttlsMs = command.leases.map((id) => {
        const lease = this.leases.find((one) => one.id === id);
        if (lease === undefined) return 0;
        lease.renewals += 1;
        return lease.ttlMs;
      });
      return { type, revision: this.revision, ttlsMs };
    }
    const next = this.revision + 1;
    if (type === 'revoke') {
      if (this.leases.every(({ id }) => id !== command.lease))
        return this.#refused('RAFT_LEASE_EXPIRED');
      const deleted = this.#end(command.lease, next);
      return { type, revision: this.revision, deleted };
    }
    const leases: number[] = [];
    let deleted = 0;
    for (const { lease, renewals } of command.leases) {
      if (this.leases.every((one) => one.id !== lease || one.renewals !== renewals)) continue;
      deleted += this.#end(lease, next);
      leases.push(lease);
    }
    return { type, revision: this.revision, deleted, leases };
  }

  #end(lease: number, next: number): number {
    const keys = this.keysOf(lease);
    for (const key of keys) this.#delete(key, next);
    this.leases = this.leases.filter(({ id }) => id !== lease);
    return keys.length;
  }

  #delete(key: Uint8Array, modRevision: number): void {
    this.revision = modRevision;
    this.versions.push({
      key,
      value: null,
      createRevision: 0,
      modRevision,
      version: 0,
      lease: null,
    });
  }

  #mayBind(operations: readonly TxnOperation[]): boolean {
    return operations.every(
      (operation) =>
        operation.type !== 'put' ||
        operation.lease === undefined ||
        this.leases.some(({ id }) => id === operation.lease),
    );
  }

  get(key: Uint8Array, revision?: number): KeyValue | undefined {
    return this.range({ key, ...(revision !== undefined && { revision }) }).kvs[0];
  }

  range(options: RangeOptions): RangeResult {
    const at = options.revision ?? Number.POSITIVE_INFINITY;
    const newest: Version[] = [];
    for (const version of this.versions) {
      if (version.modRevision > at || !isSelected(version.key, options)) continue;
      const before = newest.findIndex(({ key }) => compare(key, version.key) === 0);
      if (before >= 0) newest.splice(before, 1);
      newest.push(version);
    }
    const found: KeyValue[] = [];
    for (const { value, ...rest } of newest) {
      if (value !== null) found.push({ ...rest, value });
    }
    found.sort((left, right) => compare(left.key, right.key));
    const limit = options.countOnly ? 0 : (options.limit ?? found.length);
    const kvs = found
      .slice(0, limit)
      .map((kv) => (options.keysOnly ? { ...kv, value: new Uint8Array(0) } : kv));
    const more = !options.countOnly && kvs.length < found.length;
    return { type: 'range', revision: this.revision, kvs, more, count: found.length };
  }

  events(selector: KeySelector, from: number): WatchRevision[] {
    const groups: { revision: number; events: WatchEvent[] }[] = [];
    for (const version of this.versions) {
      if (version.modRevision < from || !isSelected(version.key, selector)) continue;
      const { key, value, modRevision } = version;
      const event: WatchEvent =
        value === null
          ? { type: 'delete', key, value, modRevision }
          : { type: 'put', ...version, value };
      const group = groups.find(({ revision }) => revision === modRevision);
      if (group === undefined) groups.push({ revision: modRevision, events: [event] });
      else group.events.push(event);
    }
    return groups;
  }

  #compact(revision: number): KvResult {
    if (revision <= this.compactedRevision) return this.#refused('RAFT_COMPACTED');
    if (revision > this.revision) return this.#refused('RAFT_FUTURE_REVISION');
    this.compactedRevision = revision;
    return { type: 'compact', revision: this.revision, compactedRevision: revision };
  }

  #transact(command: KvCommand & { readonly type: 'txn' }): KvResult {
    const succeeded = command.compare.every((one) => this.#holds(one));
    const operations = succeeded ? command.success : command.failure;
    for (const operation of operations) {
      if (operation.type !== 'range' || operation.revision === undefined) continue;
      if (operation.revision < this.compactedRevision) return this.#refused('RAFT_COMPACTED');
      if (operation.revision > this.revision) return this.#refused('RAFT_FUTURE_REVISION');
    }
    if (!this.#mayBind(operations)) return this.#refused('RAFT_LEASE_EXPIRED');
    const responses = this.#run(operations);
    return { type: 'txn', revision: this.revision, succeeded, responses };
  }

  #run(operations: readonly TxnOperation[]): TxnResponse[] {
    const next = this.revision + 1;
    return operations.map((operation) => {
      if (operation.type === 'range') return this.range(operation);
      if (operation.type === 'put') {
        const { key, value, lease = null } = operation;
        const before = this.get(key);
        this.revision = next;
        this.versions.push({
          key,
          value,
          createRevision: before?.createRevision ?? next,
          modRevision: next,
          version: (before?.version ?? 0) + 1,
          lease,
        });
        const previous = operation.returnPrevious && { previous: before ?? null };
        return { type: 'put', revision: next, ...previous };
      }
      const { type: _, returnPrevious, ...selector } = operation;
      const before = this.range(selector).kvs;
      for (const { key } of before) this.#delete(key, next);
      const previous = returnPrevious && { previous: before };
      return { type: 'delete', revision: this.revision, deleted: before.length, ...previous };
    });
  }

  #holds({ key, target, operator, value }: Compare): boolean {
    const kv = this.get(key);
    let difference: number;
    if (target === 'value') {
      if (kv === undefined) return false;
      difference = compare(kv.value, value);
    } else {
      difference = (kv?.[target] ?? 0) - value;
    }
    if (operator === '=') return difference === 0;
    if (operator === '!=') return difference !== 0;
    return operator === '<' ? difference < 0 : difference > 0;
  }

  #refused(code: RefusalCode): KvResult {
    const { revision, compactedRevision } = this;
    return { type: 'refused', code, message: '', revision, compactedRevision };
  }
}

/** Of all that can be wrong with a command, what the arbitraries make. */
export function isMalformed(command: KvCommand): boolean {
  if (command.type !== 'txn') return false;
  return [command.success, command.failure].some((operations) =>
    operations.some((put, at) => {
      if (put.type !== 'put') return false;
      return operations.some(
        (other, otherAt) =>
          (other.type === 'put' && otherAt !== at && compare(other.key, put.key) === 0) ||
          (other.type === 'delete' && isSelected(put.key, other)),
      );
    }),
  );
}

function isSelected(bytes: Uint8Array, { key, prefix, start, end }: KeySelector): boolean {
  if (key !== undefined && compare(bytes, key) !== 0) return false;
  if (prefix !== undefined && compare(bytes.slice(0, prefix.length), prefix) !== 0) return false;
  if (start !== undefined && compare(bytes, start) < 0) return false;
  return end === undefined || compare(bytes, end) < 0;
}

function compare(left: Uint8Array, right: Uint8Array): number {
  for (let at = 0; at < left.length && at < right.length; at += 1) {
    const difference = Number(left[at]) - Number(right[at]);
    if (difference !== 0) return difference;
  }
  return left.length - right.length;
}
