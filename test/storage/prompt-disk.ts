/**
 * The simulator's disk for tests of the store: it does at once whatever it is asked for, until its process dies at a
 * chosen step. A loss of power leaves what was synced; of the rest, and of what is under way, chance decides.
 */
import type { DirectoryGround } from '../../src/storage/directory/directory-parts.ts';
import type { Database, DatabaseChange } from '../../src/storage/disk/database.ts';
import { LevelLogStore } from '../../src/storage/level-log-store.ts';
import { type DiskContent, newStore } from '../../src/testing/simulation/disk/simulated-content.ts';
import { simulatedDatabase } from '../../src/testing/simulation/disk/simulated-database.ts';
import { SimulatedDisk } from '../../src/testing/simulation/disk/simulated-disk.ts';
import { simulatedFiles } from '../../src/testing/simulation/disk/simulated-files.ts';
import { SimulatedProcess } from '../../src/testing/simulation/runtime/process.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { SometimesLog } from '../../src/testing/simulation/runtime/sometimes.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';

const LOG = 'data/log';

let words = 0;

/** A word that no other start has, as random ones are. */
function newWord(): string {
  words += 1;
  return words.toString(16).padStart(16, '0');
}

export class PromptDisk {
  /** The step before which the process dies; every operation is one. */
  crashAt = Number.POSITIVE_INFINITY;
  steps = 0;
  /** Every batch that the database was given in this life. */
  readonly batches: (readonly DatabaseChange[])[] = [];
  readonly #random: SeededRandom;
  readonly #disk: SimulatedDisk;
  readonly #process = new SimulatedProcess({
    name: 'n1',
    clock: new VirtualClock(),
  });
  #die: () => void = () => {};
  readonly died = new Promise<'died'>((resolve) => {
    this.#die = () => resolve('died');
  });

  constructor(random = new SeededRandom(0), content: DiskContent = new Map()) {
    this.#random = random;
    this.#disk = new SimulatedDisk({
      clock: { now: () => 0, setTimeout: (step, delayMs) => this.#take(step, delayMs) },
      random: random.fork('disk'),
      latencyMs: 0,
      durable: (changes) => this.batches.push(changes),
      settled: () => {},
      sometimes: new SometimesLog(),
    });
    this.#disk.restore(content);
  }

  get isDead(): boolean {
    return this.steps >= this.crashAt;
  }

  database(path = LOG): Database {
    return simulatedDatabase(this.#disk, this.#process, path);
  }

  /** The real store upon it; `changes` replaces parts of what it stands on. */
  store(changes: Partial<DirectoryGround> = {}): LevelLogStore {
    return new LevelLogStore({
      directory: 'data',
      files: simulatedFiles(this.#disk, this.#process),
      database: (path) => this.database(path),
      randomWord: newWord,
      ...changes,
    });
  }

  /** What the next start finds, once this process is killed or the machine has lost its power. */
  after(kind: 'kill' | 'power'): PromptDisk {
    this.#process.kill();
    this.#disk.crash(kind);
    return this.copy();
  }

  copy(): PromptDisk {
    return new PromptDisk(this.#random.fork('copy'), this.#disk.copy());
  }

  /** The same files beside a database that holds what these batches leave. */
  rewritten(batches: readonly (readonly DatabaseChange[])[]): PromptDisk {
    const log = newStore();
    for (const batch of batches) log.records.apply(batch, true);
    return new PromptDisk(this.#random, new Map([...this.#disk.copy(), [LOG, log]]));
  }

  /** What is put off comes after everything that a test does. */
  #take(step: () => void, delayMs: number): void {
    if (delayMs > 0) return;
    if (this.isDead) {
      this.#die();
      return;
    }
    this.steps += 1;
    queueMicrotask(step);
  }
}
