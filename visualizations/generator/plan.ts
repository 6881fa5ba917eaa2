/**
 * Decides what becomes an arrow and what a line of text inside a box, so that a picture shows the
 * protocol and not a hairball. Arrows: changes between states, and from "in every state", a box that holds the
 * rules of the whole chart. Lines: what acts and stays, what begins a state again, and what a container does
 * within itself. Names stay as they are in the code: they are the vocabulary of the rules.
 */
import { type ChartState, type ChartTransition, statesOf, type Trigger } from './chart.ts';
import { TIE } from './text.ts';

/** What is written on an arrow or on a line inside a box; an empty part is left out. */
export interface Caption {
  /** `term.observed`, `after electionTimeout`; several that do the same; none for a condition alone. */
  readonly events: readonly string[];
  /** `[mayGrantVote]` or `[else]`. */
  readonly guard: string;
  /** `/ grantVote`. */
  readonly action: string;
}

export interface Arrow {
  /** Of every transition that it stands for. */
  readonly ids: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly caption: Caption;
}

export interface BoxLine {
  readonly ids: readonly string[];
  /** `when`: as soon as a condition is true; nothing before `after`. */
  readonly mark: 'entry' | 'exit' | 'runs' | 'on' | 'when' | '';
  readonly caption: Caption;
  /** The name of a state inside, where a container's own rule leads; `again` if it leads to itself. */
  readonly target: string | null;
}

export interface Plan {
  readonly root: ChartState;
  /** The id of the box "in every state"; it is drawn if it has lines or arrows. */
  readonly everywhere: string;
  readonly lines: ReadonlyMap<string, readonly BoxLine[]>;
  readonly arrows: readonly Arrow[];
  /** What is written below: the events that are ignored, and where. */
  readonly notes: readonly { readonly heading: string; readonly text: string }[];
}

export function planPicture(root: ChartState): Plan {
  const states = [...statesOf(root)];
  const everywhere = `${root.id}--everywhere`;
  const lines = new Map<string, readonly BoxLine[]>();
  const arrows: Arrow[] = [];
  for (const state of states) {
    const groups = groupAlike(state.transitions);
    const from = state === root ? everywhere : state.id;
    const written: BoxLine[] = [];
    for (const group of groups) {
      const to = arrowTarget(root, state, group[0]);
      if (to === null) written.push(writtenLine(group));
      else arrows.push({ ids: group.map(({ id }) => id), from, to, caption: captionOf(group) });
    }
    lines.set(from, [...ownLines(state), ...written]);
  }
  const notes = states
    .filter(({ ignores }) => ignores.length > 0)
    .map(({ key, ignores }, at) => ({
      heading:
        at === 0 && key === root.key ? 'ignored unless a state takes it:' : `ignored in ${key}:`,
      text: ignores.join(', '),
    }));
  return { root, everywhere, lines, arrows, notes };
}

type Group = readonly [ChartTransition, ...ChartTransition[]];

/** Transitions that differ only in their event are drawn as one. */
function groupAlike(transitions: readonly ChartTransition[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const transition of transitions) {
    const { trigger, id, ...rest } = transition;
    const likeness = JSON.stringify([trigger.kind, rest]);
    const before = groups.get(likeness);
    groups.set(likeness, before === undefined ? [transition] : [...before, transition]);
  }
  return [...groups.values()];
}

function arrowTarget(
  root: ChartState,
  state: ChartState,
  { target }: ChartTransition,
): string | null {
  const isWithin = target === root.id || target === state.id;
  return isWithin || (state !== root && target?.startsWith(`${state.id}.`) === true)
    ? null
    : target;
}

function ownLines(state: ChartState): readonly BoxLine[] {
  const line = (mark: BoxLine['mark'], names: readonly string[]): BoxLine[] =>
    names.length === 0
      ? []
      : [{ ids: [], mark, caption: { events: names, guard: '', action: '' }, target: null }];
  return [
    ...line('entry', state.entry),
    ...line('exit', state.exit),
    ...line('runs', state.invokes),
  ];
}

function writtenLine(group: Group): BoxLine {
  const { source, target } = group[0];
  const caption = captionOf(group);
  const name = target === source ? 'again' : (target?.split(/[./]/).at(-1) ?? null);
  const { kind } = group[0].trigger;
  const mark = kind === 'always' ? 'when' : kind === 'event' ? 'on' : '';
  return { ids: group.map(({ id }) => id), mark, caption, target: name };
}

/** One caption for transitions that differ in nothing but their event. */
export function captionOf([first, ...others]: Group): Caption {
  const words = [first, ...others].map(({ trigger }) => triggerWords(trigger));
  return {
    events: words.filter((event) => event !== ''),
    guard: guardWords(first),
    action: first.actions.length === 0 ? '' : `/${TIE}${first.actions.join(', ')}`,
  };
}

function guardWords({ guard, isElse, rank }: ChartTransition): string {
  const order = rank === null ? '' : `${rank}.${TIE}`;
  if (guard !== null) return `${order}[${guard}]`;
  return isElse ? `${order}[else]` : '';
}

function triggerWords({ kind, name }: Trigger): string {
  switch (kind) {
    case 'event':
    case 'always':
      return name;
    case 'after':
      return `after ${/^\d+$/.test(name) ? `${name} ms` : name}`;
    case 'done':
      return `${name} is done`;
    case 'error':
      return `${name} fails`;
    default:
      return kind satisfies never;
  }
}
