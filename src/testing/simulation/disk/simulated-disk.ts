/**
 * The disk of one simulated node: files and a database for the production log store, with the time that they
 * take and the ways in which they fail. A killed process leaves what the operating system had; a power
 * loss leaves what was synced and chance pieces of the rest. What is in flight at that moment may have been done
 * or not. Faults are switched on from outside; the disk itself decides nothing.
 */
import type { Clock } from '../../../ports/clock.ts';
import type { DatabaseChange } from '../../../storage/disk/database.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { Sometimes, SometimesLog } from '../runtime/sometimes.ts';
import { type DiskContent, SimulatedContent } from './simulated-content.ts';

interface SimulatedDiskOptions {
  readonly clock: Pick<Clock, 'now' | 'setTimeout'>;
  readonly random: SeededRandom;
  /** What one operation takes on average, in milliseconds. */
  readonly latencyMs: number;
  /** Told of each batch of the database when it is on disk for good. */
  readonly durable: (changes: readonly DatabaseChange[]) => void;
  /** Called when promises have been settled: whoever awaits them has work to do. */
  readonly settled: () => void;
  readonly sometimes: SometimesLog;
}

/** What is wrong with a disk at the moment; mutable, set by the faults. */
export interface DiskTrouble {
  /** No operation completes before this simulated time, in milliseconds. */
  stalledUntilMs: number;
  /** The next write of the database fails; `maybe`: it is there all the same. */
  failNextWrite: 'no' | 'absent' | 'maybe';
  /** The next read of the database fails. */
  failNextRead: boolean;
  isFull: boolean;
  /** Answers that a write is on disk before it is: a lie that nothing survives, for canaries. */
  liesAboutSync: boolean;
}

interface DiskOperation {
  readonly perform: () => void;
  /** What is left if the process ends in the middle. */
  readonly interrupt: () => void;
  isOver: boolean;
}

export class SimulatedDisk {
  readonly trouble: DiskTrouble = {
    stalledUntilMs: 0,
    failNextWrite: 'no',
    failNextRead: false,
    isFull: false,
    liesAboutSync: false,
  };
  readonly random: SeededRandom;
  readonly #options: SimulatedDiskOptions;
  #content = new SimulatedContent();
  #underWay: DiskOperation[] = [];
  /** What the next operation takes on average, in milliseconds. */
  latencyMs: () => number;

  constructor(options: SimulatedDiskOptions) {
    this.#options = options;
    this.random = options.random;
    this.latencyMs = () => options.latencyMs;
  }

  nowMs(): number {
    return this.#options.clock.now();
  }
  get content(): SimulatedContent {
    return this.#content;
  }

  /** The process has ended; `power`: so has the machine. */
  crash(kind: 'kill' | 'power'): void {
    const interrupted = this.#underWay;
    this.#underWay = [];
    for (const operation of interrupted) {
      operation.isOver = true;
      operation.interrupt();
    }
    if (kind === 'power') this.#content.losePower(this.random);
    this.#content.unlock();
  }

  /** Everything there is, for a later `restore`. Only while no process uses the disk. */
  copy(): DiskContent {
    return this.#content.copy();
  }

  restore(copy: DiskContent): void {
    this.#content = new SimulatedContent(copy);
  }

  // What `simulatedFiles` and `simulatedDatabase` call.

  noteSometimes(what: Sometimes): void {
    this.#options.sometimes.note(what);
  }

  noteDurable(changes: readonly DatabaseChange[]): void {
    this.#options.durable(changes);
  }

  /**
   * `perform` takes effect after a while, and then the process, if it still lives, hears of it. What a process had yet to
   * do when it ended, a continuation of a promise that was settled just before, asks for nothing any more.
   */
  operate(
    process: SimulatedProcess,
    steps: {
      readonly perform: () => void;
      readonly interrupt: () => void;
      readonly completed: () => void;
    },
  ): void {
    if (!process.isAlive) return;
    const operation: DiskOperation = { ...steps, isOver: false };
    this.#underWay.push(operation);
    this.#options.clock.setTimeout(() => {
      if (operation.isOver) return;
      operation.isOver = true;
      this.#underWay = this.#underWay.filter((other) => other !== operation);
      operation.perform();
      process.run('input', steps.completed);
      this.#options.settled();
    }, this.#delayMs());
  }

  /** As `operate`, for ports that return a promise. What `perform` throws is its rejection. */
  promise<Result>(
    process: SimulatedProcess,
    perform: () => Result,
    interrupt: () => void = () => {},
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      let settle = (): void => {};
      const attempt = (): void => {
        try {
          const result = perform();
          settle = () => resolve(result);
        } catch (error) {
          settle = () => reject(error);
        }
      };
      this.operate(process, { perform: attempt, interrupt, completed: () => settle() });
    });
  }

  /** As a timer of the machine, not of the process: it fires whether or not the process lives. */
  later(delayMs: number, run: () => void): void {
    this.#options.clock.setTimeout(run, delayMs);
  }

  #delayMs(): number {
    const latencyMs = this.latencyMs();
    const stall = Math.max(0, this.trouble.stalledUntilMs - this.#options.clock.now());
    return stall + latencyMs / 2 + this.random.exponential(latencyMs / 2);
  }
}

/** The operating system's complaint when no space is left. */
export function noSpace(): Error {
  return new Error('IO error: No space left on device');
}

/** The operating system's complaint when the device does not answer as it should. */
export function inputOutputError(): Error {
  return new Error('IO error: Input/output error');
}
