/**
 * What one onlooker sees of the story: live or at one place of it, and whose chart. Everything that is drawn follows
 * from these signals.
 */
import { batch, computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import type { TransitionRecord } from '../../../src/ports/inspection.ts';
import { type ActorScene, EMPTY_SCENE, type Scene } from '../fold/scene.ts';
import type { PageRecord } from '../stream/page-record.ts';
import type { Source } from '../stream/source.ts';
import { Pacing } from './pacing.ts';
import type { PageClock } from './page-clock.ts';
import { type Moment, type Span, Story } from './story.ts';

/** What is on the page at one moment. */
interface Frame {
  readonly scene: Scene;
  /** The place of the scene in the story. */
  readonly place: number;
  /** The moment that is drawn, by the clock of the nodes. */
  readonly now: number;
  readonly isLive: boolean;
}

/** On the stage: the chart of one actor, and at which of its steps it is shown. */
interface Staged {
  readonly node: string | null;
  /** `null`: nothing is known of it. */
  readonly actor: ActorScene | null;
  /** `null`: it has not been seen to change. */
  readonly step: TransitionRecord | null;
}

/** The story as a whole; drawn anew less often. */
export interface Outline {
  readonly moments: readonly Moment[];
  readonly spans: readonly Span[];
  readonly first: number;
  readonly last: number;
  readonly startedAt: number;
  readonly endedAt: number;
}

/** How often the outline is drawn anew, in milliseconds. */
const OUTLINE_MS = 200;
/** How often what does not move is drawn anew, in milliseconds. */
const STEADY_MS = 100;

export class Session {
  readonly story: Story;
  /** For what moves. */
  readonly frame: Signal<Frame>;
  /** The same for all else, less often while it is live. */
  readonly steady: Signal<Frame>;
  readonly outline: Signal<Outline> = signal({
    ...{ moments: [], spans: [], first: 0, last: 0, startedAt: 0, endedAt: 0 },
  });
  /** Picked by hand; `null`: whoever changed role last, or the first node while none has. */
  readonly picked: Signal<string | null> = signal(null);
  readonly actor: Signal<string> = signal('raft');
  readonly node: ReadonlySignal<string | null> = computed(
    () => this.picked.value ?? protagonistOf(this.steady.value.scene),
  );
  /** Another one only when something of it is another. */
  readonly staged: Signal<Staged> = signal({ node: null, actor: null, step: null });
  readonly #pacing = new Pacing();
  /** Where it was paused; `null`: live. */
  #pausedAt: number | null = null;
  readonly #clock: PageClock;
  #steadiedAt = 0;
  #outlinedAt = 0;

  constructor(clock: PageClock, start: Scene = EMPTY_SCENE) {
    this.#clock = clock;
    this.story = new Story(start);
    const first = { scene: start, place: 0, now: 0, isLive: true };
    this.frame = signal(first);
    this.steady = signal(first);
  }

  /** Returns how to stop. */
  follow(source: Source): () => void {
    return source.subscribe((record) => this.hear(record));
  }

  hear(record: PageRecord): void {
    this.story.tell(record);
    this.#clock.heard(record.at);
  }

  /** Draws the present moment. */
  draw(): void {
    const isLive = this.#pausedAt === null;
    const place = this.#pausedAt ?? this.story.last;
    const scene = this.story.sceneAt(place);
    const now = isLive ? Math.max(scene.at, this.#clock.now()) : scene.at;
    const { value } = this.frame;
    if (isLive || value.isLive || value.place !== place) {
      this.#show({ scene, place, now, isLive });
    }
    this.#stage();
    this.#outline();
  }

  #show(frame: Frame): void {
    const time = performance.now();
    const isDue = time - this.#steadiedAt >= STEADY_MS;
    batch(() => {
      this.frame.value = frame;
      if (!isDue && frame.isLive && this.steady.value.isLive) return;
      this.#steadiedAt = time;
      this.steady.value = frame;
    });
  }

  pause(): void {
    this.#pausedAt ??= this.story.last;
    this.draw();
  }

  goLive(): void {
    this.#pausedAt = null;
    this.draw();
  }

  goTo(place: number): void {
    this.#pausedAt = Math.max(this.story.first, Math.min(this.story.last, place));
    this.draw();
  }

  /** One record back or forth. */
  step(by: 1 | -1): void {
    this.goTo((this.#pausedAt ?? this.story.last) + by);
  }

  /** To the moment before or after. */
  leap(by: 1 | -1): void {
    const here = this.#pausedAt ?? this.story.last;
    const { moments } = this.story;
    const next =
      by === 1
        ? moments.find(({ place }) => place > here)
        : moments.findLast(({ place }) => place < here);
    if (next !== undefined) this.goTo(next.place);
    else if (by === 1) this.goTo(this.story.last);
    else this.goTo(this.story.first);
  }

  pick(node: string | null, actor = 'raft'): void {
    batch(() => {
      this.picked.value = node;
      this.actor.value = actor;
      this.#stage();
    });
  }

  /** Live, one step after the other; wherever somebody has moved by hand, as it is there. */
  #stage(): void {
    const { scene, now, isLive } = this.frame.value;
    const node = this.node.value;
    const actors = node === null ? undefined : scene.nodes.get(node)?.actors;
    const actor = actors?.get(this.actor.value) ?? actors?.get('raft') ?? null;
    if (!isLive) this.#pacing.forget();
    const isPaced = isLive && node !== null && actor !== null;
    const step = isPaced
      ? this.#pacing.stepOf(node, actor, { now, time: performance.now() })
      : (actor?.steps.at(-1) ?? null);
    const { value } = this.staged;
    if (value.node === node && value.actor === actor && value.step === step) return;
    this.staged.value = { node, actor, step };
  }

  #outline(): void {
    const { story } = this;
    if (performance.now() - this.#outlinedAt < OUTLINE_MS) return;
    this.#outlinedAt = performance.now();
    const { first, last, moments, spans, startedAt } = story;
    if (this.outline.value.last === last) return;
    this.outline.value = { first, last, moments, spans, startedAt, endedAt: story.scene.at };
  }
}

function protagonistOf({ nodes, protagonist }: Scene): string | null {
  return protagonist ?? nodes.keys().next().value ?? null;
}
