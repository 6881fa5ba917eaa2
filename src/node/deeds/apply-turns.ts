/** Committed entries to the state machine, as many as one batch may hold, in turns of the event loop (AP2). */
import type { Apply } from '../../core/effect.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import type { Index } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { Actors } from '../tree/actors.ts';
import { machineFailed } from '../tree/failures.ts';
import type { Timings } from '../view/timings.ts';
import type { Applying } from './applying.ts';
import type { LogReader } from './log-reader.ts';

interface ApplyTurnsOptions {
  readonly actors: Pick<Actors, 'tellApplier'>;
  readonly applying: Applying;
  readonly bytesMax: number;
  readonly clock: Pick<Clock, 'yield'>;
  readonly log: LogReader;
  readonly timings: Pick<Timings, 'applyBegins' | 'applyEnds'>;
  /** Hears after each turn how far the machine has come. */
  readonly applied: (lastApplied: Index) => void;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class ApplyTurns {
  readonly #options: ApplyTurnsOptions;
  /** A batch is with the state machine, which may take its time. */
  #isApplying = false;
  #between: (() => void)[] = [];

  constructor(options: ApplyTurnsOptions) {
    this.#options = options;
  }

  apply({ fromIndex: from, throughIndex: through }: Apply): void {
    const { actors, applying, bytesMax, log } = this.#options;
    log.read(
      { from, through, bytesMax },
      (runs) => this.#begin(runs),
      (runs) => {
        if (runs !== null) return this.#begin(runs);
        // The log begins behind them now, and the state is about to (IS3).
        actors.tellApplier({ type: 'apply.completed', throughIndex: applying.lastApplied });
      },
    );
  }

  /** SH2: at once, or after the turn that is under way. Bound: one of the snapshotter, and those that `SnapshotCalls` bounds. */
  betweenTurns(act: () => void): void {
    if (this.#isApplying) this.#between.push(act);
    else act();
  }

  #begin(runs: readonly EntryRun[]): void {
    const { applying, timings } = this.#options;
    timings.applyBegins();
    applying.take(runs);
    this.#takeTurn();
  }

  /** One slice now, the others in later turns of the event loop, none after a halt or a stop. */
  #takeTurn(): void {
    const { applying, run } = this.#options;
    if (!applying.hasMore) return;
    this.#isApplying = true;
    try {
      const applied = applying.slice();
      if (applied === undefined) return this.#done();
      applied.then(
        () => run(() => this.#done()),
        (error: unknown) => run(() => this.#failed(error)),
      );
    } catch (error) {
      this.#failed(error);
    }
  }

  #done(): void {
    const { actors, applied, applying, clock, timings } = this.#options;
    this.#isApplying = false;
    if (applying.hasMore) clock.yield(() => this.#takeTurn());
    else {
      timings.applyEnds();
      actors.tellApplier({ type: 'apply.completed', throughIndex: applying.lastApplied });
    }
    applied(applying.lastApplied);
    for (const act of this.#between.splice(0)) act();
  }

  #failed(error: unknown): void {
    this.#options.actors.tellApplier({ type: 'apply.failed', error: machineFailed(error) });
  }
}
