/**
 * Runs the founding chart: tells what it hears, writes what it wants written, and says nothing that is not on disk (FO1); once it
 * has founded it tells those others who have not heard of it (FO10). How others are found and reached its ports know.
 */
import { type ActorRefFrom, createActor } from 'xstate';
import { founding } from '../../../machines/bindings/founding.ts';
import type {
  FoundingContext,
  FoundingEvent,
  foundingMachine,
} from '../../../machines/founding.machine.ts';
import { type GuardWatch, withGuardWatch } from '../../../machines/guard-watch.ts';
import { withOutlet } from '../../../machines/outlet.ts';
import type { FoundingEffect } from '../../core/effect.ts';
import type { FoundingState, FoundingWord, Proposal } from '../../core/founding.ts';
import type { Clock } from '../../ports/clock.ts';
import { checkHeard } from '../../rules/founding-progress.ts';

interface FoundingPorts {
  readonly clock: Clock;
  /** Resolves once it is on disk. */
  readonly store: (state: FoundingState) => Promise<void>;
  /** Tells the others what this node says; what each answers is told by `hear` or `meet`. */
  readonly ask: (word: FoundingWord) => void;
}

interface FoundingOptions extends FoundingPorts {
  /** Of this directory, with what is on disk. */
  readonly own: FoundingWord;
  readonly inspect?: (event: object) => void;
  readonly guardAsked?: GuardWatch;
}

interface FoundingReport {
  readonly state: string;
  /** How often it has asked. */
  readonly asked: number;
  readonly words: readonly FoundingWord[];
}

/** `null`: there is a cluster without this node, which it may join. */
type Outcome = Proposal | null;

export class Founding {
  readonly #actor: ActorRefFrom<typeof foundingMachine>;
  readonly #ports: FoundingPorts;
  #fail: (error: unknown) => void = () => {};
  /** Resolves while it goes on telling of a foundation. Rejects if the disk fails, or what is heard contradicts what this node has promised. */
  readonly ended: Promise<Outcome>;

  constructor({ guardAsked, inspect, own, ...ports }: FoundingOptions) {
    this.#ports = ports;
    const led = withOutlet(withGuardWatch(founding, guardAsked), (effect, { context }) =>
      this.#perform(effect, context),
    );
    this.#actor = createActor(led, {
      input: { own },
      clock: ports.clock,
      ...(inspect === undefined ? {} : { inspect }),
    });
    this.ended = new Promise((resolve, reject) => {
      this.#fail = reject;
      this.#actor.subscribe({
        error: reject,
        next: ({ context: { error, own: last }, status, value }) => {
          if (error !== null) reject(error);
          else if (value === 'founded') resolve(last.state.foundation);
          else if (status === 'done') resolve(null);
        },
      });
    });
    this.#actor.start();
  }

  /** What may be said: it is on disk. */
  get word(): FoundingWord {
    return this.#actor.getSnapshot().context.own;
  }

  /** The state of the chart, and whom it has heard of lately. */
  get progress(): FoundingReport {
    const { context, value } = this.#actor.getSnapshot();
    const { asked, heard } = context;
    return { state: String(value), asked, words: heard.map(({ word }) => word) };
  }

  hear(word: FoundingWord): void {
    if (!this.#isActive || word.self.id === this.word.self.id) return;
    try {
      checkHeard(this.#actor.getSnapshot().context, word);
    } catch (error) {
      this.#actor.stop();
      return this.#fail(error);
    }
    this.#actor.send({ type: 'word.heard', word });
  }

  /** A member of a cluster that runs was asked. */
  meet(clusterId: string): void {
    if (this.#isActive) this.#actor.send({ type: 'cluster.met', clusterId });
  }

  /** Nothing is asked or written after it; `ended` stays open. */
  stop(): void {
    this.#actor.stop();
  }

  get #isActive(): boolean {
    return this.#actor.getSnapshot().status === 'active';
  }

  #perform(effect: FoundingEffect, { own }: FoundingContext): void {
    if (effect.type === 'askFounders') return this.#ports.ask(own);
    const { state } = effect;
    this.#ports.store(state).then(
      () => this.#tell({ type: 'founding.stored', state }),
      (error: unknown) => this.#tell({ type: 'founding.unstored', error }),
    );
  }

  #tell(event: FoundingEvent): void {
    if (this.#isActive) this.#actor.send(event);
  }
}
