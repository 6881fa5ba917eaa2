/**
 * A state machine in a few lines: an initial state, commands that change it, queries that read it. Commands
 * and queries are plain functions; `propose` and `query` take their types from them, without generated code.
 */
import { checkOptionNames } from '../core/known-names.ts';
import { callTable, requireImmediate } from './call-table.ts';
import { DefinedReplica } from './defined-replica.ts';
import type {
  AtOnce,
  Command,
  Machine,
  MachineDefinition,
  Query,
  SnapshotFunctions,
} from './machine.ts';
import { versionsOf } from './machine-versions.ts';

/**
 * Declares a replicated machine. Commands must be deterministic: no clock, no randomness, no I/O, nothing that is
 * awaited; only the state, the input and the context. Throws a `TypeError` for what can be no machine.
 */
export function defineMachine<
  State,
  const Commands extends Readonly<Record<string, Command<State>>>,
  const Queries extends Readonly<Record<string, Query<State>>>,
>(
  definition: MachineDefinition<State, Commands & AtOnce<Commands>, Queries & AtOnce<Queries>>,
): Machine<State, Commands, Queries> {
  checkOptionNames('defineMachine', definition, [
    'initial',
    'commands',
    'queries',
    'snapshot',
    'restore',
    'version',
    'since',
  ]);
  const { initial } = definition;
  requireImmediate('initial', initial);
  const commands: Commands = callTable('command', definition.commands);
  const queries: Queries = callTable('query', definition.queries);
  const own = snapshotFunctions(definition);
  const versions = versionsOf(definition, commands);
  const states = new WeakSet<object>();
  return Object.freeze({
    initial,
    commands,
    queries,
    ...own,
    ...versions,
    start: (report: (error: Error) => void = () => {}) =>
      new DefinedReplica(freshState(initial, states), {
        commands,
        queries,
        report,
        snapshots: own,
        versions,
      }),
  });
}

/** SM1: both or neither, and what takes a snapshot takes it when it is called. */
function snapshotFunctions<State>({
  snapshot,
  restore,
}: Partial<SnapshotFunctions<State>>): SnapshotFunctions<State> | null {
  if (snapshot === undefined && restore === undefined) return null;
  if (snapshot === undefined || restore === undefined) {
    const [given, missing] =
      restore === undefined ? ['snapshot', 'restore'] : ['restore', 'snapshot'];
    throw new TypeError(`a machine with ${given} needs ${missing}, too: give both, or neither`);
  }
  requireImmediate('snapshot', snapshot, SHOWS_LATER);
  if (typeof restore !== 'function') throw new TypeError('restore must be a function');
  return { snapshot, restore };
}

const SHOWS_LATER =
  'it would see what commands do to the state meanwhile; take hold of what it needs, and return what a generator makes of that';

/** OW4: two replicas that share one state would each change it, and a node started again would find it used. */
function freshState<State>(initial: () => State, states: WeakSet<object>): State {
  const state = initial();
  if (typeof state !== 'object' || state === null) return state;
  if (typeof Reflect.get(state, 'then') === 'function') {
    throw new TypeError('initial must return the state itself, not a promise of it');
  }
  if (states.has(state)) {
    throw new TypeError(
      'initial must return a new state each time: this one has a replica already',
    );
  }
  states.add(state);
  return state;
}
