/**
 * Lets programs and people watch a node from inside. While nobody does, nothing here is called and nothing is counted: the
 * charts are asked to report, and messages make a detour, from the first watcher to the last. A fault in here, or in a
 * watcher, never is one of the node.
 */
import { RaftError } from '../../../core/errors.ts';
import type { Clock } from '../../../ports/clock.ts';
import type { InspectionObserver, NodeView } from '../../../ports/inspection.ts';
import { VIEW_INTERVAL_MS, WATCHERS_MAX } from '../../limits.ts';
import type { MessageWatch, Peers } from '../../peers/peers.ts';
import type { Actors } from '../../tree/actors.ts';
import { ActorWatch, type TakenStep } from './actor-watch.ts';
import { messageFacts } from './message-facts.ts';
import { RecordStream } from './record-stream.ts';
import { TellingBounds } from './telling-bounds.ts';

interface InspectorOptions {
  readonly id: string;
  readonly clock: Clock;
  readonly actors: Actors;
  readonly peers: Peers;
  readonly view: (watched: Pick<NodeView, 'actors' | 'timers'>) => NodeView;
}

export class Inspector {
  readonly #options: InspectorOptions;
  readonly #stream: RecordStream;
  readonly #bornMs: number;
  #watch: ActorWatch | null = null;
  #detach: () => void = () => {};
  /** Until the next view; `null`: nothing has happened since the last one. */
  #viewTimer: unknown = null;
  #hasEnded = false;
  readonly #bounds = new TellingBounds();

  constructor(options: InspectorOptions) {
    const { clock, id: node } = options;
    this.#options = options;
    this.#bornMs = clock.now();
    this.#stream = new RecordStream({
      node,
      wallTimeMs: () => clock.wallTimeMs(),
      defer: (call) => clock.defer(call),
    });
  }

  /**
   * `after`: the number of the last record that the observer has had before. The first that it hears is a view, behind what it
   * has missed. Returns how to stop watching.
   */
  add(observer: InspectionObserver, after: number | null): () => void {
    if (this.#stream.watchers >= WATCHERS_MAX) {
      const text = `${WATCHERS_MAX} watch this node already: ask again when one of them has gone.`;
      throw new RaftError('RAFT_OVERLOADED', text);
    }
    if (this.#stream.watchers === 0) this.#attach();
    const remove = this.#stream.add(observer, after);
    this.#safely(() => this.#tellView());
    return () => {
      remove();
      if (this.#stream.watchers === 0) this.#leave();
    };
  }

  /** For whoever leads its clock by hand, and may let it stand for ever: what happened since the last view is shown now. */
  tellDueView(): void {
    if (this.#viewTimer === null) return;
    this.#options.clock.clearTimeout(this.#viewTimer);
    this.#viewTimer = null;
    this.#safely(() => this.#tellInterval());
  }

  /** Its last word to those who watch: how it ended. */
  end(): void {
    if (this.#watch === null) return;
    this.#safely(() => this.#tellView());
    this.#detach();
    this.#hasEnded = true;
  }

  #attach(): void {
    const { actors, clock, peers } = this.#options;
    const watch = new ActorWatch({
      root: actors.root,
      clock,
      bornMs: this.#bornMs,
      taken: (step) => this.#taken(step),
      safely: (act) => this.#safely(act),
    });
    watch.hearAll();
    peers.watch(this.#messageWatch());
    this.#watch = watch;
    this.#detach = () => {
      watch.stop();
      peers.watch(null);
    };
  }

  #leave(): void {
    if (this.#watch === null) return;
    this.#watch = null;
    this.#detach();
    this.#stream.rest();
  }

  #messageWatch(): MessageWatch {
    const { id } = this.#options;
    return {
      sent: (peer, message, runs) =>
        this.#safely(() => {
          if (!this.#isQuietTold()) return;
          const facts = messageFacts({ from: id, to: peer }, message, runs);
          this.#stream.tell({ type: 'sent', peer, ...facts });
        }),
      received: (peer, message, runs) =>
        this.#safely(() => {
          if (!this.#isQuietTold()) return;
          const facts = messageFacts({ from: peer, to: id }, message, runs);
          this.#stream.tell({ type: 'received', peer, ...facts });
        }),
    };
  }

  #taken(step: TakenStep): void {
    const isTold = step.isQuiet ? this.#isQuietTold() : this.#isChangeTold(step);
    if (isTold) this.#stream.tell(step.describe());
  }

  #isQuietTold(): boolean {
    this.#scheduleView();
    return this.#bounds.hasRoomForQuiet() || this.#left();
  }

  #isChangeTold(step: TakenStep): boolean {
    this.#scheduleView();
    if (this.#bounds.hasRoomFor(step)) return true;
    // Not before the step that is reported has ended: it may be part of another one, of a chart that is heard on.
    if (this.#bounds.leaveOut(step.chart)) {
      this.#options.clock.defer(() => this.#safely(() => this.#rest()));
    }
    return this.#left();
  }

  #left(): false {
    this.#stream.count();
    return false;
  }

  /** For some views, charts that change all the time are not heard, nor messages: all that counts as one record. */
  #rest(): void {
    if (this.#watch === null || this.#hasEnded) return;
    this.#watch.leaveOut(this.#bounds.leftOut);
    this.#options.peers.watch(null);
    this.#stream.count();
  }

  #scheduleView(): void {
    this.#viewTimer ??= this.#options.clock.setTimeout(() => {
      this.#viewTimer = null;
      this.#safely(() => this.#tellInterval());
    }, VIEW_INTERVAL_MS);
  }

  #tellInterval(): void {
    const isHeardAgain = this.#bounds.renew();
    if (this.#watch === null || this.#hasEnded) return;
    if (isHeardAgain) {
      this.#watch.hearAll();
      this.#options.peers.watch(this.#messageWatch());
    }
    this.#tellView();
    // It may be all that is left out, so that nothing else would bring the next view about.
    if (this.#bounds.leftOut.size > 0) this.#scheduleView();
  }

  #tellView(): void {
    const { actors = [], timers = [] } = this.#watch ?? {};
    this.#stream.tell({ type: 'view', view: this.#options.view({ actors, timers }) });
  }

  /** What cannot be told is missing, and who watches sees that; the step that it is of goes on. */
  #safely(act: () => void): void {
    try {
      act();
    } catch {
      this.#stream.count();
    }
  }
}
