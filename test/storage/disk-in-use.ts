/** A simulated disk, a process that lives on it, and the production log store on top. */
import type { DirectoryAccess } from '../../src/storage/directory/directory-parts.ts';
import type { Database, DatabaseChange } from '../../src/storage/disk/database.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { simulatedDatabase } from '../../src/testing/simulation/disk/simulated-database.ts';
import { SimulatedDisk } from '../../src/testing/simulation/disk/simulated-disk.ts';
import { simulatedFiles } from '../../src/testing/simulation/disk/simulated-files.ts';
import { SimulatedProcess } from '../../src/testing/simulation/runtime/process.ts';
import type { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { SometimesLog } from '../../src/testing/simulation/runtime/sometimes.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

export const LOG = 'data/log';

let words = 0;

/** A word that no other start has, as random ones are. */
function newWord(): string {
  words += 1;
  return words.toString(16).padStart(16, '0');
}

export class DiskInUse {
  readonly clock = new VirtualClock();
  readonly sometimes = new SometimesLog();
  /** Every batch of the database that was reported as being on disk for good. */
  readonly batches: (readonly DatabaseChange[])[] = [];
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  process = this.#life();

  constructor(random: SeededRandom, latencyMs: number) {
    this.random = random;
    this.disk = new SimulatedDisk({
      clock: { now: () => this.clock.now(), setTimeout: (step, ms) => this.take(step, ms) },
      random: random.fork('disk'),
      latencyMs,
      durable: (changes) => this.batches.push(changes),
      settled: () => {},
      sometimes: this.sometimes,
    });
  }

  database(path = LOG): Database {
    return simulatedDatabase(this.disk, this.process, path);
  }

  /** For the life that is lived now; `changes` replaces parts of what it stands on. */
  store(changes: Partial<DirectoryAccess> = {}): LevelLogStore {
    const { disk, process } = this;
    return new LevelLogStore({
      directory: 'data',
      files: simulatedFiles(disk, process),
      database: (path) => simulatedDatabase(disk, process, path),
      randomWord: newWord,
      ...changes,
    });
  }

  /** Ends this life, and with `power` that of the machine, and begins the next on the same disk. */
  crash(kind: 'kill' | 'power'): void {
    this.process.kill();
    this.disk.crash(kind);
    this.process = this.#life();
  }

  /** Does one step of an operation when its time has come. */
  protected take(step: () => void, delayMs: number): void {
    this.clock.setTimeout(step, delayMs);
  }

  #life(): SimulatedProcess {
    return new SimulatedProcess({ name: 'n1', clock: this.clock });
  }
}
