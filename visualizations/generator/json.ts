/**
 * Writes a chart's configuration as JSON, the form that Stately's tools import. `createMachine` of it gives the
 * same states under the same ids. JSON has no words for functions: in place of a delay's name stands its length at
 * the start, since a name that nobody implements would be over at once; in place of the context's factory what it
 * makes without input; parameters and inputs are left out.
 */
import { type AnyStateMachine, initialTransition } from 'xstate';

export function writeJson(machine: AnyStateMachine): string {
  const [{ context }] = initialTransition(machine, undefined as never);
  const delays = delaysOf(machine);
  const write = (key: string, value: unknown): unknown => {
    if (typeof value === 'function') return undefined;
    if (key !== 'after' || typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, then]) => [delays.get(name) ?? name, then]),
    );
  };
  return `${JSON.stringify({ ...machine.config, context }, write, 2)}\n`;
}

/** How long each delay of the chart is at its start, in milliseconds. */
export function delaysOf(machine: AnyStateMachine): ReadonlyMap<string, number> {
  const [{ context }] = initialTransition(machine, undefined as never);
  const lengths = Object.entries(machine.implementations.delays).map(([name, delay]) => {
    const length: unknown =
      typeof delay === 'function' ? delay({ context } as never, {} as never) : delay;
    return [name, Number(length)] as const;
  });
  return new Map(lengths);
}
