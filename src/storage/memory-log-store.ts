/**
 * A `LogStore` in memory, for tests and nodes that may forget. It keeps its content over `close` and `open`, so that a node
 * can be restarted upon it, and checks what the durable one checks when it writes; damage it cannot have.
 */

import { assert } from '../core/assert.ts';
import {
  type Configuration,
  foundingMembership,
  type MembershipAt,
} from '../core/configuration.ts';
import { membershipOf } from '../core/configuration-entry.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { RaftError } from '../core/errors.ts';
import { HARD_STATE_ZERO } from '../core/hard-state.ts';
import type { KnownPeer, NodeIdentity } from '../core/identity.ts';
import { checkOptionNames } from '../core/known-names.ts';
import { LOG_EMPTY } from '../core/log-shape.ts';
import { type ReadRange, selectRuns, truncateRuns } from '../core/run-list.ts';
import { INDEX_ZERO } from '../core/types.ts';
import type { LogOperation, LogStore, LogStoreOwner, RecoveredLog } from '../ports/log-store.ts';
import type { StoredSnapshot } from '../ports/snapshot-store.ts';
import { requireFit, requireOwn } from './directory/agreement.ts';
import { foundIdentity } from './directory/directory-creation.ts';
import { cryptoWord, type RandomWord } from './directory/random-word.ts';
import { type LogPlan, type LogState, planWrite } from './log/log-plan.ts';
import { commitIndexAt, installation, meetingOf } from './log/meeting.ts';
import { requireReadable } from './log/read-range.ts';
import { promised } from './promised.ts';
import { bootIdentity } from './records/identity-file.ts';
import { snapshotMissing, storeClosed, writeFailed } from './refusals.ts';
import { MemorySnapshotStore } from './snapshots/memory-snapshot-store.ts';

export interface MemoryLogStoreOptions {
  readonly randomWord?: RandomWord;
  /** When a write takes effect and calls back: as soon as the present event is over, unless given. */
  readonly defer?: (run: () => void) => void;
  /** Asked once for each write: an error makes it fail, and the store with it (ST9). */
  readonly failure?: () => Error | null;
}

/** A store that forgets with its process but not with its node: it may be closed and opened again. For tests. */
export function memoryLogStore(options: MemoryLogStoreOptions = {}): LogStore {
  checkOptionNames('memoryLogStore', options, ['randomWord', 'defer', 'failure']);
  return new MemoryLogStore(options);
}

interface Content {
  identity: NodeIdentity;
  readonly configuration: Configuration;
  log: LogState;
  /** What is in force at the base of the log. */
  membership: MembershipAt;
  readonly runs: EntryRun[];
  readonly peers: Map<string, KnownPeer>;
}

/** Stands for the directory in sentences. */
const PLACE = 'the store in memory';

class MemoryLogStore implements LogStore {
  readonly #randomWord: RandomWord;
  readonly #defer: (run: () => void) => void;
  readonly #injected: () => Error | null;
  readonly snapshots = new MemorySnapshotStore(
    () => this.#refusal(),
    () => this.#injectedFailure(),
  );
  #content: Content | null = null;
  #isOpen = false;
  /** Finishes the write under way; `null`: none is. */
  #finish: (() => void) | null = null;
  #failure: RaftError | null = null;
  #failed: (failure: Error) => void = () => {};

  constructor(options: MemoryLogStoreOptions) {
    this.#randomWord = options.randomWord ?? cryptoWord;
    this.#defer = options.defer ?? queueMicrotask;
    this.#injected = options.failure ?? (() => null);
  }

