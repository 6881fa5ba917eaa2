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

it.each(Object.values(charts))('[SC28] whoever clicks through $id stands in every state', (chart) =>
  expect(statesNeverSeen(chart)).toEqual([]),
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

it('[SC28] a state is seen behind a way that is open only while another is shut', () => {
  const push = [
    { guard: 'isWindy', target: 'open' },
    { guard: 'isCalm', target: 'ajar' },
  ];
  const states = { shut: { on: { push } }, open: { on: { pull: 'shut' } }, ajar: {} };
  const door = createMachine({ id: 'door', initial: 'shut', states } as never);
  expect(statesNeverSeen(door)).toEqual([]);
});

it('[SC28] a state behind a branch that comes too late is found out', () => {
  const states = { shut: { on: { push: ['open', 'wide'] } }, open: {}, wide: {} };
  const door = createMachine({ id: 'door', initial: 'shut', states } as never);
  expect(statesNeverSeen(door)).toEqual(['door.wide']);
});

function statesNeverSeen(chart: AnyStateMachine): readonly string[] {
  const nodes = nodesOf(chart.root);
  const events = [...new Set(nodes.flatMap((node) => [...node.transitions.keys()]))];
  const clicks = events.flatMap((type) =>
    settingsOf(nodes, type).map((guards) => ({ type, set: chart.provide({ guards } as never) })),
  );
  const seen = new Set<string>();
  const met = new Set<string>();
  const open: AnyMachineSnapshot[] = clicks.map(({ set }) => initialTransition(set)[0]);
  for (let from = open.pop(); from !== undefined; from = open.pop()) {
    const place = JSON.stringify(from.value);
    if (met.has(place)) continue;
    met.add(place);
    for (const node of from._nodes) seen.add(node.id);
    // A snapshot asks the guards of the chart that made it: each chart makes its own.
    for (const { type, set } of clicks) {
      open.push(transition(set, set.resolveState(from), { type })[0]);
    }
  }
  return nodes.map(({ id }) => id).filter((id) => !seen.has(id));
}

function nodesOf(node: AnyStateNode): readonly AnyStateNode[] {
  return [node, ...Object.values(node.states).flatMap((child) => nodesOf(child))];
}

/** Every way in which the switches of one event can stand; what is no switch is true. */
function settingsOf(
  nodes: readonly AnyStateNode[],
  type: string,
): readonly Record<string, () => boolean>[] {
  const switches = [
    ...new Set(nodes.flatMap((node) => guardsOn(node.transitions.get(type) ?? []))),
  ];
  const others = nodes.flatMap((node) => guardsOn(node.always ?? []));
  const fixed = others.map((name) => [name, () => true]);
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
