/** Which groups of a picture are lit, for where an actor stands and how it came there. */
import type { TransitionRecord } from '../../../../src/ports/inspection.ts';
import type { ActorScene } from '../../fold/scene.ts';
import { idsOfStates } from '../../words/picture-ids.ts';
import type { Lights } from './picture.ts';

/** Arrows behind the newest that stay marked. */
const TRAIL = 4;

export function lightsOf(actor: ActorScene, step: TransitionRecord | null): Lights {
  const place = step === null ? -1 : actor.steps.indexOf(step);
  const before = actor.steps.slice(Math.max(0, place - TRAIL), Math.max(0, place));
  const again =
    actor.newest !== null && actor.stays > 0 && !isBehind(actor, step) ? actor.newest.arrow : null;
  return {
    lit: litStates(actor, step),
    taken: step?.arrow ?? null,
    trail: before.map(({ arrow }) => arrow).reverse(),
    again,
  };
}

/** The ids of the innermost states to show. `step`: the one that is shown; the actor may be further by now. */
export function litStates(actor: ActorScene, step: TransitionRecord | null): readonly string[] {
  const state = isBehind(actor, step) ? step.to : actor.state;
  return idsOfStates(actor.chart, state);
}

function isBehind(actor: ActorScene, step: TransitionRecord | null): step is TransitionRecord {
  return step !== null && step !== actor.steps.at(-1);
}