  async open(owner: LogStoreOwner): Promise<RecoveredLog> {
    if (this.#isOpen) throw new TypeError('the store is open already');
    const isNew = this.#content === null;
    const content = this.#content ?? newContent(owner, this.#randomWord());
    requireOwn(PLACE, content.identity, owner);
    const largestRun = content.runs.reduce((most, { bytes }) => Math.max(most, bytes.length), 0);
    const configurations = configurationsOf(content);
    requireFit(PLACE, { ...content, configurations, largestRun }, owner);
    const snapshot = this.snapshots.newest;
    requireMeeting(content, snapshot);
    content.identity = bootIdentity(content.identity, this.#randomWord());
    this.#content = content;
    this.#isOpen = true;
    this.#failure = null;
    const { identity, configuration, log, membership, peers } = content;
    const { commitIndex, hardState, shape } = log;
    const known = { hardState, log: shape, commitIndex: commitIndexAt(commitIndex, snapshot) };
    const members = { configuration, membership, configurations: configurationsOf(content) };
    return { identity, ...known, ...members, snapshot, peers: [...peers.values()], isNew };
  }

  write(operations: readonly LogOperation[], completed: (error: Error | null) => void): void {
    const refusal = this.#refusal();
    if (refusal !== null) {
      this.#defer(() => completed(refusal));
      return;
    }
    assert(this.#finish === null, 'ST1: one write at a time');
    const plan = planWrite(this.#required().log, operations);
    const finish = (): void => {
      if (this.#finish !== finish) return;
      this.#finish = null;
      completed(this.#perform((content) => carryOut(content, plan)));
    };
    this.#finish = finish;
    this.#defer(finish);
  }

  async read(range: ReadRange): Promise<readonly EntryRun[]> {
    const refusal = this.#refusal();
    if (refusal !== null) throw refusal;
    const { log, runs } = this.#required();
    requireReadable(log.shape, range);
    return selectRuns(runs, range);
  }

  rememberPeer(peer: KnownPeer): Promise<void> {
    const refusal = this.#refusal();
    if (refusal !== null) return Promise.reject(refusal);
    const perform = (): RaftError | null =>
      this.#perform(({ peers }) => peers.set(peer.nodeId, peer));
    return promised((completed) => this.#defer(() => completed(perform())));
  }

  onFailure(listener: (failure: Error) => void): void {
    this.#failed = listener;
  }

  /** A write under way is finished first, whatever it was put off for. The content stays. */
  async close(): Promise<void> {
    this.#finish?.();
    this.#isOpen = false;
    this.snapshots.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #required(): Content {
    assert(this.#content !== null, 'ST11: an open store has content');
    return this.#content;
  }

  #refusal(): RaftError | null {
    return this.#isOpen ? this.#failure : storeClosed(PLACE);
  }

  /** An injected failure changes nothing, which is one of the two things that a failed write may do. */
  #perform(change: (content: Content) => void): RaftError | null {
    const failure = this.#injectedFailure();
    if (failure === null) change(this.#required());
    return failure;
  }

  #injectedFailure(): RaftError | null {
    const cause = this.#failure === null ? this.#injected() : null;
    if (cause !== null) this.#fail(writeFailed(PLACE, cause));
    return this.#failure;
  }

  #fail(failure: RaftError): void {
    this.#failure = failure;
    queueMicrotask(() => this.#failed(failure));
  }
}

/** Of the entries behind the base: of those before it that of the base is the newest (MC1). */
function configurationsOf({ log, runs }: Content): readonly MembershipAt[] {
  return runs.flatMap(membershipAt).filter(({ index }) => index > log.shape.base.index);
}

/** SN4: an installation that was cut short is finished here. */
function requireMeeting(content: Content, snapshot: StoredSnapshot | null): void {
  const { log } = content;
  const meeting = meetingOf(log.shape, snapshot);
  if (meeting === 'apart') throw snapshotMissing(PLACE, log.shape.base, snapshot);
  if (meeting === 'met' || snapshot === null) return;
  carryOut(content, planWrite(log, installation(log, snapshot)));
}

function membershipAt(run: EntryRun): readonly MembershipAt[] {
  const membership = membershipOf(run);
  return membership === null ? [] : [{ ...membership, index: run.firstIndex }];
}

function newContent(owner: LogStoreOwner, incarnation: string): Content {
  return {
    identity: foundIdentity(owner, incarnation),
    configuration: owner.founding,
    log: { hardState: HARD_STATE_ZERO, shape: LOG_EMPTY, commitIndex: INDEX_ZERO },
    membership: foundingMembership(owner.founding, INDEX_ZERO),
    runs: [],
    peers: new Map(),
  };
}

function carryOut(content: Content, plan: LogPlan): void {
  const { after, append, cutFrom, isRestart, membership } = plan;
  const { runs } = content;
  if (isRestart) runs.length = 0;
  if (cutFrom !== null) truncateRuns(runs, cutFrom);
  runs.push(...append);
  content.log = after;
  if (membership !== null) content.membership = membership;
  const { base } = after.shape;
  const kept = runs.findIndex(({ lastIndex }) => lastIndex > base.index);
  runs.splice(0, kept === -1 ? runs.length : kept);
}
