/**
 * The node as a Node.js program embeds it: promises, types inferred from the machine, `await using`.
 * Everything here is convenience over `src/node/raft-node.ts`.
 */
import type { Role } from '../core/effect.ts';
import { RaftError } from '../core/errors.ts';
import type { Limits } from '../core/limits.ts';
import type { RaftTiming } from '../core/raft-state.ts';
import type { Index, Term } from '../core/types.ts';
import type { LogStore } from '../ports/log-store.ts';
import type { DiskEvent, PeerEvent, Replica, ReplicaStatus, RoleEvent } from '../ports/replica.ts';
import type { Transport } from '../ports/transport.ts';
import {
  type Command,
  type CommandResult,
  encodeCommand,
  type Machine,
  type MachineReplica,
  type Query,
} from './define-machine.ts';
import { type LeaderWork, runWhileLeader, type Work } from './while-leader.ts';

export interface NodeOptions<State, Commands, Queries> {
  /** This member's name: letters, digits, '.', '_', '-'. */
  readonly id: string;
  readonly machine: Machine<State, Commands, Queries>;
  /** Every founding member with its `host:port`, this one included. Left out: a cluster of one. */
  readonly peers?: Readonly<Record<string, string>>;
  /** Where to listen for peers, `host:port`; by default this member's own address in `peers`. */
  readonly listen?: string;
  /** A directory of this node's own, created if missing. Left out: `store` must be given. */
  readonly dataDir?: string;
  /** Instead of `dataDir`: where the log lives, e.g. `memoryLogStore()` in tests. */
  readonly store?: LogStore;
  /** Instead of WebSockets: how members talk. */
  readonly transport?: Transport;
  /** The same on all members, different between clusters; by default derived from `peers`. */
  readonly clusterId?: string;
  readonly timing?: Partial<RaftTiming>;
  readonly limits?: Partial<Limits>;
}

export interface CallOptions {
  /** Stops the waiting, not the command: an aborted proposal may still take effect. */
  readonly signal?: AbortSignal;
  /** In milliseconds; 5,000 unless given. */
  readonly timeoutMs?: number;
}

/** A command that took effect. */
export interface Applied<Result> {
  readonly result: Result;
  /** Its place in the log, and the term of the leader that put it there. */
  readonly index: Index;
  readonly term: Term;
}

export interface NodeEvents {
  readonly role: RoleEvent;
  /** Another node is refused, refuses this one, or takes no entries; and when that is over. */
  readonly peer: PeerEvent;
  /** A disk write takes too long, or has ended after all. */
  readonly disk: DiskEvent;
  /** The node has stopped for good; the process lives on. */
  readonly halt: RaftError;
  /** Leader work threw. */
  readonly error: unknown;
}

type InputOf<Call> = Call extends (state: never, ...rest: infer Rest) => unknown
  ? Rest extends readonly []
    ? []
    : Rest extends readonly [infer Input, ...unknown[]]
      ? [input: Input]
      : []
  : never;
type OutputOf<Call> = Call extends (...args: never) => infer Output ? Output : never;

const DEFAULT_TIMEOUT_MS = 5_000;

