/**
 * Decides what becomes an arrow and what a line of text inside a box, so that a picture shows the
 * protocol and not a hairball. Arrows: changes between states, and from "in every state", a box that holds the
 * rules of the whole chart. Lines: what acts and stays, what begins a state again, and what a container does
 * within itself. Names stay as they are in the code: they are the vocabulary of the rules.
 */
import { triggerWords } from '../../machines/arrow-ids.ts';
import { type ChartState, type ChartTransition, PLAIN_STATE, statesOf } from './chart.ts';
import { type Span, TIE } from './text.ts';

export interface BoxLine {
  /** Of every transition that it stands for. */
  readonly ids: readonly string[];
  /** `term.observed`, `[isSo]`, `/ doThis`; at an arrow one below the other. */
  readonly words: readonly Span[];
}

export interface Arrow extends BoxLine {
  readonly from: string;
  readonly to: string;
}

export interface Plan {
  /** With the box "in every state" among its states, if it has anything to say. */
  readonly root: ChartState;
  readonly lines: ReadonlyMap<string, readonly BoxLine[]>;
  readonly arrows: readonly Arrow[];
  /** What is written below: the events that are ignored, and where. */
  readonly notes: readonly string[];
}

export function everywhereOf(root: ChartState): string {
  return `${root.id}--everywhere`;
}

export function planPicture(root: ChartState): Plan {
  const states = [...statesOf(root)];
  const lines = new Map<string, readonly BoxLine[]>();
  const arrows: Arrow[] = [];
  for (const state of states) {
    const from = state === root ? everywhereOf(root) : state.id;
    const written: BoxLine[] = [];
    for (const group of groupAlike(state.transitions)) {
      const ids = group.map(({ id }) => id);
      const to = arrowTarget(root, state, group[0]);
      if (to === null) written.push({ ids, words: lineOf(group) });
      else arrows.push({ ids, from, to, words: wordsOf(group) });
    }
    lines.set(from, [...ownLines(state), ...written]);
  }
  const notes = states
    .filter(({ ignores }) => ignores.length > 0)
    .map(
      (state) =>
        `ignored ${state === root ? 'unless a state takes it' : `in ${state.key}`}: ${state.ignores.join(', ')}`,
    );
  return { root: withEverywhere(root, lines, arrows), lines, arrows, notes };
}

function withEverywhere(
  root: ChartState,
  lines: Plan['lines'],
  arrows: readonly Arrow[],
): ChartState {
  const id = everywhereOf(root);
  const [key, description] = ['in every state', 'unless the state says otherwise'];
  const isNeeded = (lines.get(id) ?? []).length > 0 || arrows.some(({ from }) => from === id);
  const everywhere = { ...PLAIN_STATE, id, key, description, type: 'everywhere' };
  return isNeeded ? { ...root, states: [everywhere, ...root.states] } : root;
}

type Group = readonly [ChartTransition, ...ChartTransition[]];

/** Transitions that differ only in their event are drawn as one. */
function groupAlike(transitions: readonly ChartTransition[]): readonly Group[] {
  const groups = new Map<string, Group>();
  for (const transition of transitions) {
    const { trigger, id, rules, ...rest } = transition;
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

function ownLines({ entry, exit, invokes }: ChartState): readonly BoxLine[] {
  const line = (mark: string, sign: string, names: readonly string[]): BoxLine => ({
    ids: [],
    words: names.length === 0 ? [] : [span('mark', mark), span('action', sign + names.join(', '))],
  });
  const lines = [
    line('entry', `/${TIE}`, entry),
    line('exit', `/${TIE}`, exit),
    line('runs', '', invokes),
  ];
  return lines.filter(({ words }) => words.length > 0);
}

function lineOf(group: Group): readonly Span[] {
  const [{ source, target, trigger }] = group;
  const name = target === source ? 'again' : target?.split(/[./]/).at(-1);
  const mark = trigger.kind === 'always' ? 'when' : trigger.kind === 'event' ? 'on' : '';
  const lead = span('event', name === undefined ? '' : `→${TIE}${name}`);
  return [span('mark', mark), ...wordsOf(group), lead].filter(({ text }) => text !== '');
}

/** What one transition says, or several that differ in nothing but their event: events, condition, actions. */
export function wordsOf([first, ...others]: Group): readonly Span[] {
  const events = [first, ...others]
    .map(({ trigger }) => triggerWords(trigger))
    .filter((event) => event !== '');
  const words = [
    ...events.map((event, at) => span('event', at < events.length - 1 ? `${event},` : event)),
    span('guard', guardWords(first)),
    span('action', first.actions.length === 0 ? '' : `/${TIE}${first.actions.join(', ')}`),
  ];
  return words.filter(({ text }) => text !== '');
}

function span(style: Span['style'], text: string): Span {
  return { text, style };
}

function guardWords({ guard, isElse, rank }: ChartTransition): string {
  const order = rank === null ? '' : `${rank}.${TIE}`;
  if (guard !== null) return `${order}[${guard}]`;
  return isElse ? `${order}[else]` : '';
}
