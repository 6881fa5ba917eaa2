/**
 * Writes a chart's configuration as JSON, the form that Stately's tools import. `createMachine` of it gives the
 * same states under the same ids. Functions, which JSON has no words for, are left by their name; in place of
 * the context's factory stands what it makes without input.
 */
import { type AnyStateMachine, initialTransition } from 'xstate';

export function writeJson(machine: AnyStateMachine): string {
  const [initial] = initialTransition(machine, undefined as never);
  const config = { ...machine.config, context: initial.context };
  return `${JSON.stringify(config, nameFunctions, 2)}\n`;
}

function nameFunctions(_key: string, value: unknown): unknown {
  return typeof value === 'function' ? { type: value.name } : value;
}