export class RaftchartNode<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
> implements AsyncDisposable
{
  readonly id: string;
  readonly #replica: Replica;
  readonly #machine: MachineReplica;
  readonly #errorListeners = new Set<(error: unknown) => void>();
  readonly #work = new Set<LeaderWork>();

  /** Use `createNode`. */
  constructor(replica: Replica, machine: MachineReplica) {
    this.id = replica.id;
    this.#replica = replica;
    this.#machine = machine;
  }

  get role(): Role {
    return this.#replica.status().role;
  }

  status(): ReplicaStatus {
    return this.#replica.status();
  }

  /**
   * Replicates a command and resolves with its result once it is committed and applied here. Any member
   * may be asked. Rejects with a `RaftError` whose `retry` says whether it may have taken effect.
   */
  propose<Name extends keyof Commands & string>(
    name: Name,
    ...rest: [...InputOf<Commands[Name]>, options?: CallOptions]
  ): Promise<Applied<OutputOf<Commands[Name]>>> {
    const [input, options] = splitOptions(rest);
    const data = encodeCommand(name, input);
    return withSignal('outcomeUnknown', options, (resolve, reject) => {
      this.#replica.submit(data, wait(options), (outcome) => {
        if (outcome.type === 'failed') return reject(outcome.error);
        const { index, term } = outcome;
        const result = outcome.result as CommandResult;
        if (result.ok) resolve({ result: result.value as never, index, term });
        else reject(new RaftError('RAFT_COMMAND_REFUSED', result.reason));
      });
    });
  }

  /** Reads the newest committed state (§6.4), from any member: every command acknowledged before is seen. */
  query<Name extends keyof Queries & string>(
    name: Name,
    ...rest: [...InputOf<Queries[Name]>, options?: CallOptions]
  ): Promise<OutputOf<Queries[Name]>> {
    const [input, options] = splitOptions(rest);
    return withSignal('safe', options, (resolve, reject) => {
      this.#replica.awaitReadable(wait(options), (error) => {
        if (error !== null) return reject(error);
        try {
          resolve(this.#machine.query(name, input) as never);
        } catch (thrown) {
          reject(thrown);
        }
      });
    });
  }

  /** Reads this node's own state at once: may be stale, never wrong. */
  queryLocal<Name extends keyof Queries & string>(
    name: Name,
    ...rest: InputOf<Queries[Name]>
  ): OutputOf<Queries[Name]> {
    return this.#machine.query(name, rest[0]) as never;
  }

  /** Resolves once the cluster has a leader and this node has caught up with it. */
  ready(options: CallOptions = {}): Promise<void> {
    return withSignal('safe', options, (resolve, reject) => {
      this.#replica.awaitReadable(wait(options), (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }

  /** Returns how to stop listening. */
  on<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: NodeEvents[Type]) => void,
  ): () => void {
    const hear = listener as (event: unknown) => void;
    if (type === 'role') return this.#replica.onRole(hear);
    if (type === 'peer') return this.#replica.onPeer(hear);
    if (type === 'disk') return this.#replica.onDisk(hear);
    if (type === 'halt') return this.#replica.onHalt(hear);
    this.#errorListeners.add(hear);
    return () => this.#errorListeners.delete(hear);
  }

  /**
   * Runs `work` whenever this node leads, one run at a time, with the term as a fencing token and a signal that
   * aborts when the lead is lost. The signal comes after the fact: whatever is done outside must check the term.
   */
  whileLeader(work: Work): LeaderWork {
    const running = runWhileLeader(this.#replica, work, (error) => this.#report(error));
    this.#work.add(running);
    return running;
  }

  /** Stops leader work, finishes what is under way, closes links and log. */
  async close(): Promise<void> {
    await Promise.all([...this.#work].map((work) => work.stop()));
    await this.#replica.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #report(error: unknown): void {
    if (this.#errorListeners.size === 0) throw error;
    for (const listener of this.#errorListeners) listener(error);
  }
}

function wait({ timeoutMs = DEFAULT_TIMEOUT_MS }: CallOptions): { timeoutMs: number } {
  return { timeoutMs };
}

/** `propose(name)`, `propose(name, input)` and either with options behind; options are recognised by their keys. */
function splitOptions(rest: readonly unknown[]): [unknown, CallOptions] {
  if (rest.length >= 2) return [rest[0], (rest[1] ?? {}) as CallOptions];
  return [rest[0], {}];
}

/** Races a call against its signal; only the waiting ends when it aborts. */
function withSignal<Value>(
  retry: 'safe' | 'outcomeUnknown',
  { signal }: CallOptions,
  start: (resolve: (value: Value) => void, reject: (error: unknown) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    if (signal === undefined) return start(resolve, reject);
    const aborted = (whichRetry: 'safe' | 'outcomeUnknown'): RaftError =>
      new RaftError('RAFT_ABORTED', 'the caller stopped waiting', {
        retry: whichRetry,
        cause: signal.reason,
      });
    if (signal.aborted) return reject(aborted('safe'));
    const stop = (): void => reject(aborted(retry));
    signal.addEventListener('abort', stop, { once: true });
    const settle =
      <Argument>(then: (argument: Argument) => void) =>
      (argument: Argument): void => {
        signal.removeEventListener('abort', stop);
        then(argument);
      };
    start(settle(resolve), settle(reject));
  });
}
