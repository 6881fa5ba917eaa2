/** Which groups of a picture are lit, for where an actor stands and how it came there. */
import type { TransitionRecord } from '../../../src/ports/inspection.ts';
import type { ActorScene } from '../fold/scene.ts';
import type { Lights } from './picture.ts';

/** Arrows behind the newest that stay marked. */
const TRAIL = 4;

/** `step`: the one that is shown; the actor may be further by now. */
export function lightsOf(actor: ActorScene, step: TransitionRecord | null): Lights {
  const isBehind = step !== null && step !== actor.steps.at(-1);
  const state = isBehind ? step.to : actor.state;
  const place = step === null ? -1 : actor.steps.indexOf(step);
  const before = actor.steps.slice(Math.max(0, place - TRAIL), Math.max(0, place));
  const again = actor.newest !== null && actor.stays > 0 && !isBehind ? actor.newest.arrow : null;
  return {
    lit: state.split(' ').map((path) => `${actor.chart}/${path}`),
    taken: step?.arrow ?? null,
    trail: before.map(({ arrow }) => arrow).reverse(),
    again,
  };
}
