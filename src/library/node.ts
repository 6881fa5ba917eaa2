/**
 * The node as a Node.js program embeds it: promises, types inferred from the machine, `await using`.
 * Everything here is convenience over `src/node/raft-node.ts`.
 */
import type { Role } from '../core/effect.ts';
import { RaftError } from '../core/errors.ts';
import { whatIsKnown } from '../core/known-names.ts';
import type { Limits } from '../core/limits.ts';
import { sessionIdText } from '../core/session.ts';
import type { Index, Term } from '../core/types.ts';
import type { InspectionObserver } from '../ports/inspection.ts';
import type {
  DiskEvent,
  MembersEvent,
  MembersStatus,
  PeerEvent,
  Replica,
  ReplicaStatus,
  RoleEvent,
  SnapshotEvent,
} from '../ports/replica.ts';
import { encodeCall } from './call-codec.ts';
import {
  type CallOptions,
  type MembersOptions,
  membersChange,
  type QueryOptions,
  queryOptions,
  refuseOptionsAsInput,
  type TransferOptions,
  transferOptions,
  withOptions,
} from './call-options.ts';
import { callNamed } from './call-table.ts';
import type { CommandResult } from './defined-replica.ts';
import type { ErrorReports } from './error-reports.ts';
import type { Command, Machine, MachineReplica, Query } from './machine.ts';
import type { IsPlace } from './member-names.ts';
import { randomSalt } from './random-salt.ts';
import {
  type OpenedSession,
  type ProposeOptions,
  type SessionOptions,
  sessionOf,
  ttlOf,
} from './session-options.ts';
import { type LeaderWork, runWhileLeader, type Work } from './while-leader.ts';

/** A command that took effect. */
export interface Applied<Result> {
  readonly result: Result;
  /** Its place in the log, and the term of the leader that put it there. */
  readonly index: Index;
  readonly term: Term;
}

/** What the newest snapshot of a member holds. */
export interface TakenSnapshot {
  /** The last entry whose effect is in it. */
  readonly index: Index;
  readonly bytes: number;
}

export interface NodeEvents {
  readonly role: RoleEvent;
  /** Another node is refused, refuses this one, or takes no entries; and when that is over. */
  readonly peer: PeerEvent;
  /** A disk write takes too long, or has ended after all. */
  readonly disk: DiskEvent;
  readonly snapshot: SnapshotEvent;
  /** Who takes part is another; with `isRemoved`, this node does not any more: close it. */
  readonly members: MembersEvent;
  /** The node has stopped for good; the process lives on. */
  readonly halt: RaftError;
  /** Leader work or a listener threw, or a command turned out not to be deterministic. */
  readonly error: unknown;
}

/** The input of a call, which may be left out where the call has none or can do without. */
export type InputOf<Call> = Call extends (state: never, ...rest: infer Rest) => unknown
  ? Rest extends readonly []
    ? [input?: undefined]
    : Rest extends readonly [input?: infer Input, ...rest: unknown[]]
      ? undefined extends Input
        ? [input?: Input]
        : [input: Input]
      : [input?: undefined]
  : never;
export type OutputOf<Call> = Call extends (...args: never) => infer Output ? Output : never;

interface NodeParts<State, Commands, Queries> {
  readonly replica: Replica;
  readonly machine: Machine<State, Commands, Queries>;
  readonly state: MachineReplica;
  readonly errors: ErrorReports;
  readonly limits: Limits;
  readonly isPlace: IsPlace;
}

export class RaftchartNode<
  State,
  Commands extends Readonly<Record<string, Command<State>>>,
  Queries extends Readonly<Record<string, Query<State>>>,
