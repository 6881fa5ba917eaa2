/**
 * What became of every lease, as the log tells it, without the store's own table: it is told of each command once, as the first
 * replica carries it out, and of whoever begins to lead. No lease may end before its time (S48); one that has ended stays so and has
 * taken exactly its keys with it, in one revision (S49).
 */
import { unreachable } from '../../../core/assert.ts';
import type { KvCommand, LeaseSeen, TxnOperation } from '../../../kv/commands/commands.ts';
import type { KvResult } from '../../../kv/commands/results.ts';
import type { Report } from './violation.ts';

/** When, in simulated milliseconds, and in which term. */
interface Moment {
  readonly term: number;
  readonly atMs: number;
}

interface Lead {
  readonly atMs: number;
  /** Milliseconds of its clock for each simulated one. */
  readonly rate: number;
}

interface KnownLease {
  readonly ttlMs: number;
  /** Of its grant, or its last renewal. */
  touched: Moment;
  readonly keys: Set<string>;
}

interface LeaseRecordOptions {
  readonly report: Report;
  /** The keys that a revision changed, each with whether it deleted it; `null`: nobody knows any more. */
  readonly changedAt: (revision: number) => readonly (readonly [string, boolean])[] | null;
  readonly happened: (what: LeaseTurn) => void;
}

type LeaseTurn =
  | 'a lease expires'
  | 'a lease outlives its leader'
  | 'a renewal comes before the end that was decided on';

type Ending = Extract<KvResult, { type: 'revoke' | 'expire' }>;

/** Bound: what arithmetic on clocks may be wrong by, in milliseconds. */
const ROUNDING_MS = 0.001;

const decoder = new TextDecoder();

export class LeaseRecord {
  readonly #options: LeaseRecordOptions;
  readonly #leases = new Map<number, KnownLease>();
  /** The lease of each key that is bound to one. */
  readonly #leaseOf = new Map<string, number>();
  /** By term. */
  readonly #leads = new Map<number, Lead>();
  /** When who led decided on the end of a lease that had been renewed so often. */
  readonly #decisions = new Map<string, Moment[]>();
  #last = 0;

  constructor(options: LeaseRecordOptions) {
    this.#options = options;
  }

  /** How many there are. */
  get size(): number {
    return this.#leases.size;
  }

  began(term: number, lead: Lead): void {
    this.#leads.set(term, lead);
  }

  /** Somebody who leads then wants these to end. */
  decided(leases: readonly LeaseSeen[], moment: Moment): void {
    for (const seen of leases) {
      const known = this.#decisions.get(nameOf(seen));
      if (known === undefined) this.#decisions.set(nameOf(seen), [moment]);
      else known.push(moment);
    }
  }

  /** A command, what came of it, and when it was carried out first. */
  applied(command: KvCommand, result: KvResult, moment: Moment): void {
    if (result.type === 'refused') return this.#refused(command, result.code);
    switch (command.type) {
      case 'grant':
        if (result.type === 'grant') this.#granted(result.lease, command.ttlMs, moment);
        return;
      case 'renew':
        if (result.type === 'renew') this.#renewed(command.leases, result.ttlsMs, moment);
        return;
      case 'revoke':
        if (result.type === 'revoke') this.#ended([command.lease], result);
        return;
      case 'expire':
        if (result.type === 'expire') this.#expired(command.leases, result);
        return;
      case 'txn':
        if (result.type !== 'txn') return;
        return this.#changed(result.succeeded ? command.success : command.failure);
      case 'put':
      case 'delete':
        if (result.type === command.type) this.#changed([command]);
        return;
      case 'compact':
      case 'access':
        return;
      default:
        unreachable(command);
    }
  }

