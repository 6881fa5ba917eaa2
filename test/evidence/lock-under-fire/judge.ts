/**
 * What the history of the store says of a lock (CO7): with each write of a holder its place must be the first of all that stand in line
 * at that revision. So no two hold it, nobody overtakes, and who has lost it writes nothing more.
 */
import type { WatchRevision } from '../../../src/client/index.ts';

const LINE = 'raftchart/locks/fire/';
const HOLDER = 'fire/holder';

const decoder = new TextDecoder();

export class Judge {
  /** The places in line, by the revision that created them. */
  readonly #line = new Map<string, number>();
  readonly faults: string[] = [];
  /** The number of whoever wrote last, and its process. */
  fencing = 0;
  pid = 0;
  holders = 0;
  writes = 0;

  take({ revision, events }: WatchRevision): void {
    for (const event of events) {
      const key = decoder.decode(event.key);
      if (key.startsWith(LINE)) {
        if (event.type === 'delete') this.#line.delete(key);
        else this.#line.set(key, event.createRevision);
      } else if (key === HOLDER && event.type === 'put') {
        this.#written(revision, decoder.decode(event.value));
      }
    }
  }

  #written(revision: number, value: string): void {
    const [fencing = 0, pid = 0] = value.split(' ').map(Number);
    const first = Math.min(...this.#line.values());
    if (fencing !== first)
      this.faults.push(`revision ${revision}: ${fencing} wrote, and ${first} was first`);
    if (fencing < this.fencing)
      this.faults.push(`revision ${revision}: ${fencing} wrote after ${this.fencing}`);
    this.writes += 1;
    if (fencing !== this.fencing) this.holders += 1;
    this.fencing = fencing;
    this.pid = pid;
  }
}
