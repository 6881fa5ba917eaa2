/** What is done, for ever, to the members outside of the core of a liveness run. */
import type { NodeId } from '../../../core/types.ts';
import { type Direction, directionsOf } from '../plan/directions.ts';
import type { World } from '../world/world.ts';
import type { FaultInjector } from './fault-injector.ts';

type Fate = 'dead' | 'silent' | 'deaf' | 'mute' | 'lossy' | 'well';
const FATES: readonly Fate[] = ['dead', 'silent', 'deaf', 'mute', 'lossy', 'well'];

export function isolateOutsiders(world: World, injector: FaultInjector): void {
  const { members, core } = world.plan;
  const outsiders = members.filter((id) => !core.includes(id));
  for (const id of outsiders) {
    const fate = world.random.fork(`outsider ${id}`).pick(FATES);
    world.note(id, `from now on: ${fate}`);
    condemn(world, injector, { id, fate });
  }
}

function condemn(
  world: World,
  injector: FaultInjector,
  { id, fate }: { readonly id: NodeId; readonly fate: Fate },
): void {
  const time = { atMs: world.now, forMs: Number.MAX_SAFE_INTEGER };
  const all = directionsOf(world.plan.members);
  const to = all.filter((direction) => direction.to === id);
  const from = all.filter((direction) => direction.from === id);
  const cut = (cuts: readonly Direction[]): void =>
    injector.beginForEver({ ...time, type: 'partition', shape: 'random', cuts, isHard: false });
  switch (fate) {
    case 'dead':
      return injector.beginForEver({ ...time, type: 'crash', node: id, power: true });
    case 'silent':
      return cut([...to, ...from]);
    case 'deaf':
      return cut(to);
    case 'mute':
      return cut(from);
    case 'lossy': {
      const rates = { lossRate: 0.05, duplicateRate: 0.1, reorderRate: 0.1, replayRate: 0.1 };
      const disorder = { ...rates, breakRate: 0.002 };
      return injector.beginForEver({
        ...time,
        type: 'disorder',
        directions: [...to, ...from],
        disorder,
      });
    }
    case 'well':
      return;
  }
}
