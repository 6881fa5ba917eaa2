/**
 * Lets someone hear what every guard of a chart says, so that it can be told which ways were never taken. The
 * chart is otherwise the same.
 */
import type { AnyStateMachine } from 'xstate';

/** `outcome`: whether the transition behind the guard may be taken. */
export type GuardWatch = (chart: string, guard: string, outcome: boolean) => void;

type Guard = (...asked: readonly unknown[]) => boolean;

export function withGuardWatch<Chart extends AnyStateMachine>(
  chart: Chart,
  watch: GuardWatch | undefined,
): Chart {
  if (watch === undefined) return chart;
  const bound = Object.entries(chart.implementations.guards as Record<string, Guard>);
  const guards = bound.map(([name, guard]): [string, Guard] => [
    name,
    (...asked) => {
      const outcome = guard(...asked);
      watch(chart.id, name, outcome);
      return outcome;
    },
  ]);
  return chart.provide({ guards: Object.fromEntries(guards) } as object) as Chart;
}
