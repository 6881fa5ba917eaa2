/**
 * A machine of `defineMachine` under simulation: what clients call, by name; how replicas are compared; and the
 * machine as its own model, to judge what clients saw against one copy without Raft. A command that looks
 * at the real clock, draws real chance or returns a promise halts its node, which is a finding.
 */
import { encodeCall } from '../../../library/call-codec.ts';
import { type CommandResult, DefinedReplica } from '../../../library/defined-replica.ts';
import type {
  Command,
  CommandContext,
  Machine,
  MachineReplica,
  Query,
} from '../../../library/machine.ts';
import type { CommittedCommand } from '../../../ports/state-machine.ts';
import type { SequentialModel } from '../../linearizability/sequential-model.ts';
import { plainText } from '../runtime/plain-text.ts';
import type { SeededRandom } from '../runtime/random.ts';
import { saysRealWorld } from '../runtime/real-world.ts';
import type { Caller, Judge, Previous, Subject } from './subject.ts';

export type AnyCommands<State> = Readonly<Record<string, Command<State>>>;
export type AnyQueries<State> = Readonly<Record<string, Query<State>>>;

export type InputOf<Function> = Function extends (state: never, ...rest: infer Rest) => unknown
  ? Rest extends readonly [infer Input, ...unknown[]]
    ? { readonly input: Input }
    : { readonly input?: undefined }
  : never;
export type OutputOf<Function> = Function extends (...all: never) => infer Output ? Output : never;

export type CallsOf<Type, Functions> = {
  [Name in keyof Functions & string]: { readonly type: Type; readonly name: Name } & InputOf<
    Functions[Name]
  >;
}[keyof Functions & string];

/** A command or a query by its name, with its input if it takes one. */
export type MachineCall<Commands, Queries> =
  | CallsOf<'command', Commands>
  | CallsOf<'query', Queries>;

/** What a client is told: a result, or the reason for which the machine itself refused. */
export type MachineAnswer<Commands, Queries> =
  | {
      readonly ok: true;
      readonly value: OutputOf<Commands[keyof Commands]> | OutputOf<Queries[keyof Queries]>;
    }
  | { readonly ok: false; readonly reason: string };

/** A replica whose state can be looked at. */
export interface InspectedReplica<State> extends MachineReplica {
  readonly state: State;
}

export interface MachineSubjectOptions<State, Commands, Queries> {
  readonly machine: Machine<State, Commands, Queries>;
  /** What a client calls next. Draw all chance from `random`; `previous` is `null` at its first call. */
  readonly draw: (
    random: SeededRandom,
    caller: Caller,
    previous: Previous<MachineCall<Commands, Queries>, MachineAnswer<Commands, Queries>> | null,
  ) => MachineCall<Commands, Queries>;
  /** What clients saw, all of it. Unless given, only what holds for every machine is checked. */
  readonly judge?: Judge<MachineCall<Commands, Queries>, MachineAnswer<Commands, Queries>>;
  /** Equal texts exactly for equal states. Needed only if the state holds more than plain data. */
  readonly digest?: (state: State) => string;
}

/** The subject of a simulation that runs a machine of `defineMachine`. State and answers have to be plain data. */
export function machineSubject<
  State,
  Commands extends AnyCommands<State>,
  Queries extends AnyQueries<State>,
>(
  options: MachineSubjectOptions<State, Commands, Queries>,
): Subject<
  MachineCall<Commands, Queries>,
  MachineAnswer<Commands, Queries>,
  InspectedReplica<State>
> {
  const { machine, draw, judge = () => ({ fault: null, isDecided: true }) } = options;
  const digest = options.digest ?? plainText;
  return {
    name: 'machine',
    create: () => inspectedReplica(machine),
    draw,
    encode: ({ type, name, input }) => (type === 'query' ? null : encodeCall(name, input)),
    read: (replica, { name, input }) => copied(asked(() => replica.query(name, input))),
    decode: (result) => copied(result as CommandResult),
    digest: ({ state }) => textUnlessRefused(() => digest(state)),
    judge,
  };
}

