/**
 * A disk whose writes a test controls: the store in memory behind a door. A write under way has done
 * nothing yet; once the test lets it through it is durable, and the node hears of it, unless it died first.
 * Beside it stands the checkers' picture of what is durable.
 */
import { unreachable } from '../../core/assert.ts';
import type { HardState } from '../../core/hard-state.ts';
import type { KnownPeer } from '../../core/identity.ts';
import type { ReadRange } from '../../core/run-list.ts';
import { ENTRY_ZERO, INDEX_ZERO, type NodeId } from '../../core/types.ts';
import type { LogOperation, LogStore, LogStoreOwner, RecoveredLog } from '../../ports/log-store.ts';
import type { DatabaseChange } from '../../storage/disk/database.ts';
import { memoryLogStore } from '../../storage/memory-log-store.ts';
import { encodeRecord, keyOf, keyOfRun, RECORD_KIND } from '../../storage/records/record.ts';
import { DurableLog } from '../simulation/checks/durable-log.ts';
import { type StoredEntry, written } from './entries.ts';
import type { Watch } from './watch.ts';

interface HeldDiskOptions {
  readonly id: NodeId;
  readonly watch: Watch;
  /** The node asks for a write. */
  readonly begun?: (operations: readonly LogOperation[]) => void;
  /** It is durable. */
  readonly done?: (operations: readonly LogOperation[]) => void;
  /** What the disk makes of a write: the same, unless a test plants a fault. */
  readonly written?: (operations: readonly LogOperation[]) => readonly LogOperation[];
  /** The node was given a promise: what waits for it goes on before the next thing happens. */
  readonly promised?: () => void;
}

interface HeldWrite {
  readonly operations: readonly LogOperation[];
  readonly completed: (error: Error | null) => void;
}

export class HeldDisk {
  readonly durable: DurableLog;
  /** What a crash at this moment would leave. */
  entries: readonly StoredEntry[] = [];
  /** True: writes wait for the test. */
  isSlow = false;
  /** The next write fails. */
  isBroken = false;
  readonly #options: HeldDiskOptions;
  readonly #store: LogStore;
  #words = 0;
  #waiting: HeldWrite | null = null;

  constructor(options: HeldDiskOptions) {
    const { id, watch } = options;
    this.#options = options;
    this.durable = new DurableLog({
      appended: (at, entry) => watch.history.noteEntry(id, at, entry),
      hardStateChanged: (before, after) => this.#hardStateChanged(before, after),
    });
    watch.durables.set(id, this.durable);
    this.#store = memoryLogStore({
      randomWord: () => this.#nextWord(),
      defer: (run) => run(),
      failure: () => (this.isBroken ? new Error('input/output error') : null),
    });
  }

  get isWriting(): boolean {
    return this.#waiting !== null;
  }

  get hardState(): HardState {
    return this.durable.hardState;
  }

  /** The log as it will be once the write under way is done. */
  get entriesBegun(): readonly StoredEntry[] {
    return written(this.entries, this.#waiting?.operations ?? []);
  }

  /** What the disk holds before the test begins. */
  async prepare(owner: LogStoreOwner, operations: readonly LogOperation[]): Promise<void> {
    await this.#store.open(owner);
    this.#store.write(operations, () => {});
    this.#note(operations);
    await this.#store.close();
  }

  /** The store of one life of the node; the content is that of all its lives. */
  store(): LogStore {
    return {
      open: (owner) => this.#open(owner),
      write: (operations, completed) => {
        this.#waiting = { operations, completed };
        this.#options.begun?.(operations);
      },
      read: (range: ReadRange) => this.#promised(this.#store.read(range)),
      snapshots: this.#store.snapshots,
      rememberPeer: (peer: KnownPeer) => this.#promised(this.#store.rememberPeer(peer)),
      onFailure: (listener) => this.#store.onFailure(listener),
      close: () => this.#promised(this.#store.close()),
    };
  }

  /** Lets the write through that is under way. */
  complete(): void {
    const write = this.#waiting;
    this.#waiting = null;
    if (write !== null) this.#perform(write, write.completed);
  }

  /** The process dies with a write under way: it reached the disk, or it did not; nobody hears of it. */
  async crash({ isWritten }: { readonly isWritten: boolean }): Promise<void> {
    const write = this.#waiting;
    this.#waiting = null;
    if (write !== null && isWritten) this.#perform(write, () => {});
    await this.#store.close();
  }

  #perform({ operations }: HeldWrite, completed: HeldWrite['completed']): void {
    const made = this.#options.written?.(operations) ?? operations;
    this.#store.write(made, (error) => {
      if (error === null) {
        this.#note(operations);
        this.#options.done?.(operations);
      }
      completed(error);
    });
  }

  #note(operations: readonly LogOperation[]): void {
    this.durable.note(operations.flatMap(changesOf));
    this.entries = written(this.entries, operations);
  }

  #promised<Result>(promise: Promise<Result>): Promise<Result> {
    this.#options.promised?.();
    return promise;
  }

  /** S14: what the disk promised is there. */
  async #open(owner: LogStoreOwner): Promise<RecoveredLog> {
    const recovered = await this.#store.open(owner);
    const { hardState, log } = recovered;
    const { durable } = this;
    const isSame =
      hardState.term === durable.hardState.term &&
      hardState.votedFor === durable.hardState.votedFor &&
      log.lastIndex === durable.lastIndex;
    const { id, watch } = this.#options;
    if (!isSame) watch.report('S14', `${id} wakes without what its disk had promised`);
    return recovered;
  }

  #hardStateChanged(before: HardState, after: HardState): void {
    const { id, watch } = this.#options;
    if (after.term < before.term) watch.report('S10', `${id}: the term on its disk falls`);
    if (after.votedFor !== null) watch.history.noteVote(id, after.term, after.votedFor);
  }

  #nextWord(): string {
    this.#words += 1;
    const digits = `${this.#options.id}${this.#words}`.replace(/\D/g, '');
    return digits.padStart(16, '0');
  }
}

/** As the records of the production store, which the checkers read. */
function changesOf(operation: LogOperation): readonly DatabaseChange[] {
  switch (operation.type) {
    case 'setHardState': {
      const { hardState } = operation;
      const counters = { sequence: 0, boots: 0, runs: 0, digest: 0 };
      const places = { base: ENTRY_ZERO, last: ENTRY_ZERO, commitIndex: INDEX_ZERO };
      const state = { ...counters, hardState, ...places };
      const value = encodeRecord(RECORD_KIND.state, state);
      return [{ type: 'put', key: keyOf(RECORD_KIND.state), value }];
    }
    case 'truncateFrom':
      return [{ type: 'del', key: keyOfRun(operation.index) }];
    case 'append':
      return operation.runs.map((run) => ({
        type: 'put',
        key: keyOfRun(run.firstIndex),
        value: run.bytes,
      }));
    case 'compactThrough':
    case 'restart':
    case 'noteCommitted':
      return [];
    default:
      return unreachable(operation);
  }
}