> implements AsyncDisposable
{
  readonly id: string;
  readonly #parts: NodeParts<State, Commands, Queries>;
  readonly #replica: Replica;
  readonly #work = new Set<LeaderWork>();

  /** Use `createNode`. */
  constructor(parts: NodeParts<State, Commands, Queries>) {
    this.id = parts.replica.id;
    this.#parts = parts;
    this.#replica = parts.replica;
  }

  get role(): Role {
    return this.#replica.status().role;
  }

  status(): ReplicaStatus {
    return this.#replica.status();
  }

  /** Who takes part, and where the others find them, as far as this member knows. */
  get members(): ReplicaStatus['members'] {
    return this.#replica.status().members;
  }

  /**
   * Replicates a command and resolves with its result once it is committed and applied here. Any member
   * may be asked. The input is taken as it is now. Rejects with a `RaftError` whose `retry` says whether the
   * command may have taken effect, or with a `TypeError` for options that make no sense.
   */
  propose<Name extends keyof Commands & string>(
    name: Name,
    ...[input, options]: [...input: InputOf<Commands[Name]>, options?: ProposeOptions]
  ): Promise<Applied<OutputOf<Commands[Name]>>> {
    return attempted(sessionOf, options, ({ call, place }) =>
      withOptions('propose', call, 'outcomeUnknown', ({ timeoutMs, resolve, reject }) => {
        const data = this.#encoded(name, input, options !== undefined);
        const where = place === null ? { timeoutMs } : { timeoutMs, session: place };
        this.#replica.submit(data, where, (outcome) => {
          if (outcome.type === 'failed') return reject(outcome.error);
          const { index, term } = outcome;
          const result = outcome.result as CommandResult;
          if (result.ok) resolve({ result: result.value as never, index, term });
          else reject(new RaftError(result.code ?? 'RAFT_COMMAND_REFUSED', result.reason));
        });
      }),
    );
  }

  /** Opens a session: a command proposed with its id and a number takes effect once, however often it is proposed. */
  openSession(options?: SessionOptions): Promise<OpenedSession> {
    return attempted(ttlOf, options, ({ call, ttlMs }) =>
      withOptions('openSession', call, 'safe', ({ timeoutMs, resolve, reject }) => {
        const operation = { type: 'open', ttlMs, salt: randomSalt() } as const;
        this.#replica.session(operation, { timeoutMs }, (outcome) => {
          if (outcome.type === 'failed') return reject(outcome.error);
          resolve({ id: sessionIdText(outcome.state.session), ttlMs });
        });
      }),
    );
  }

  /**
   * Reads the newest committed state (§6.4), from any member: every command acknowledged before is seen. With
   * `atLeast`, the own state once it holds that command, without a question to the leader. The result is the caller's own.
   */
  query<Name extends keyof Queries & string>(
    name: Name,
    ...[input, options]: [...input: InputOf<Queries[Name]>, options?: QueryOptions]
  ): Promise<OutputOf<Queries[Name]>> {
    return attempted(queryOptions, options, ({ how, waiting }) =>
      withOptions('query', waiting, 'safe', ({ timeoutMs, resolve, reject }) => {
        this.#checkQuery(name, input, options !== undefined);
        this.#replica.awaitReadable({ timeoutMs, ...how }, (error) => {
          if (error !== null) return reject(error);
          try {
            resolve(this.#parts.state.query(name, input) as never);
          } catch (thrown) {
            reject(thrown);
          }
        });
      }),
    );
  }

  /** Reads this node's own state at once: may be stale, never wrong. The result is the caller's own. */
  queryLocal<Name extends keyof Queries & string>(
    name: Name,
    ...[input]: InputOf<Queries[Name]>
  ): OutputOf<Queries[Name]> {
    this.#checkQuery(name, input, false);
    return this.#parts.state.query(name, input) as never;
  }

  /**
   * Moves leadership to another member, the fittest unless one is named; any member may be asked. Resolves with who
   * leads once this node knows it. Whatever is proposed meanwhile waits. Rejects with `RAFT_TRANSFER_REFUSED`, and
   * nothing has changed, if the member is no voter, not connected, too far behind, or does not take over in time. A call
   * that ends before the leader has answered is `outcomeUnknown`: leadership may yet move.
   */
  async transferLeadership(options: TransferOptions = {}): Promise<{ readonly leader: string }> {
    const { to, waiting } = transferOptions(options);
    return withOptions('transferLeadership', waiting, 'outcomeUnknown', (call) => {
      const { timeoutMs, resolve, reject } = call;
      this.#replica.transferLeadership(to, { timeoutMs }, (outcome) => {
        if (outcome.type === 'moved') resolve({ leader: outcome.leader });
        else reject(outcome.error);
      });
    });
  }

  /**
   * Changes the members, any number at once; any member may be asked. Resolves with who they are once that is committed.
   * One change is under way at a time; what is asked for again is not done twice. Rejects with `RAFT_CONFLICT` or
   * `RAFT_NOT_FOUND` for a change that cannot be, or one whose new members do not catch up: they stay learners then.
   */
  async changeMembers(change: MembersOptions, options?: CallOptions): Promise<MembersStatus> {
    const asked = membersChange(change, this.#parts.isPlace);
    return withOptions('changeMembers', options, 'outcomeUnknown', (waiting) => {
      this.#replica.changeMembers(asked, { timeoutMs: waiting.timeoutMs }, (outcome) => {
        if (outcome.type === 'changed') waiting.resolve(outcome.members);
        else waiting.reject(outcome.error);
      });
    });
  }

  /** Resolves once the cluster has a leader and this node has caught up with it. */
  ready(options?: CallOptions): Promise<void> {
    return withOptions('ready', options, 'safe', ({ timeoutMs, resolve, reject }) => {
      this.#replica.awaitReadable({ timeoutMs, isPatient: true }, (error) =>
        error === null ? resolve() : reject(error),
      );
    });
  }

  /**
   * Takes a snapshot of this member's state, and resolves once it is on disk and holds all that was applied here when it
   * was asked for: the next start begins from it, and the log is cut behind it as `snapshots.trailingEntries` says.
   */
  snapshot(options?: CallOptions): Promise<TakenSnapshot> {
    return withOptions('snapshot', options, 'safe', ({ timeoutMs, resolve, reject }) => {
      this.#replica.snapshot({ timeoutMs }, (outcome) => {
        if (outcome.type === 'failed') return reject(outcome.error);
        resolve({ index: outcome.index, bytes: outcome.bytes });
      });
    });
  }

  /** Returns how to stop listening. */
  on<Type extends keyof NodeEvents>(
    type: Type,
    listener: (event: NodeEvents[Type]) => void,
  ): () => void {
    if (typeof listener !== 'function') throw new TypeError('a listener must be a function');
    const { errors } = this.#parts;
    const hear = listener as (event: unknown) => void;
    if (type === 'error') return errors.listen(hear);
    if (Object.hasOwn(REPLICA_EVENTS, type)) {
      const source = REPLICA_EVENTS[type as keyof typeof REPLICA_EVENTS];
      return this.#replica[source](errors.guarding(hear));
    }
    const known = whatIsKnown(String(type), [...Object.keys(REPLICA_EVENTS), 'error']);
    throw new TypeError(`a node has no event ${String(type)}: ${known}`);
  }

  /**
   * Watches this node from inside: each taken transition of its charts with the answers of the guards, each message to and
   * from its peers, and where it stands, which is the first thing that the observer hears. Never a byte of what commands
   * hold. What it throws goes to the listeners of `error`. Returns how to stop; while nobody watches it costs nothing.
   */
  inspect(observer: InspectionObserver): () => void {
    if (typeof observer !== 'function') throw new TypeError('an observer must be a function');
    const hear = this.#parts.errors.guarding(observer as (record: unknown) => void);
    return this.#replica.inspect(hear, null);
  }

  /**
   * Runs `work` whenever this node leads, one run at a time, with the term as a fencing token and a signal that
   * aborts when the lead is lost. The signal comes after the fact: whatever is done outside must check the term.
   */
  whileLeader(work: Work): LeaderWork {
    if (typeof work !== 'function') throw new TypeError('whileLeader needs a function to run');
    const running = runWhileLeader(this.#replica, work, (error) =>
      this.#parts.errors.report(error),
    );
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

  /** AD1: what no member could apply is refused here, before anything is sent. */
  #encoded(name: string, input: unknown, hasOptions: boolean): Uint8Array {
    const call = callNamed('command', this.#parts.machine.commands, name);
    if (!hasOptions) refuseOptionsAsInput('command', { name, call, input });
    return encodeCall(name, input, this.#parts.limits.commandBytesMax);
  }

  #checkQuery(name: string, input: unknown, hasOptions: boolean): void {
    const call = callNamed('query', this.#parts.machine.queries, name);
    if (!hasOptions) refuseOptionsAsInput('query', { name, call, input });
  }
}

/** Events of the replica, and where it tells them; those of `error` are the library's own. */
const REPLICA_EVENTS = {
  role: 'onRole',
  peer: 'onPeer',
  disk: 'onDisk',
  snapshot: 'onSnapshot',
  members: 'onMembers',
  halt: 'onHalt',
} as const;

/** What a caller gets wrong is a rejection. */
async function attempted<Options, Read, Value>(
  read: (options: Options) => Read,
  options: Options,
  call: (read: Read) => Promise<Value>,
): Promise<Value> {
  return call(read(options));
}
