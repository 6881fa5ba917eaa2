/**
 * Every chart as it is clicked through in a visualizer, without the code behind its names: a guard on an event is a
 * switch, one that stands only where no event is counts as true. Whoever clicks long enough stands in every state.
 */
import { expect, it } from 'vitest';
import {
  type AnyMachineSnapshot,
  type AnyStateMachine,
  type AnyStateNode,
  createMachine,
  initialTransition,
  transition,
} from 'xstate';
import { charts } from '../../machines/index.ts';

/** Charts with states that are passed through unseen; a chart leaves this list for good. */
const NOT_YET: readonly string[] = ['replication', 'readIndex'];

it.each(Object.values(charts))(
  '[SC28] whoever clicks through $id stands in every state',
  (chart) => {
    const unseen = statesNeverSeen(chart);
    if (NOT_YET.includes(chart.id)) expect(unseen, 'take it off the list').not.toEqual([]);
    else expect(unseen).toEqual([]);
  },
);

it('[SC28] a state that is left without an event is found out', () => {
  const door = (isHasty: boolean) =>
    createMachine({
      id: 'door',
      initial: 'shut',
      states: {
        shut: { on: { push: { guard: 'isWindy', target: 'open' }, pull: 'ajar' } },
        ajar: isHasty ? { always: { guard: 'isDraughty', target: 'open' } } : {},
        open: {},
      },
    } as never);
  expect(statesNeverSeen(door(true))).toEqual(['door.ajar']);
  expect(statesNeverSeen(door(false))).toEqual([]);
});

it('[SC28] a state behind a branch that comes too late is found out', () => {
  const states = { shut: { on: { push: ['open', 'wide'] } }, open: {}, wide: {} };
  const door = createMachine({ id: 'door', initial: 'shut', states } as never);
  expect(statesNeverSeen(door)).toEqual(['door.wide']);
});

function statesNeverSeen(chart: AnyStateMachine): readonly string[] {
  const nodes = nodesOf(chart.root);
  const events = [...new Set(nodes.flatMap((node) => [...node.transitions.keys()]))];
  const settings = settingsOf(nodes).map((guards) => chart.provide({ guards } as never));
  const seen = new Set<string>();
  const met = new Set<string>();
  const open: AnyMachineSnapshot[] = settings.map((each) => initialTransition(each)[0]);
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const place = JSON.stringify(from.value);
    if (met.has(place)) continue;
    met.add(place);
    for (const node of from._nodes) seen.add(node.id);
    for (const type of events) {
      for (const each of settings) open.push(transition(each, from, { type })[0]);
    }
  }
  return nodes.map(({ id }) => id).filter((id) => !seen.has(id));
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

/** Every way in which the switches can stand; what is no switch is true. */
function settingsOf(nodes: readonly AnyStateNode[]): readonly Record<string, () => boolean>[] {
  const onEvents = nodes.flatMap((node) => guardsOn([...node.transitions.values()].flat()));
  const switches = [...new Set(onEvents)];
  const others = nodes.flatMap((node) => guardsOn(node.always ?? []));
  const fixed = others.filter((name) => !switches.includes(name)).map((name) => [name, () => true]);
  return Array.from({ length: 2 ** switches.length }, (_, bits) => {
    const set = switches.map((name, at) => [name, () => ((bits >> at) & 1) === 1]);
    return Object.fromEntries([...fixed, ...set]);
  });
}

function guardsOn(arrows: readonly { readonly guard?: unknown }[]): readonly string[] {
  return arrows.flatMap(({ guard }) => {
    if (typeof guard === 'string') return [guard];
    const isNamed = typeof guard === 'object' && guard !== null && 'type' in guard;
    return isNamed ? [String(guard.type)] : [];
  });
}
