/**
 * One replica of a defined machine: applies commands out of the log, answers queries. Whatever a command or its bytes
 * do, every replica comes to the same end: a result, or a refusal in words. Only a command that this version of
 * the machine does not know halts the node (EM2).
 */
import { RaftError, type RaftErrorCode } from '../core/errors.ts';
import { textOf } from '../core/thrown-text.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import type { CommittedCommand, MachineSnapshot } from '../ports/state-machine.ts';
import { decodeCall, decodeValue, encodeValue } from './call-codec.ts';
import { callNamed } from './call-table.ts';
import { KEPT_RESULT_BYTES_MAX } from './limits.ts';
import type {
  Command,
  MachineReplica,
  MachineVersions,
  Query,
  SnapshotFunctions,
} from './machine.ts';
import { resultCopy } from './result-copy.ts';
import { StateSnapshots } from './state-snapshots.ts';

/** What became of one command: its result, or the reason for which there is none. */
export type CommandResult =
  | { readonly ok: true; readonly value: unknown }
  | {
      readonly ok: false;
      readonly reason: string;
      /** Not given: the command itself refused. */
      readonly code?: RaftErrorCode;
    };

interface ReplicaParts<State> {
  /** Without prototypes, so that only own names are found. */
  readonly commands: Readonly<Record<string, Command<State>>>;
  readonly queries: Readonly<Record<string, Query<State>>>;
  /** Hears of each command that is not deterministic, once. */
  readonly report: (error: Error) => void;
  /** `null`: the definition has none. */
  readonly snapshots: SnapshotFunctions<State> | null;
  /** `since` without a prototype, too. */
  readonly versions: Required<MachineVersions<Readonly<Record<string, unknown>>>>;
}

const NO_COMMAND: CommandResult = {
  ok: false,
  code: 'RAFT_BAD_REQUEST',
  reason: 'the bytes are no command of a defined machine: it was skipped, on every replica alike',
};

export class DefinedReplica<State> implements MachineReplica {
  #state: State;
  readonly #parts: ReplicaParts<State>;
  readonly #reported = new Set<string>();
  readonly #snapshots: StateSnapshots<State>;

  constructor(state: State, parts: ReplicaParts<State>) {
    this.#state = state;
    this.#parts = parts;
    this.#snapshots = new StateSnapshots(parts.snapshots);
  }

  /** As it is now; a restored snapshot takes its place. */
  get state(): State {
    return this.#state;
  }

  get version(): number {
    return this.#parts.versions.version;
  }

  /** UP2: bytes that are no command of this machine are refused, or halt, where they are applied. */
  versionOf(command: Uint8Array): number {
    const { since, version } = this.#parts.versions;
    if (version === FIRST_MACHINE_VERSION) return FIRST_MACHINE_VERSION;
    return since[decodeCall(command)?.name ?? ''] ?? FIRST_MACHINE_VERSION;
  }

  /** AP1, AP2: makes no result that nobody waits for, and stops once its time is up. */
  apply(
    batch: readonly CommittedCommand[],
    isTimeUp: () => boolean,
  ): readonly (CommandResult | undefined)[] {
    const results: (CommandResult | undefined)[] = [];
    for (const entry of batch) {
      results.push(this.#applyOne(entry));
      if (isTimeUp()) break;
    }
    return results;
  }

  /** AD3: a result of a kind that an input may not be is not kept. */
  encodeResult(result: unknown): Uint8Array | null {
    return encodeValue(result, KEPT_RESULT_BYTES_MAX);
  }

  decodeResult(bytes: Uint8Array): unknown {
    return decodeValue(bytes);
  }

  snapshot(): MachineSnapshot {
    return this.#snapshots.take(this.#state);
  }

  async restore(chunks: AsyncIterable<Uint8Array>): Promise<void> {
    this.#state = await this.#snapshots.restore(chunks);
  }

  query(name: string, input: unknown): unknown {
    const query = callNamed('query', this.#parts.queries, name);
    const result = query(this.#state, input as never);
    if (isThenable(result)) {
      throw new TypeError(
        `the query ${JSON.stringify(name)} must return its result at once, and it returned a promise`,
      );
    }
    return copied(`the result of the query ${JSON.stringify(name)}`, result);
  }

  #applyOne(entry: CommittedCommand): CommandResult | undefined {
    const { index, term, timeMs, data, wantsResult } = entry;
    const call = decodeCall(data);
    if (call === null) return NO_COMMAND;
    const { name, input } = call;
    const command = this.#parts.commands[name];
    if (command === undefined) return withoutCommand(name);
    try {
      const value = command(this.#state, input as never, { index, term, timeMs });
      if (isThenable(value)) return this.#notDeterministic(name, value);
      return wantsResult ? resultOf(name, value) : undefined;
    } catch (error) {
      return { ok: false, reason: textOf(error) };
    }
  }

  /**
   * AD4: what it still does, it does on each replica at another time. Refused alike on all of them, since a halt would
   * end the cluster; and said aloud, since they may differ from here on.
   */
  #notDeterministic(name: string, value: object): CommandResult {
    if (value instanceof Promise) Promise.prototype.then.call(value, undefined, () => {});
    const reason = `the command ${JSON.stringify(name)} returned a promise: what it changes after that, each replica changes at a time of its own, so they may differ from now on; mend the machine, and see what the command has done`;
    if (!this.#reported.has(name)) {
      this.#reported.add(name);
      this.#parts.report(new RaftError('RAFT_STATE_MACHINE_FAILED', reason));
    }
    return { ok: false, code: 'RAFT_STATE_MACHINE_FAILED', reason };
  }
}

/** OW3: copied at once, before the next command changes what it was taken from. */
function resultOf(name: string, result: unknown): CommandResult {
  try {
    return { ok: true, value: copied(`the result of the command ${JSON.stringify(name)}`, result) };
  } catch (error) {
    const reason = `the command took effect, but ${textOf(error)}`;
    return { ok: false, code: 'RAFT_STATE_MACHINE_FAILED', reason };
  }
}

function copied(what: string, result: unknown): unknown {
  try {
    return resultCopy(result);
  } catch (error) {
    throw new TypeError(`${what} ${textOf(error)}`, { cause: error });
  }
}

/**
 * AD5: an earlier version took what every object inherits for a command (`toString`); none of that changed a state, so
 * all replicas skip it. EM2: skipping another one would let them differ.
 */
function withoutCommand(name: string): CommandResult {
  if (name in Object.prototype) return NO_COMMAND;
  throw new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the log holds a command ${JSON.stringify(name)} that this version of the machine does not know: run a version that does`,
  );
}

function isThenable(value: unknown): value is object {
  return (
    typeof value === 'object' && value !== null && typeof Reflect.get(value, 'then') === 'function'
  );
}
