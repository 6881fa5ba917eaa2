/**
 * The simulator's disk for tests of the store: it does at once whatever it is asked for, until its process dies at a
 * chosen step. A loss of power leaves what was synced; of the rest, and of what is under way, chance decides.
 */
import type { DatabaseChange } from '../../src/storage/disk/database.ts';
import { type DiskContent, newStore } from '../../src/testing/simulation/disk/simulated-content.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { DiskInUse, LOG } from './disk-in-use.ts';

export class PromptDisk extends DiskInUse {
  /** The step before which the process dies; every operation is one. */
  crashAt = Number.POSITIVE_INFINITY;
  steps = 0;
  #die: () => void = () => {};
  died = this.#death();

  constructor(random = new SeededRandom(0), content: DiskContent = new Map()) {
    super(random, 0);
    this.disk.restore(content);
  }

  get isDead(): boolean {
    return this.steps >= this.crashAt;
  }

  /** For the next start, once this process is killed or the machine has lost its power: what no sync made durable may still go. */
  after(kind: 'kill' | 'power'): this {
    this.crash(kind);
    this.crashAt = Number.POSITIVE_INFINITY;
    this.steps = 0;
    this.died = this.#death();
    return this;
  }

  copy(): PromptDisk {
    return new PromptDisk(this.random.fork('copy'), this.disk.copy());
  }

  /** The same files beside a database that holds what these batches leave. */
  rewritten(batches: readonly (readonly DatabaseChange[])[]): PromptDisk {
    const log = newStore();
    for (const batch of batches) log.records.apply(batch, true);
    return new PromptDisk(this.random, new Map([...this.disk.copy(), [LOG, log]]));
  }

  /** What is put off comes after everything that a test does. */
  protected override take(step: () => void, delayMs: number): void {
    if (delayMs > 0) return;
    if (this.isDead) {
      this.#die();
      return;
    }
    this.steps += 1;
    queueMicrotask(step);
  }

  #death(): Promise<'died'> {
    return new Promise((resolve) => {
      this.#die = () => resolve('died');
    });
  }
}