/**
 * One copy of the machine, without Raft, as the model for `linearizable`. Calls of different partitions must never
 * influence each other; one partition for all is always right, several are faster. Commands that use their
 * context cannot be judged so, since nobody tells clients an index or a time: judging them throws a `TypeError`.
 */
export function machineModel<
  State,
  Commands extends AnyCommands<State>,
  Queries extends AnyQueries<State>,
>(
  machine: Machine<State, Commands, Queries>,
  partitionOf: (call: MachineCall<Commands, Queries>) => string = () => 'the machine',
): SequentialModel<State, MachineCall<Commands, Queries>, MachineAnswer<Commands, Queries>> {
  const { commands, queries } = machine;
  return {
    initial: machine.initial(),
    partitionOf,
    apply: (state, { type, name, input }, output) => {
      const next = type === 'query' ? state : structuredClone(state);
      const answer = asked(() =>
        type === 'query'
          ? queries[name]?.(next, input as never)
          : commands[name]?.(next, input as never, NO_CONTEXT),
      );
      if (output !== null && plainText(answer) !== plainText(output)) return null;
      return next;
    },
    isPassive: ({ type }) => type === 'query',
    fingerprint: plainText,
    describe: ({ name, input }, output) =>
      `${name}${input === undefined ? '' : ` ${plainText(input)}`} → ${answered(output)}`,
  };
}

/** Keeps hold of the state, which commands change in place. */
function inspectedReplica<
  State,
  Commands extends AnyCommands<State>,
  Queries extends AnyQueries<State>,
>({
  initial,
  commands,
  queries,
  snapshot,
  restore,
  version = 1,
  since = {},
}: Machine<State, Commands, Queries>): InspectedReplica<State> {
  const own = snapshot === undefined || restore === undefined ? null : { snapshot, restore };
  const versions = { version, since };
  const parts = { commands, queries, report: () => {}, snapshots: own, versions };
  const replica = new DefinedReplica(initial(), parts);
  return {
    get state() {
      return replica.state;
    },
    snapshot: () => replica.snapshot(),
    restore: (chunks) => replica.restore(chunks),
    query: (name, input) => replica.query(name, input),
    apply: (batch: readonly CommittedCommand[], isTimeUp: () => boolean) =>
      untouched(replica.apply(batch, isTimeUp)),
    encodeResult: (result) => replica.encodeResult(result),
    decodeResult: (bytes) => replica.decodeResult(bytes),
  };
}

/** Which digest of a state that holds the real time this is: none may equal another. */
let refusals = 0;

/** A state that holds the real time has no text; that shows as a difference between replicas. */
function textUnlessRefused(digest: () => string): string {
  try {
    return digest();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (!saysRealWorld(reason)) throw error;
    refusals += 1;
    return `${refusals}: ${reason}`;
  }
}

/** The results, unless the real world was shut out of one of them, or a command is no command. */
function untouched(
  results: readonly (CommandResult | undefined)[],
): readonly (CommandResult | undefined)[] {
  for (const result of results) {
    if (result === undefined || result.ok) continue;
    const { code, reason } = result;
    if (code !== undefined || saysRealWorld(reason)) throw new Error(reason);
  }
  return results;
}

/** What a client keeps must not change with the state that it was taken from. */
function copied<Commands, Queries>(result: CommandResult): MachineAnswer<Commands, Queries> {
  return structuredClone(result) as MachineAnswer<Commands, Queries>;
}

/** A refusal is an answer; a touch of the real world, or of a context that there is none of, is not. */
function asked(call: () => unknown): CommandResult {
  try {
    return { ok: true, value: call() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (error instanceof NoContext || saysRealWorld(reason)) throw error;
    return { ok: false, reason };
  }
}

function answered(output: CommandResult | null): string {
  if (output === null) return '?';
  return output.ok ? plainText(output.value) : output.reason;
}

class NoContext extends TypeError {}

const NO_CONTEXT: CommandContext = {
  get index(): never {
    throw noContext('index');
  },
  get term(): never {
    throw noContext('term');
  },
  get timeMs(): never {
    throw noContext('timeMs');
  },
};

function noContext(name: string): NoContext {
  return new NoContext(
    `a command uses context.${name}, which clients are not told: judge by rules of your own instead of machineModel`,
  );
}
