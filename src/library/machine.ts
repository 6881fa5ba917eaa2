/** What a machine is made of, in types: those of its commands and queries are those that callers see. */
import type { Index, Term } from '../core/types.ts';
import type { StateMachine } from '../ports/state-machine.ts';

/** What a command may know besides the state and its input: the same on every replica. */
export interface CommandContext {
  readonly index: Index;
  readonly term: Term;
  /** The leader's wall clock in milliseconds since 1970, made to never fall: the only clock allowed here. */
  readonly timeMs: number;
}

/** Changes the state and returns a result, at once. Throws to refuse, before it has changed anything. */
export type Command<State> = (state: State, input: never, context: CommandContext) => unknown;
export type Query<State> = (state: State, input: never) => unknown;

/** What is not there yet when a function returns (AD4). */
export type Late = PromiseLike<unknown> | Iterator<unknown> | AsyncIterator<unknown>;

/** Calls as they are, but for those whose result would come later: they take a sentence's place, and do not compile. */
export type AtOnce<Calls> = {
  readonly [Name in keyof Calls]: Calls[Name] extends (...all: never) => infer Output
    ? 0 extends 1 & Output
      ? Calls[Name]
      : [Extract<Output, Late>] extends [never]
        ? Calls[Name]
        : 'must return its result at once, not a promise or an iterator'
    : never;
};

/**
 * How a state that is not small becomes bytes and comes back. Both or neither: without them the node copies the whole
 * state for each snapshot, up to 50,000 values and 2 MiB, of plain data, `Map`, `Set`, dates and bytes.
 */
export interface SnapshotFunctions<State> {
  /**
   * The state as it is now, in pieces of any size. Called between two commands; what it returns is read later, while
   * commands change the state, and must not show that: take hold of what it needs before it returns, for
   * instance a copied list of values that commands replace and never change. So it is no generator itself,
   * of which nothing runs before it is read, but may return what one made: `const all = [...state.items];
   * return pieces(all)`. Each step should take a few milliseconds at most.
   */
  readonly snapshot: (state: State) => Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
  /**
   * The state out of the bytes of `snapshot`, whose pieces arrive in order, but cut anew. It must equal the one that was
   * taken in every way that a command could notice. A rejection halts the node.
   */
  readonly restore: (chunks: AsyncIterable<Uint8Array>) => State | Promise<State>;
}

/** For clusters whose members are upgraded one by one: no command enters the log before every member knows it. */
export interface MachineVersions<Commands> {
  /** 1 unless given. Raised with each release that adds commands; members tell each other theirs. */
  readonly version?: number;
  /**
   * The version that each command came with; 1 for those that are not named. What a command does must not change from one
   * version to the next: give the new way a new name. Until all members know it, proposing it is refused with
   * `RAFT_UPGRADE_NEEDED`.
   */
  readonly since?: { readonly [Name in keyof Commands]?: number };
}

export interface MachineDefinition<State, Commands, Queries>
  extends Partial<SnapshotFunctions<State>>,
    MachineVersions<Commands> {
  /** Called once per node, before the first command; must return an equal state everywhere, new each time. */
  readonly initial: () => State;
  readonly commands: Commands;
  readonly queries: Queries;
}

export interface Machine<State, Commands, Queries>
  extends MachineDefinition<State, Commands, Queries> {
  /** A fresh replica with its own state. `report` hears of commands that are not deterministic, each once. */
  readonly start: (report?: (error: Error) => void) => MachineReplica;
}

/** One node's copy of the state. */
export interface MachineReplica extends StateMachine {
  /** A copy of what the query returns: whoever has it cannot change the state (OW3). */
  query(name: string, input: unknown): unknown;
}
