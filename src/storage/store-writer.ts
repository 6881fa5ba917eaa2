/**
 * The writes of an open level store, one batch after the other (ST1): the batch, then the second copy of the hard state if
 * it changed, or beside the batch if nothing else did (ST4), then the marker (ST7), then the callback. Peers to be remembered
 * ride along with the next batch, compacted runs are swept by it and, if there is none, by batches of their own. The first failure of any of these is the last thing that happens (ST9).
 */

import { assert } from '../core/assert.ts';
import { type EntryRun, sliceRun } from '../core/entry-run.ts';
import { RaftError } from '../core/errors.ts';
import type { KnownPeer } from '../core/identity.ts';
import type { LogOperation } from '../ports/log-store.ts';
import type { OpenedDirectory } from './directory/data-directory.ts';
import { writeDurably } from './disk/database.ts';
import { PENDING_PEERS_MAX } from './limits.ts';
import { type LogPlan, planWrite } from './log/log-plan.ts';
import { readRuns } from './log/run-reader.ts';
import { bothOf } from './promised.ts';
import { writeFailed } from './refusals.ts';
import { type CutRun, StoreContent } from './store-content.ts';

type Completed = (error: Error | null) => void;

interface PendingPeer {
  readonly peer: KnownPeer;
  readonly completed: Completed;
}

/** What one batch carries. */
interface Commit {
  readonly plan: LogPlan;
  readonly peers: readonly KnownPeer[];
  readonly completed: readonly Completed[];
}

export class StoreWriter {
  readonly #directory: string;
  readonly #opened: OpenedDirectory;
  readonly #stopped: (failure: RaftError) => void;
  /** What is on disk: it changes when a batch is. */
  readonly content: StoreContent;
  #failure: RaftError | null = null;
  #pendingWrite: { readonly plan: LogPlan; readonly completed: Completed } | null = null;
  #pendingPeers: PendingPeer[] = [];
  #underWay: Commit | null = null;
  #isWriting = false;
  #isClosing = false;
  #idleListeners: (() => void)[] = [];

  /** `stopped` hears of the first failure, whoever waits for what has failed. */
  constructor(directory: string, opened: OpenedDirectory, stopped: (failure: RaftError) => void) {
    this.#directory = directory;
    this.#opened = opened;
    this.#stopped = stopped;
    this.content = new StoreContent(opened.proven);
  }

  /** Why the store refuses everything; `null` as long as it does not. */
  get failure(): RaftError | null {
    return this.#failure;
  }

  /** A batch under way removes entries: what it leaves can be read only when it is done. */
  get isCutting(): boolean {
    const plan = this.#underWay?.plan;
    return plan !== undefined && (plan.cutFrom !== null || plan.isRestart);
  }

