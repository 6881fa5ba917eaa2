/**
 * A simulated disk on its own, for the tests of what it does: a clock that moves when a promise needs it, one
 * life after the other, and the production log store on top.
 */
import type { DatabaseChange } from '../../../src/storage/disk/database.ts';
import { LevelLogStore } from '../../../src/storage/level-log-store.ts';
import { simulatedDatabase } from '../../../src/testing/simulation/disk/simulated-database.ts';
import { SimulatedDisk } from '../../../src/testing/simulation/disk/simulated-disk.ts';
import { simulatedFiles } from '../../../src/testing/simulation/disk/simulated-files.ts';
import { SimulatedProcess } from '../../../src/testing/simulation/runtime/process.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { SometimesLog } from '../../../src/testing/simulation/runtime/sometimes.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';

/** Turns that settled promises get: more than any chain of them in the store takes. */
const SETTLING_TURNS = 40;
/** Bound: steps of the clock for one promise. */
const STEPS_MAX = 10_000;

export class DiskStage {
  readonly clock = new VirtualClock();
  readonly sometimes = new SometimesLog();
  /** What was reported as being on disk for good, batch by batch. */
  readonly durable: (readonly DatabaseChange[])[] = [];
  readonly random: SeededRandom;
  readonly disk: SimulatedDisk;
  process = this.#life();

  constructor(seed: string | number) {
    this.random = new SeededRandom(seed);
    this.disk = new SimulatedDisk({
      clock: this.clock,
      random: this.random.fork('disk'),
      latencyMs: 1,
      durable: (changes) => this.durable.push(changes),
      settled: () => {},
      sometimes: this.sometimes,
    });
  }

  get files() {
    return simulatedFiles(this.disk, this.process);
  }

  get database() {
    return simulatedDatabase(this.disk, this.process, 'data/log');
  }

  get store(): LevelLogStore {
    const { disk, process, random } = this;
    return new LevelLogStore({
      directory: 'data',
      files: simulatedFiles(disk, process),
      database: (path) => simulatedDatabase(disk, process, path),
      randomWord: () => random.hexWord(),
    });
  }

  /** Ends this life and begins the next, on the same disk. */
  crash(kind: 'kill' | 'power'): void {
    this.process.kill();
    this.disk.crash(kind);
    this.process = this.#life();
  }

  /** Moves the clock until the promise is settled. */
  async settled<Result>(promise: Promise<Result>): Promise<Result> {
    let isOver = false;
    const over = (): void => {
      isOver = true;
    };
    promise.then(over, over);
    for (let count = 0; count < STEPS_MAX; count += 1) {
      await settle();
      if (isOver) return promise;
      if (!this.clock.step()) break;
    }
    throw new Error('nothing is under way that would settle this promise');
  }

  /** Lets so many events happen. */
  async steps(count: number): Promise<void> {
    await settle();
    for (let step = 0; step < count; step += 1) {
      this.clock.step();
      await settle();
    }
  }

  #life(): SimulatedProcess {
    return new SimulatedProcess({ name: 'n1', clock: this.clock });
  }
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await undefined;
}
