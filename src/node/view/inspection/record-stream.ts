/**
 * Records of one node on their way to those who watch: numbered, kept for a while, and told when the step that they are of
 * is over. What a watcher does not get, for whatever reason, shows in the numbers, and it is told how many those are.
 */
import type { InspectionObserver, InspectionRecord } from '../../../ports/inspection.ts';
import { INSPECTED_RECORDS_MAX } from '../../limits.ts';
import { withMissed } from './missed-records.ts';

/** What a record says besides its stamp. */
type RecordBody = InspectionRecord extends infer Each
  ? Each extends InspectionRecord
    ? Omit<Each, 'sequence' | 'at' | 'node'>
    : never
  : never;

interface Watcher {
  readonly observer: InspectionObserver;
  /** The number of the last one that it got, or was told to have missed. */
  heard: number;
}

interface RecordStreamOptions {
  readonly node: string;
  readonly wallTimeMs: () => number;
  /** Runs later, where what it throws hurts nobody here. */
  readonly defer: (call: () => void) => void;
}

export class RecordStream {
  readonly #options: RecordStreamOptions;
  readonly #watchers = new Set<Watcher>();
  /** By their numbers, around and around; a place may hold one that is long gone. */
  #kept: (InspectionRecord | undefined)[] = [];
  #sequence = 0;
  #isDue = false;

  constructor(options: RecordStreamOptions) {
    this.#options = options;
  }

  get watchers(): number {
    return this.#watchers.size;
  }

  /** `after`: the number of the last record that it has from before; `null`: it begins with the next. */
  add(observer: InspectionObserver, after: number | null): () => void {
    const isKnown = after !== null && after <= this.#sequence;
    const watcher = { observer, heard: isKnown ? after : this.#sequence };
    this.#watchers.add(watcher);
    return () => void this.#watchers.delete(watcher);
  }

  /** Nobody watches from now on: what happens until somebody does again counts as one record that nobody got. */
  rest(): void {
    this.#kept = [];
    this.#sequence += 1;
  }

  tell(body: RecordBody): void {
    const { node, wallTimeMs } = this.#options;
    this.#sequence += 1;
    const record = { sequence: this.#sequence, at: wallTimeMs(), node, ...body };
    this.#keep(Object.freeze(record) as InspectionRecord);
  }

  /** One that is not told. */
  count(): void {
    this.#sequence += 1;
  }

  #keep(record: InspectionRecord): void {
    this.#kept[record.sequence % INSPECTED_RECORDS_MAX] = record;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#options.defer(() => {
      this.#isDue = false;
      for (const watcher of this.#watchers) this.#catchUp(watcher);
    });
  }

  #catchUp(watcher: Watcher): void {
    const oldest = this.#sequence - INSPECTED_RECORDS_MAX + 1;
    for (let next = Math.max(watcher.heard + 1, oldest); next <= this.#sequence; next += 1) {
      const record = this.#kept[next % INSPECTED_RECORDS_MAX];
      if (record?.sequence !== next) continue;
      for (const due of withMissed(watcher.heard, record)) this.#hand(watcher, due);
      watcher.heard = next;
    }
  }

  /** A watcher is a guest: what it throws is its own, and the next record comes all the same. */
  #hand(watcher: Watcher, record: InspectionRecord): void {
    if (!this.#watchers.has(watcher)) return;
    try {
      watcher.observer(record);
    } catch (error) {
      this.#options.defer(() => {
        throw error;
      });
    }
  }
}
