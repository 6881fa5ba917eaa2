/**
 * What the groups of a picture are called, taken apart: `raft/follower.loyal` is a state, `raft/follower.loyal--link.closed--0`
 * an arrow of it. `machines/arrow-ids.ts` makes these names; on the page they are read here and nowhere else.
 */
import { chartDrawnIn } from '../../../machines/arrow-ids.ts';

/** Where an actor stands, as its records say it: the paths of its innermost states, one for each region. */
export function innermost(state: string): readonly string[] {
  return state.split(' ');
}

/** Of the innermost states of an actor; `chart` is the stem of its picture. */
export function idsOfStates(chart: string, state: string): readonly string[] {
  return innermost(state).map((path) => `${chartDrawnIn(chart)}/${path}`);
}

export function isArrow(id: string): boolean {
  return id.includes(BEHIND_STATE);
}

/** Not the dot where a state begins, nor the box of all: those say nothing. */
export function isNamed(id: string): boolean {
  return id.includes('/') && !/--(?:start|everywhere)$/.test(id);
}

/** The state that an arrow begins at; a state itself. */
export function stateIn(id: string): string {
  return id.split(BEHIND_STATE, 1)[0] ?? '';
}

/** `follower.loyal`. */
export function pathIn(id: string): string {
  const state = stateIn(id);
  return state.slice(state.indexOf('/') + 1);
}

/** The states that hold this one, the outermost first. */
export function around(stateId: string): readonly string[] {
  return [...stateId.matchAll(/\./g)].map(({ index }) => stateId.slice(0, index));
}

const BEHIND_STATE = '--';
