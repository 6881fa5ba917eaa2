/**
 * The life of a node: its charts run in one step loop, from the opening of its ports to the end of all its parts. The
 * node chart says when it begins and ends; what ends then stands here, part by part, in one step (FS1–FS3).
 */
import type { NodeEvent } from '../../../machines/node.machine.ts';
import type { Effect, Performed } from '../../core/effect.ts';
import type { EntryRun } from '../../core/entry-run.ts';
import { asRaftError } from '../../core/errors.ts';
import type { Clock } from '../../ports/clock.ts';
import { Actors, type ActorsOptions } from './actors.ts';
import { type End, halted, type Part, stopped } from './endings.ts';
import { storageFailed } from './failures.ts';
import { stepClock } from './step-clock.ts';
import { StepLoop } from './step-loop.ts';

type LifeOptions = Pick<
  ActorsOptions,
  'clock' | 'random' | 'limits' | 'diskStallMs' | 'snapshotThresholds' | 'instruments'
>;

/** Opens what the node stands on; what it resolves with is run as an input, and tells what the charts begin with. */
type Open = () => Promise<() => Beginning>;

type Beginning = Pick<Extract<NodeEvent, { type: 'recovered' }>, 'lastApplied' | 'state'>;

type Perform = (effect: Performed, received: readonly EntryRun[]) => void;

export class Life {
  readonly actors: Actors;
  /** The clock of all its parts: its timers are inputs of the loop. */
  readonly clock: Clock;
  readonly #loop: StepLoop<Performed>;
  #open: Open = () => Promise.reject(new Error('it has not begun'));
  #perform: Perform = () => {};
  #parts: Part[] = [];

  constructor(options: LifeOptions) {
    this.#loop = new StepLoop((effect, received) => this.#perform(effect, received), this.fail);
    this.clock = stepClock(options.clock, this.run);
    this.actors = new Actors({
      ...options,
      clock: this.clock,
      recover: (tell) => this.#recover(tell),
      emit: (effect) => this.#take(effect),
      failed: this.fail,
      stopped: () => this.#end(stopped()),
    });
  }

  /** Runs an input of the step loop; `received`: what came beside it. */
  readonly run = (input: () => void, received?: readonly EntryRun[]): void =>
    this.#loop.run(input, received);

  /**
   * Whatever breaks, the node halts, and its host process lives on. Never throws; the first one counts.
   * Safety: the loop ends first, and then what writes and speaks: from then on nothing leaves.
   */
  readonly fail = (cause: unknown): void => this.#end(halted(asRaftError(cause)));

  /** ST9: also of what nobody waited for. */
  readonly storeFailed = (failure: Error): void =>
    this.run(() => this.fail(storageFailed(failure)));

  begin(open: Open): void {
    this.#open = open;
    this.run(() => this.actors.start());
  }

  /** All parts, in the order in which they are to end, and who performs what the charts hand out. */
  consistsOf(parts: readonly Part[], perform: Perform = () => {}): void {
    this.#parts = [...parts];
    this.#perform = perform;
  }

  #recover(tell: (news: NodeEvent) => void): void {
    this.#open().then(
      (begin) => this.run(() => tell({ type: 'recovered', ...begin() })),
      (error: unknown) => this.run(() => tell({ type: 'failed', error })),
    );
  }

  /** FS1: a halt is no effect like others: what stands before it in the line is not performed any more. */
  #take(effect: Effect): void {
    if (effect.type === 'halted') this.fail(effect.error);
    else this.#loop.emit(effect);
  }

  /** FS3: no part keeps another from its end, and none ends twice. */
  #end(end: End): void {
    this.#loop.end();
    for (const part of this.#parts.splice(0)) {
      try {
        part.end(end);
      } catch {}
    }
  }
}
