/**
 * What truly happened to the keys, read at the end from a store that holds everything: against it stands what
 * each client was told of its calls (P01, P02) and each watch of its keys (P03).
 */
import type { KvStateMachine } from '../../../kv/kv-state-machine.ts';
import type { WatchEvent, WatchRevision } from '../../../kv/watching/watch-event.ts';

/** The keys of the workload; hostile callers write others. */
export const PREFIX = 'k';

interface Change {
  readonly key: string;
  /** `null`: deleted. */
  readonly value: string | null;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

export class StoreRecord {
  readonly #revisions: WatchRevision[] = [];
  readonly #changes = new Map<number, readonly Change[]>();
  /** How often each value was written to each key, by `key value`. */
  readonly #writes = new Map<string, number>();
  /** The newest revision that changed one of the keys; 0: none did. */
  readonly last: number;

  constructor(machine: Pick<KvStateMachine, 'history' | 'revision'>) {
    for (let from = 1; from <= machine.revision; ) {
      const page = machine.history({ prefix: encoder.encode(PREFIX), from });
      this.#revisions.push(...page.revisions);
      from = page.nextRevision;
    }
    for (const { revision, events } of this.#revisions) {
      const changes = events.map(changeOf);
      this.#changes.set(revision, changes);
      for (const { key, value } of changes) this.#count(`${key} ${value}`);
    }
    this.last = this.#revisions.at(-1)?.revision ?? 0;
  }

  /** What one revision did to this key; `undefined`: nothing. */
  changeAt(revision: number, key: string): string | null | undefined {
    return this.#changes.get(revision)?.findLast((change) => change.key === key)?.value;
  }

  /** The value of a key as the store stood then; `null`: there was none. */
  valueAt(revision: number, key: string): string | null {
    let value: string | null = null;
    for (const [at, changes] of this.#changes) {
      if (at > revision) break;
      for (const change of changes) if (change.key === key) value = change.value;
    }
    return value;
  }

  timesWritten(key: string, value: string): number {
    return this.#writes.get(`${key} ${value}`) ?? 0;
  }

  /** Of these keys, as a watch is told: `key` alone, or all. Both ends inclusive. */
  told(key: string | null, first: number, through: number): readonly string[] {
    return this.#revisions
      .filter(({ revision }) => revision >= first && revision <= through)
      .map(({ revision, events }) => ({
        revision,
        events: events.filter((event) => key === null || decoder.decode(event.key) === key),
      }))
      .filter(({ events }) => events.length > 0)
      .map(textOfRevision);
  }

  #count(write: string): void {
    this.#writes.set(write, (this.#writes.get(write) ?? 0) + 1);
  }
}

/** All of a revision, in words that are equal exactly for equal revisions. */
export function textOfRevision({ revision, events }: WatchRevision): string {
  return `${revision}: ${events.map(textOfEvent).join(', ')}`;
}

function textOfEvent(event: WatchEvent): string {
  const key = decoder.decode(event.key);
  if (event.type === 'delete') return `delete ${key} at ${event.modRevision}`;
  const { createRevision, modRevision, version } = event;
  return `put ${key} ${decoder.decode(event.value)} at ${modRevision} (${createRevision} ${version})`;
}

function changeOf({ key, value }: WatchEvent): Change {
  return { key: decoder.decode(key), value: value === null ? null : decoder.decode(value) };
}
