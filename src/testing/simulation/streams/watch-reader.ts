/** A program that reads a watch of the production client, now fast, now slowly, and remembers all it was told. */
import type { KvClient } from '../../../client/kv-client.ts';
import type { Watch } from '../../../client/watching/watch.ts';
import { RaftError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { Report } from '../checks/violation.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import { PREFIX, type StoreRecord, textOfRevision } from './store-record.ts';

interface WatchReaderOptions {
  readonly name: string;
  readonly client: KvClient;
  readonly clock: Clock;
  readonly random: SeededRandom;
  /** `null`: all of them. */
  readonly key: string | null;
  /** `null`: from now on. */
  readonly from: number | null;
  /** From where on the members have to know what happened. */
  readonly compactedRevision: () => number;
  readonly report: Report;
  readonly sometimes: SometimesLog;
  /** The average pause after each revision, in milliseconds; 0: none. */
  readonly pauseMs: number;
}

export class WatchReader {
  readonly #options: WatchReaderOptions;
  readonly #watch: Watch;
  readonly told: string[] = [];
  #first: number | null = null;
  /** What it is told next is this revision or a later one; 0: from now on. */
  #next: number;
  #server: string | null = null;
  #hasEnded = false;
  #isHurried = false;

  constructor(options: WatchReaderOptions) {
    const { client, key, from } = options;
    this.#options = options;
    this.#next = from ?? 0;
    const which = key === null ? { prefix: PREFIX } : { key };
    this.#watch = client.watch({ ...which, ...(from !== null && { from }) });
    this.#read().catch((error: unknown) => this.#failed(error));
  }

  /** From now on it reads as fast as it can. */
  hurry(): void {
    this.#isHurried = true;
  }

  /** True once it was told everything that there is to tell, or has ended. */
  isThrough(record: StoreRecord): boolean {
    if (this.#hasEnded) return true;
    if (this.#first === null) return false;
    const last = record.told(this.#options.key, this.#first, record.last).at(-1);
    return last === undefined || last === this.told.at(-1);
  }

  /** P03: every event once, in order, in whole revisions, none left out, and nothing else. */
  judge(record: StoreRecord): void {
    const { key, name, report } = this.#options;
    const through = this.#hasEnded ? this.#next - 1 : record.last;
    const expected = record.told(key, this.#first ?? 0, through);
    if (this.#first === null && this.told.length === 0) return;
    const at = expected.findIndex((text, position) => text !== this.told[position]);
    if (at === -1 && expected.length === this.told.length) return;
    const position = at === -1 ? expected.length : at;
    const [told, truth] = [this.told[position] ?? 'nothing', expected[position] ?? 'nothing'];
    report('P03', `${name}, from ${this.#first}, is told ${told}, where ${truth} happened`);
  }

  async #read(): Promise<void> {
    const { clock, random, pauseMs } = this.#options;
    this.#first = await this.#watch.started();
    this.#next = this.#first;
    for await (const revision of this.#watch) {
      this.#note(textOfRevision(revision));
      this.#next = revision.revision + 1;
      if (this.#isHurried || !random.chance(0.3)) continue;
      const delayMs = random.exponential(pauseMs);
      await new Promise<void>((resolve) => {
        clock.setTimeout(resolve, delayMs);
      });
    }
  }

  #note(text: string): void {
    const { client, sometimes } = this.#options;
    this.told.push(text);
    const server = client.connectedTo;
    if (this.#server !== null && server !== null && this.#server !== server) {
      sometimes.note('a watch goes on at another server');
    }
    this.#server = server ?? this.#server;
  }

  /** Nothing that befalls a connection ends a watch: only that what it has yet to be told was let go of. */
  #failed(error: unknown): void {
    const { compactedRevision, name, report, sometimes } = this.#options;
    this.#hasEnded = true;
    const isCompacted = error instanceof RaftError && error.code === 'RAFT_COMPACTED';
    if (!isCompacted || this.#next >= compactedRevision()) {
      return report('P04', `${name} fails: ${String(error)}`);
    }
    sometimes.note('a watch hears that what it has yet to be told was let go of');
  }
}
