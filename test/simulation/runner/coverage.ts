/**
 * Which ways through the charts were taken: every transition of every chart, and both answers of every guard. What
 * the charts have is read from the catalogue, what was taken is heard from running actors.
 */
import type { AnyStateMachine, AnyStateNode, InspectionEvent } from 'xstate';
import { charts } from '../../../machines/index.ts';
import type { NodeInstruments } from '../../../src/node/raft-node.ts';

interface Transition {
  readonly source: { readonly id: string };
  readonly eventType: string;
  readonly guard?: unknown;
  readonly target?: readonly { readonly id: string }[] | undefined;
}

export class Coverage {
  readonly #taken = new Set<string>();
  /** Transition objects that were named before: naming them costs more than looking. */
  readonly #known = new WeakMap<object, string>();

  readonly instruments: NodeInstruments = {
    inspect: (event) => this.#inspect(event as InspectionEvent),
    guardAsked: (chart, guard, outcome) => {
      this.#taken.add(guardName(chart, guard, outcome));
    },
  };

  get taken(): ReadonlySet<string> {
    return this.#taken;
  }

  #inspect(event: InspectionEvent): void {
    if (event.type !== '@xstate.microstep') return;
    for (const transition of event._transitions as unknown as readonly Transition[]) {
      const known = this.#known.get(transition);
      if (known !== undefined) continue;
      const name = transitionName(transition);
      this.#known.set(transition, name);
      this.#taken.add(name);
    }
  }
}

/** Everything that there is to cover, in the order of the catalogue. */
export function everyWay(): readonly string[] {
  return Object.values(charts).flatMap((chart) => [
    ...new Set(nodesOf(chart.root as AnyStateNode).flatMap(waysFrom)),
    ...guardsOf(chart as unknown as AnyStateMachine),
  ]);
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

function waysFrom(node: AnyStateNode): readonly string[] {
  const all = [...node.transitions.values()].flat().concat(node.always ?? []);
  return (all as unknown as readonly Transition[]).map(transitionName);
}

function guardsOf(chart: AnyStateMachine): readonly string[] {
  return Object.keys(chart.implementations.guards).flatMap((guard) => [
    guardName(chart.id, guard, true),
    guardName(chart.id, guard, false),
  ]);
}

function guardName(chart: string, guard: string, outcome: boolean): string {
  return `${chart} [${guard}] ${outcome ? 'holds' : 'does not hold'}`;
}

/** `raft.follower.loyal: entries.received → raft.follower.loyal`. */
function transitionName({ source, eventType, guard, target }: Transition): string {
  const event = eventType.startsWith('xstate.after.')
    ? `after ${eventType.split('.')[2]}`
    : eventType;
  const condition = guard === undefined || guard === null ? '' : ` [${guardType(guard)}]`;
  const targets = target?.map(({ id }) => id).join(', ') ?? '·';
  return `${source.id}: ${event || 'at once'}${condition} → ${targets}`;
}

function guardType(guard: unknown): string {
  if (typeof guard === 'string') return guard;
  return typeof guard === 'object' && guard !== null && 'type' in guard ? String(guard.type) : '?';
}
