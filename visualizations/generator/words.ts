/**
 * The words on a picture. Names of events, guards, actions and delays stay as they are in the code: they
 * are the vocabulary of the rules. Only the grammar around them is put in here.
 */
import { TIE } from './text.ts';
import type { ChartTransition, Trigger } from './walk.ts';

/** What is written on an arrow or on a line inside a box; an empty part is left out. */
export interface Caption {
  /** `term.observed`, `after electionTimeout`; several that do the same; none for a condition alone. */
  readonly events: readonly string[];
  /** `[mayGrantVote]` or `[else]`. */
  readonly guard: string;
  /** `/ grantVote`. */
  readonly action: string;
}

/** One caption for transitions that differ in nothing but their event. */
export function captionOf(transitions: readonly ChartTransition[]): Caption {
  const [first] = transitions;
  if (first === undefined) return { events: [], guard: '', action: '' };
  return {
    events: transitions.map(({ trigger }) => triggerWords(trigger)).filter((words) => words !== ''),
    guard: guardWords(first),
    action: actionWords(first.actions),
  };
}

function actionWords(actions: readonly string[]): string {
  return actions.length === 0 ? '' : `/${TIE}${actions.join(', ')}`;
}

function guardWords({ guard, isElse, rank }: ChartTransition): string {
  const order = rank === null ? '' : `${rank}.${TIE}`;
  if (guard !== null) return `${order}[${guard}]`;
  return isElse ? `${order}[else]` : '';
}

function triggerWords({ kind, name }: Trigger): string {
  switch (kind) {
    case 'event':
      return name;
    case 'after':
      return `after ${/^\d+$/.test(name) ? `${name} ms` : name}`;
    case 'always':
      return '';
    case 'done':
      return `${name} is done`;
    case 'error':
      return `${name} fails`;
    default:
      return unknownTrigger(kind);
  }
}

function unknownTrigger(kind: never): never {
  throw new TypeError(`a trigger of an unknown kind: ${String(kind)}`);
}
