/** For the tests of the simulated disk itself: time passes when a promise needs it. */
import { simulatedFiles } from '../../../src/testing/simulation/disk/simulated-files.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { DiskInUse } from '../../storage/disk-in-use.ts';

/** Turns that settled promises get: more than any chain of them in the store takes. */
const SETTLING_TURNS = 40;
/** Bound: steps of the clock for one promise. */
const STEPS_MAX = 10_000;

export class DiskStage extends DiskInUse {
  constructor(seed: string | number) {
    super(new SeededRandom(seed), 1);
  }

  get files() {
    return simulatedFiles(this.disk, this.process);
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
}

async function settle(): Promise<void> {
  for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await undefined;
}
