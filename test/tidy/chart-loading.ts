/**
 * Opens a chart's file as a visualizer does: types blanked out, nothing in scope but the names of XState, then
 * evaluated. What fails here opens nowhere.
 */
import tsBlankSpace from 'ts-blank-space';
import type { AnyStateMachine } from 'xstate';
import * as xstate from 'xstate';
import { filesIn, type SourceFile, type SourceTree } from './source-tree.ts';

interface Opened {
  readonly file: SourceFile;
  readonly machines: readonly AnyStateMachine[];
  /** Sentences; none if the file opened and started. */
  readonly problems: readonly string[];
}

const opened = new WeakMap<SourceFile, Opened>();

/** Every chart's file, opened once, by the first who asks. */
export function openedCharts(tree: SourceTree): readonly Opened[] {
  const files = [...filesIn(tree, 'machines')].filter(({ path }) => path.endsWith('.machine.ts'));
  return files.map((file) => {
    const known = opened.get(file) ?? { file, ...openAlone(file.text) };
    opened.set(file, known);
    return known;
  });
}

/** What Stately's tools put into scope. */
const AVAILABLE = [
  'createMachine setup assign raise sendTo sendParent forwardTo cancel emit enqueueActions log stop stopChild',
  'spawnChild and or not stateIn fromPromise fromCallback fromObservable fromEventObservable fromTransition',
  'assertEvent matchesState',
].flatMap((names) => names.split(' '));

function openAlone(text: string): Omit<Opened, 'file'> {
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
  for (const machine of machines) {
    const [{ status, error }] = xstate.initialTransition(machine, undefined as never);
    if (status === 'error') problems.push(`does not start without input: ${String(error)}.`);
  }
  return { machines, problems };
}

function asScript(text: string, problems: string[]): string {
  const blanked = tsBlankSpace(text, (node) => {
    problems.push(`holds syntax that is not erasable, at offset ${node.pos}.`);
  });
  const imported = /import\s*\{([^}]*)\}\s*from\s*['"]xstate['"]\s*;?/g;
  const script = blanked
    .replace(imported, (_, names: string) => {
      const foreign = names.split(/[\s,]+/).filter((name) => name !== '' && !isAvailable(name));
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
  return AVAILABLE.includes(name);
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
