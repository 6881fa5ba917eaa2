/**
 * A state machine in a few lines: an initial state, commands that change it, queries that read it. Commands
 * and queries are plain functions; `propose` and `query` take their types from them, without generated code.
 */
import { Packr } from 'msgpackr';
import { RaftError } from '../core/errors.ts';
import type { Index, Term } from '../core/types.ts';
import type { CommittedCommand, StateMachine } from '../ports/state-machine.ts';

/** What a command may know besides the state and its input: the same on every replica. */
export interface CommandContext {
  readonly index: Index;
  readonly term: Term;
  /** The leader's wall clock in milliseconds since 1970, made to never fall: the only clock allowed here. */
  readonly timeMs: number;
}

/** Changes the state and returns a result. Throws to refuse, before it has changed anything. */
export type Command<State> = (state: State, input: never, context: CommandContext) => unknown;
export type Query<State> = (state: State, input: never) => unknown;

export interface MachineDefinition<State, Commands, Queries> {
  /** Called once per node, before the first command; must return the same state everywhere. */
  readonly initial: () => State;
  readonly commands: Commands;
  readonly queries: Queries;
}

export interface Machine<State, Commands, Queries>
  extends MachineDefinition<State, Commands, Queries> {
  /** A fresh replica with its own state. */
  readonly start: () => MachineReplica;
}

/** One node's copy of the state. */
export interface MachineReplica extends StateMachine {
  query(name: string, input: unknown): unknown;
}

/** What became of one command: its result, or the reason for which the command itself refused. */
export type CommandResult =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

/**
 * Declares a replicated machine. Commands must be deterministic: no clock, no randomness, no I/O, only the
 * state, the input and the context. Inputs must survive msgpack: plain data, no functions or classes.
 */
export function defineMachine<
  State,
  const Commands extends Readonly<Record<string, Command<State>>>,
  const Queries extends Readonly<Record<string, Query<State>>>,
>(definition: MachineDefinition<State, Commands, Queries>): Machine<State, Commands, Queries> {
  return { ...definition, start: () => new DefinedReplica(definition) };
}

const packr = new Packr({ useRecords: false, moreTypes: true });

/** The bytes of a command in the log. */
export function encodeCommand(name: string, input: unknown): Uint8Array {
  return new Uint8Array(packr.pack([name, input]));
}

class DefinedReplica<State> implements MachineReplica {
  readonly #commands: Readonly<Record<string, Command<State>>>;
  readonly #queries: Readonly<Record<string, Query<State>>>;
  readonly #state: State;

  constructor({
    initial,
    commands,
    queries,
  }: MachineDefinition<
    State,
    Readonly<Record<string, Command<State>>>,
    Readonly<Record<string, Query<State>>>
  >) {
    this.#state = initial();
    this.#commands = commands;
    this.#queries = queries;
  }

  /** AP1, AP2: drops the results that nobody waits for, and stops once its time is up. */
  apply(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean,
  ): readonly (CommandResult | undefined)[] {
    const results: (CommandResult | undefined)[] = [];
    for (const entry of batch) {
      const result = this.#applyOne(entry);
      results.push(entry.wantsResult ? result : undefined);
      if (isTimeUp()) break;
    }
    return results;
  }

  query(name: string, input: unknown): unknown {
    const query = this.#queries[name];
    if (query === undefined)
      throw new TypeError(`this machine has no query ${JSON.stringify(name)}`);
    return query(this.#state, input as never);
  }

  /** EM2: an unknown command halts the node, since skipping it would let replicas differ. */
  #applyOne({ index, term, timeMs, data }: CommittedCommand): CommandResult {
    const [name, input] = packr.unpack(data as Buffer) as [string, never];
    const command = this.#commands[name];
    if (command === undefined) {
      throw new RaftError(
        'RAFT_STATE_MACHINE_FAILED',
        `the log holds a command ${JSON.stringify(name)} that this version of the machine does not know: run a version that does`,
      );
    }
    try {
      return { ok: true, value: command(this.#state, input, { index, term, timeMs }) };
    } catch (error) {
      return { ok: false, reason: error instanceof Error ? error.message : String(error) };
    }
  }
}