  /** As `LogStore.write`. */
  write(operations: readonly LogOperation[], completed: Completed): void {
    if (this.#isRefused(completed)) return;
    assert(!this.#isWriting, 'ST1: one write at a time');
    const plan = planWrite(this.content.log, operations);
    this.#isWriting = true;
    this.#pendingWrite = { plan, completed };
    this.#advance();
  }

  /** As `LogStore.rememberPeer`. */
  rememberPeer(peer: KnownPeer, completed: Completed): void {
    if (this.#isRefused(completed)) return;
    if (this.#pendingPeers.length === PENDING_PEERS_MAX) {
      completed(new RaftError('RAFT_OVERLOADED', 'Too many peers wait to be remembered.'));
      return;
    }
    this.#pendingPeers.push({ peer, completed });
    this.#advance();
  }

  /** Goes on with what an earlier life left undone. */
  begin(): void {
    this.#advance();
  }

  /** Resolves once the batch under way is done. */
  async whenWritten(): Promise<void> {
    if (this.#underWay === null) return;
    await new Promise<void>((resolve) => this.#idleListeners.push(resolve));
  }

  /** Resolves once nothing is under way and nothing waits but for compacted runs, which the next start may sweep. */
  async close(): Promise<void> {
    this.#isClosing = true;
    // Whoever closes may do so in the callback of a batch, when the next one has yet to begin.
    this.#advance();
    while (this.#underWay !== null) await this.whenWritten();
  }

  /** ST9: the first failure stays. */
  fail(failure: RaftError): void {
    if (this.#failure !== null) return;
    this.#failure = failure;
    this.#stopped(failure);
  }

  #isRefused(completed: Completed): boolean {
    const failure = this.#failure;
    if (failure !== null) queueMicrotask(() => completed(failure));
    return failure !== null;
  }

  #advance(): void {
    if (this.#underWay !== null) return;
    const commit = this.#gather();
    if (commit === null) return;
    this.#underWay = commit;
    this.#perform(commit).then(
      () => this.#finish(commit, null),
      (cause) => this.#failed(commit, cause),
    );
  }

  #gather(): Commit | null {
    const write = this.#pendingWrite;
    const peers = this.#pendingPeers;
    const mayRest = this.#isClosing || this.#failure !== null || this.content.isSwept;
    if (write === null && peers.length === 0 && mayRest) return null;
    this.#pendingWrite = null;
    this.#pendingPeers = [];
    const newest = new Map(peers.map(({ peer }) => [peer.nodeId, peer]));
    const completed = peers.map((pending) => pending.completed);
    if (write !== null) completed.push(write.completed);
    const plan = write?.plan ?? planWrite(this.content.log, []);
    return { plan, peers: [...newest.values()], completed };
  }

  /** ST9: a throw (an allocation that fails, a database that objects) is a failed write like any other. */
  async #perform({ plan, peers }: Commit): Promise<void> {
    const { database, identity, slotFiles } = this.#opened;
    const cut = plan.cutFrom === null ? null : this.content.runCutAt(plan.cutFrom);
    const change = { plan, head: cut === null ? null : await this.#headOf(cut), peers };
    const { changes, state } = this.content.encode(change);
    const { incarnation } = identity;
    const { sequence, hardState, last } = state;
    const isAlone = isHardStateAlone(plan) && peers.length === 0;
    const copied = (): Promise<void> =>
      slotFiles.hardState.writeDurably({ incarnation, sequence, hardState, isAlone });
    const written = writeDurably(database, changes);
    if (isAlone) await bothOf(written, copied());
    else await written;
    if (plan.isHardStateChanged && !isAlone) await copied();
    slotFiles.acknowledged.write({ incarnation, sequence, last });
    slotFiles.acknowledged.syncSoon((cause) => this.fail(writeFailed(this.#directory, cause)));
    this.content.adopt(change, state);
  }

  /** What stays of a run that is cut in the middle is encoded anew, in the same batch. */
  async #headOf({ firstIndex, through }: CutRun): Promise<EntryRun> {
    const range = { from: firstIndex, through: firstIndex, bytesMax: 0 };
    const [run] = await readRuns(this.#opened.database, range);
    assert(run !== undefined, 'ST12: a read returns at least one run');
    return sliceRun(run, firstIndex, through);
  }

  #failed(commit: Commit, cause: unknown): void {
    const failure = writeFailed(this.#directory, cause);
    this.fail(failure);
    this.#finish(commit, failure);
  }

  #finish({ completed }: Commit, error: Error | null): void {
    this.#underWay = null;
    this.#isWriting = this.#pendingWrite !== null;
    const listeners = this.#idleListeners;
    this.#idleListeners = [];
    for (const listener of listeners) listener();
    if (this.#failure !== null) this.#refusePending(this.#failure);
    try {
      for (const callback of completed) callback(error);
    } finally {
      this.#advance();
    }
  }

  #refusePending(failure: RaftError): void {
    const commit = this.#gather();
    this.#isWriting = false;
    for (const callback of commit?.completed ?? []) queueMicrotask(() => callback(failure));
  }
}

/** ST4: then the log and the copy cannot contradict each other, whichever of them a crash leaves behind. */
function isHardStateAlone(plan: LogPlan): boolean {
  const { append, cutFrom, isHardStateChanged, isRestart, membership } = plan;
  const isLogChanged = append.length > 0 || cutFrom !== null || isRestart || membership !== null;
  return isHardStateChanged && !isLogChanged;
}
