/**
 * Decides what becomes an arrow and what a line of text inside a box, so that a picture shows the
 * protocol and not a hairball. Arrows: changes between states, and from "in every state", a box that holds the
 * rules of the whole chart. Lines: what acts and stays, and what a container does within itself.
 */
import type { ChartState, ChartTransition } from './walk.ts';
import { statesOf } from './walk.ts';
import { type Caption, captionOf } from './words.ts';

export interface Arrow {
  readonly from: string;
  readonly to: string;
  readonly caption: Caption;
}

export interface BoxLine {
  /** `when`: as soon as a condition is true. */
  readonly mark: 'entry' | 'exit' | 'runs' | 'on' | 'when';
  readonly caption: Caption;
  /** The name of a state inside, where a container's own rule leads; `again` if it leads to itself. */
  readonly target: string | null;
}

export interface Ignored {
  readonly where: string;
  readonly events: readonly string[];
}

export interface Plan {
  readonly root: ChartState;
  /** The id of the box "in every state"; it is drawn if it has lines or arrows. */
  readonly everywhere: string;
  readonly lines: ReadonlyMap<string, readonly BoxLine[]>;
  readonly arrows: readonly Arrow[];
  readonly ignored: readonly Ignored[];
}

export function planPicture(root: ChartState): Plan {
  const states = [...statesOf(root)];
  const byId = new Map(states.map((state) => [state.id, state]));
  const everywhere = `${root.id} in every state`;
  const lines = new Map<string, readonly BoxLine[]>();
  const arrows: Arrow[] = [];
  for (const state of states) {
    const groups = groupAlike(state.transitions);
    const from = state === root ? everywhere : state.id;
    const drawn = groups.filter((group) => isArrow(root, state, group[0]));
    const written = groups.filter((group) => !isArrow(root, state, group[0]));
    for (const group of drawn) {
      const to = group[0].target;
      if (to !== null) arrows.push({ from, to, caption: captionOf(group) });
    }
    lines.set(from, [...ownLines(state), ...written.map((group) => writtenLine(group, byId))]);
  }
  return { root, everywhere, lines, arrows, ignored: ignoredBy(root, states) };
}

type Group = readonly [ChartTransition, ...ChartTransition[]];

/** Transitions that differ only in their event are drawn as one. */
function groupAlike(transitions: readonly ChartTransition[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const transition of transitions) {
    const { trigger, ...rest } = transition;
    const likeness = JSON.stringify([trigger.kind, rest]);
    const before = groups.get(likeness);
    groups.set(likeness, before === undefined ? [transition] : [...before, transition]);
  }
  return [...groups.values()];
}

function isArrow(root: ChartState, state: ChartState, { target }: ChartTransition): boolean {
  if (target === null) return false;
  if (state === root) return target !== root.id;
  if (target === state.id) return state.states.length === 0;
  return !target.startsWith(`${state.id}.`);
}

function ownLines(state: ChartState): readonly BoxLine[] {
  const line = (mark: BoxLine['mark'], names: readonly string[]): BoxLine[] =>
    names.length === 0
      ? []
      : [{ mark, caption: { events: names, guard: '', action: '' }, target: null }];
  return [
    ...line('entry', state.entry),
    ...line('exit', state.exit),
    ...line('runs', state.invokes),
  ];
}

function writtenLine(group: Group, byId: ReadonlyMap<string, ChartState>): BoxLine {
  const { source, target } = group[0];
  const name = target === null ? null : (byId.get(target)?.key ?? target);
  const caption = captionOf(group);
  const mark = caption.events.length === 0 ? 'when' : 'on';
  return { mark, caption, target: target === source ? 'again' : name };
}

function ignoredBy(root: ChartState, states: readonly ChartState[]): readonly Ignored[] {
  return states
    .filter((state) => state.ignores.length > 0)
    .map((state) => ({ where: state === root ? '' : state.key, events: state.ignores }));
}