  #granted(id: number, ttlMs: number, touched: Moment): void {
    this.#require(id > this.#last, `lease ${id} is granted after ${this.#last}`);
    this.#last = Math.max(this.#last, id);
    this.#leases.set(id, { ttlMs, touched, keys: new Set() });
  }

  #renewed(ids: readonly number[], ttlsMs: readonly number[], moment: Moment): void {
    for (const [at, id] of ids.entries()) {
      const known = this.#leases.get(id);
      const ttlMs = ttlsMs[at];
      const expected = known?.ttlMs ?? 0;
      this.#require(ttlMs === expected, `lease ${id} is renewed for ${ttlMs}, not ${expected} ms`);
      if (known === undefined) continue;
      if (known.touched.term < moment.term) this.#options.happened('a lease outlives its leader');
      known.touched = moment;
    }
  }

  /**
   * S48: somebody who led had decided on it, and by then its whole time had passed since it was touched, and since that one led, by the
   * clock of that one. Another may lead when it comes to pass.
   */
  #expired(seen: readonly LeaseSeen[], result: Extract<Ending, { type: 'expire' }>): void {
    const { happened, report } = this.#options;
    for (const each of seen) {
      const known = this.#leases.get(each.lease);
      const decided = this.#decisions.get(nameOf(each)) ?? [];
      this.#decisions.delete(nameOf(each));
      if (known === undefined || !result.leases.includes(each.lease)) continue;
      const lastedMs = Math.max(0, ...decided.map((moment) => this.#lastedMs(known, moment)));
      if (lastedMs >= known.ttlMs - ROUNDING_MS) continue;
      report('S48', `lease ${each.lease} of ${known.ttlMs} ms ends after ${Math.round(lastedMs)}`);
    }
    if (result.leases.length > 0) happened('a lease expires');
    if (result.leases.length < seen.length) {
      happened('a renewal comes before the end that was decided on');
    }
    this.#ended(result.leases, result);
  }

  #lastedMs({ touched }: KnownLease, { term, atMs }: Moment): number {
    const lead = this.#leads.get(term);
    return lead === undefined ? 0 : (atMs - Math.max(touched.atMs, lead.atMs)) * lead.rate;
  }

  #ended(ids: readonly number[], { deleted, revision }: Ending): void {
    const gone: string[] = [];
    for (const id of ids) {
      const known = this.#leases.get(id);
      this.#require(known !== undefined, `lease ${id} ends, and there is none`);
      gone.push(...(known?.keys ?? []));
      this.#leases.delete(id);
    }
    for (const key of gone) this.#leaseOf.delete(key);
    const text = `leases ${ids.join(', ')} end`;
    this.#require(deleted === gone.length, `${text}, and ${deleted} keys go, not ${gone.length}`);
    const changes = gone.length === 0 ? null : this.#options.changedAt(revision);
    if (changes === null) return;
    const deletions = changes.flatMap(([key, isDeleted]) => (isDeleted ? [key] : []));
    const isWhole = changes.length === gone.length && gone.every((key) => deletions.includes(key));
    this.#require(isWhole, `${text}, and revision ${revision} is of ${changes.join('; ')}`);
  }

  #refused(command: KvCommand, code: string): void {
    if (code !== 'RAFT_LEASE_EXPIRED') return;
    const isRight = namedIn(command).some((id) => !this.#leases.has(id));
    this.#require(isRight, `a ${command.type} is refused for a lease that there is`);
  }

  #changed(operations: readonly TxnOperation[]): void {
    for (const operation of operations) {
      if (operation.type === 'range' || operation.key === undefined) continue;
      const key = decoder.decode(operation.key);
      const { lease = null } = operation.type === 'put' ? operation : {};
      this.#unbind(key);
      if (lease !== null) this.#bind(key, lease);
    }
  }

  #bind(key: string, id: number): void {
    const known = this.#leases.get(id);
    this.#require(known !== undefined, `${key} is bound to lease ${id}, which there is not`);
    known?.keys.add(key);
    this.#leaseOf.set(key, id);
  }

  #unbind(key: string): void {
    const id = this.#leaseOf.get(key);
    if (id === undefined) return;
    this.#leases.get(id)?.keys.delete(key);
    this.#leaseOf.delete(key);
  }

  #require(isRight: boolean, text: string): void {
    if (!isRight) this.#options.report('S49', text);
  }
}

/** The leases that it cannot do without. */
function namedIn(command: KvCommand): readonly number[] {
  if (command.type === 'revoke') return [command.lease];
  const operations =
    command.type === 'txn'
      ? [...command.success, ...command.failure]
      : command.type === 'put'
        ? [command]
        : [];
  return operations.flatMap((operation) =>
    operation.type === 'put' && operation.lease !== undefined ? [operation.lease] : [],
  );
}

function nameOf({ lease, renewals }: LeaseSeen): string {
  return `${lease}/${renewals}`;
}
