/**
 * Opens a chart's file as a visualizer does: types blanked out, nothing in scope but the names of XState, then
 * evaluated. What fails here opens nowhere.
 */
import tsBlankSpace from 'ts-blank-space';
import type { AnyStateMachine } from 'xstate';
import * as xstate from 'xstate';

interface Opened {
  readonly machines: readonly AnyStateMachine[];
  /** Sentences; none if the file opened and started. */
  readonly problems: readonly string[];
}

/** What Stately's tools put into scope. */
const AVAILABLE: readonly string[] = [
  'createMachine',
  'setup',
  'assign',
  'raise',
  'sendTo',
  'sendParent',
  'forwardTo',
  'cancel',
  'emit',
  'enqueueActions',
  'log',
  'stop',
  'stopChild',
  'spawnChild',
  'and',
  'or',
  'not',
  'stateIn',
  'fromPromise',
  'fromCallback',
  'fromObservable',
  'fromEventObservable',
  'fromTransition',
  'assertEvent',
  'matchesState',
];

export function openAlone(text: string): Opened {
  const problems: string[] = [];
  const script = asScript(text, problems);
  if (problems.length > 0) return { machines: [], problems };
  const machines: AnyStateMachine[] = [];
  const scope = scopeThatKeeps(machines);
  try {
    new Function(...Object.keys(scope), script)(...Object.values(scope));
  } catch (error) {
    problems.push(`does not evaluate alone: ${String(error)}.`);
  }
  if (problems.length === 0 && machines.length !== 1) {
    problems.push(`holds ${machines.length} charts that a visualizer finds; it has to be one.`);
  }
  for (const machine of machines) problems.push(...startProblems(machine));
  return { machines, problems };
}

function asScript(text: string, problems: string[]): string {
  const blanked = tsBlankSpace(text, (node) => {
    problems.push(`holds syntax that is not erasable, at offset ${node.pos}.`);
  });
  const imported = /import\s*\{([^}]*)\}\s*from\s*['"]xstate['"]\s*;?/g;
  const script = blanked
    .replace(imported, (_, names: string) => {
      const foreign = names
        .split(',')
        .map((name) => name.trim())
        .filter((name) => !isAvailable(name));
      problems.push(...foreign.map((name) => `imports ${name}, which no visualizer provides.`));
      return '';
    })
    .replace(/^\s*export\s+(?=(?:const|function|class)\b)/gm, '');
  const [left] = /^\s*(?:import|export)\b.*$/m.exec(script) ?? [];
  if (left !== undefined)
    problems.push(`imports or exports more than a visualizer can: ${left.trim()}`);
  return script;
}

function isAvailable(name: string): boolean {
  return name === '' || AVAILABLE.includes(name);
}

function scopeThatKeeps(machines: AnyStateMachine[]): Record<string, unknown> {
  const keep = (machine: unknown): unknown => {
    if (machine instanceof xstate.StateMachine) machines.push(machine);
    return machine;
  };
  const setup = (options: Parameters<typeof xstate.setup>[0]) => {
    const made = xstate.setup(options);
    return { createMachine: (config: never) => keep(made.createMachine(config)) };
  };
  const createMachine = (config: never) => keep(xstate.createMachine(config));
  const names = Object.entries(xstate).filter(([name]) => isAvailable(name));
  return { ...Object.fromEntries(names), setup, createMachine };
}

function startProblems(machine: AnyStateMachine): readonly string[] {
  const [snapshot] = xstate.initialTransition(machine, undefined as never);
  return snapshot.status === 'error'
    ? [`does not start without input: ${String(snapshot.error)}.`]
    : [];
}
