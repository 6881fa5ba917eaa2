/** Where a step went from and to, as short as it can be said: of regions that stand beside each other, those that changed. */
import { innermost } from './picture-ids.ts';

export function stepStates(from: string, to: string): readonly [from: string, to: string] {
  const [before, after] = [innermost(from), innermost(to)];
  const left = before.filter((state) => !after.includes(state));
  const entered = after.filter((state) => !before.includes(state));
  return [inOne(left.length > 0 ? left : before), inOne(entered.length > 0 ? entered : after)];
}

/** Several are named by the state that holds them all. */
function inOne(states: readonly string[]): string {
  const [first = ''] = states;
  if (states.length < 2) return first;
  const names = first.split('.');
  const shared = names.filter((_, at) => {
    const start = `${names.slice(0, at + 1).join('.')}.`;
    return states.every((state) => `${state}.`.startsWith(start));
  });
  return shared.length > 0 ? shared.join('.') : states.join(' + ');
}
