/**
 * Linearizability by its definition: goes through every order of all the operations of all keys that keeps to
 * real time, with every choice of unknown ones. Nothing is remembered, nothing is taken apart.
 */
import type { SmallMachine, SmallOperation } from './small-machines.ts';

export function someOrderExplains(
  machine: SmallMachine,
  history: readonly SmallOperation[],
  state = 0,
  placed = 0,
): boolean {
  let isDone = true;
  for (let at = 0; at < history.length; at += 1) {
    const operation = history[at];
    if (operation === undefined || (placed & (1 << at)) !== 0) continue;
    if (operation.answer !== null) isDone = false;
    if (isTooEarly(history, placed, operation)) continue;
    if (operation.answer !== null && machine.answer(state, operation) !== operation.answer)
      continue;
    if (someOrderExplains(machine, history, machine.next(state, operation), placed | (1 << at))) {
      return true;
    }
  }
  return isDone;
}

/** Another operation is still to be placed that had returned before this one was called. */
function isTooEarly(
  history: readonly SmallOperation[],
  placed: number,
  { calledAt }: SmallOperation,
): boolean {
  for (let at = 0; at < history.length; at += 1) {
    const other = history[at];
    if (other === undefined || (placed & (1 << at)) !== 0 || other.answer === null) continue;
    if (other.returnedAt < calledAt) return true;
  }
  return false;
}
