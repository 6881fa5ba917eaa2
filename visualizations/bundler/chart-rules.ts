/**
 * Which rules each state and arrow of a chart is there for, with their § and their text: from the chart and from
 * `docs/SPEC.md`, for the page to say when somebody points there.
 */
import type { AnyStateMachine } from 'xstate';
import { readChart, statesOf } from '../generator/chart.ts';
import type { ChartRules } from '../page/words/chart-rules.ts';

export function chartRules(machine: AnyStateMachine, specification: string): ChartRules {
  const things = [...statesOf(readChart(machine))]
    .flatMap((state) => [state, ...state.transitions])
    .filter(({ rules }) => rules.length > 0);
  const named = new Set(things.flatMap(({ rules }) => rules));
  return {
    things: Object.fromEntries(things.map(({ id, rules }) => [id, rules.join(' ')])),
    rules: Object.fromEntries([...rulesIn(specification)].filter(([id]) => named.has(id))),
  };
}

/** `- **EL1** (§3.6.1) Of two logs …`. */
function* rulesIn(text: string): Generator<readonly [id: string, rule: readonly [string, string]]> {
  for (const [, id = '', section = '', rule = ''] of text.matchAll(RULE)) {
    yield [id, [section, rule]];
  }
}

const RULE = /^- \*\*([A-Z]+\d+)\*\* \(([^)]*)\) (.*)$/gm;
