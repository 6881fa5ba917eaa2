/** Where the charts of one node stand, and how they came there. */
import type { NodeView, TransitionRecord } from '../../../src/ports/inspection.ts';
import { STEPS_MAX } from './limits.ts';
import type { ActorScene } from './scene.ts';

type Actors = ReadonlyMap<string, ActorScene>;

export function actorsAfter(actors: Actors, record: TransitionRecord): Actors {
  const { actor, chart, from, to } = record;
  const before = actors.get(actor);
  const isStep = from !== to;
  const steps = before?.steps ?? [];
  return new Map(actors).set(actor, {
    actor,
    chart,
    state: to,
    steps: isStep ? [...steps, record].slice(-STEPS_MAX) : steps,
    newest: record,
    stays: isStep ? 0 : (before?.stays ?? 0) + 1,
  });
}

/** A view says who lives and where each stands; how it came there only its transitions tell. */
export function actorsIn(view: NodeView, known: Actors): Actors {
  return new Map(
    view.actors.map(({ actor, chart, state }) => {
      const before = known.get(actor);
      const steps = before?.steps ?? [];
      const { newest = null, stays = 0 } = before ?? {};
      return [actor, { actor, chart, state, steps, newest, stays }];
    }),
  );
}
