/**
 * An election is over in a few milliseconds. So that one sees by which way a chart went, its steps are shown one after
 * the other, each for a moment; what is shown is behind what is, and catches up.
 */
import type { TransitionRecord } from '../../../src/ports/inspection.ts';
import type { ActorScene } from '../fold/scene.ts';

/** How long each step is shown while others wait, in milliseconds. */
const DWELL_MS = 420;
/** Whoever looks at a chart anew is shown what it did in so many milliseconds before. */
const REPLAYED_MS = 4_000;

interface Shown {
  readonly step: TransitionRecord | null;
  readonly since: number;
}

export class Pacing {
  readonly #shown = new Map<string, Shown>();

  /** The step to show of this actor; `null`: none, it has not been seen to change. */
  stepOf(
    node: string,
    actor: ActorScene,
    { now, time }: { now: number; time: number },
  ): TransitionRecord | null {
    const key = `${node} ${actor.actor}`;
    const shown = this.#shown.get(key);
    const waiting = waitingAfter(actor.steps, shown, now);
    const [next] = waiting;
    if (next === undefined) return actor.steps.at(-1) ?? null;
    if (shown?.step != null && time - shown.since < DWELL_MS) return shown.step;
    this.#shown.set(key, { step: next, since: time });
    return next;
  }

  /** Whoever moves in the story by hand sees each place as it is. */
  forget(): void {
    this.#shown.clear();
  }
}

function waitingAfter(
  steps: readonly TransitionRecord[],
  shown: Shown | undefined,
  now: number,
): readonly TransitionRecord[] {
  if (shown?.step != null) return steps.slice(steps.indexOf(shown.step) + 1);
  return steps.filter(({ at }) => now - at < REPLAYED_MS);
}
