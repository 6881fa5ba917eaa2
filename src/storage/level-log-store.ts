/**
 * The durable `LogStore`: one data directory with a LevelDB and three small files (docs/formats.md), proven whole before
 * it opens (ST3–ST8). `store-writer.ts` writes; this file reads and has the lifetime. No `node:` in here.
 */
import { foundingMembership } from '../core/configuration.ts';
import { type EntryRun, sliceRun } from '../core/entry-run.ts';
import { RaftError } from '../core/errors.ts';
import type { KnownPeer } from '../core/identity.ts';
import type { ReadRange } from '../core/run-list.ts';
import { textOf } from '../core/thrown-text.ts';
import { INDEX_ZERO, type Index, nodeId } from '../core/types.ts';
import type { LogOperation, LogStore, LogStoreOwner, RecoveredLog } from '../ports/log-store.ts';
import type { SnapshotStore } from '../ports/snapshot-store.ts';
import { closeSlotFiles, type OpenedDirectory, openDirectory } from './directory/data-directory.ts';
import type { DirectoryGround } from './directory/directory-parts.ts';
import { readFailed, storeClosed } from './directory/refusals.ts';
import { requireReadable } from './log/read-range.ts';
import { readRuns, UnreadableRun } from './log/run-reader.ts';
import { promised } from './promised.ts';
import { NO_SNAPSHOTS } from './snapshots/no-snapshots.ts';
import { StoreWriter } from './store-writer.ts';

interface Session {
  readonly opened: OpenedDirectory;
  readonly writer: StoreWriter;
}

export class LevelLogStore implements LogStore {
  readonly #ground: DirectoryGround;
  readonly snapshots: SnapshotStore = NO_SNAPSHOTS;
  #session: Session | null = null;

  constructor(ground: DirectoryGround) {
    this.#ground = ground;
  }

  async open(owner: LogStoreOwner): Promise<RecoveredLog> {
    if (this.#session !== null) throw new TypeError('the store is open already');
    nodeId(owner.nodeId);
    const opened = await openDirectory(this.#ground, owner);
    const writer = new StoreWriter(this.#ground.directory, opened);
    this.#session = { opened, writer };
    const { identity, isNew, proven } = opened;
    const { content } = writer;
    const { commitIndex, hardState, shape: log } = content.log;
    const { configuration, configurations } = proven;
    const membership = proven.membership?.value ?? foundingMembership(configuration, INDEX_ZERO);
    const known = { hardState, log, commitIndex };
    const members = { configuration, membership, configurations };
    writer.begin();
    return { identity, ...known, ...members, snapshot: null, peers: content.peers, isNew };
  }

  write(operations: readonly LogOperation[], completed: (error: Error | null) => void): void {
    if (this.#session !== null) this.#session.writer.write(operations, completed);
    else queueMicrotask(() => completed(storeClosed(this.#ground.directory)));
  }

  async read(range: ReadRange): Promise<readonly EntryRun[]> {
    const session = this.#requireSession();
    const { writer, opened } = session;
    while (writer.isCutting) await writer.whenWritten();
    if (writer.failure !== null) throw writer.failure;
    requireReadable(writer.content.log.shape, range);
    const firstIndex = writer.content.runHolding(range.from);
    try {
      const runs = await readRuns(opened.database, { ...range, from: firstIndex });
      return runs.map((run) => sliceRun(run, range.from, range.through));
    } catch (error) {
      throw this.#readFailed(session, firstIndex, error);
    }
  }

  rememberPeer(peer: KnownPeer): Promise<void> {
    return promised((completed) => this.#requireSession().writer.rememberPeer(peer, completed));
  }

  /** What is under way is finished first. Does nothing if the store is not open. */
  async close(): Promise<void> {
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    const { writer, opened } = session;
    await writer.close();
    try {
      await closeSlotFiles(opened.slotFiles);
    } finally {
      await opened.database.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #requireSession(): Session {
    if (this.#session === null) throw storeClosed(this.#ground.directory);
    return this.#session;
  }

  #readFailed(session: Session, firstIndex: Index, error: unknown): RaftError {
    if (this.#session !== session) return storeClosed(this.#ground.directory);
    if (error instanceof RaftError) return error;
    const at = error instanceof UnreadableRun ? error.index : firstIndex;
    const failure = readFailed(this.#ground.directory, at, textOf(error));
    session.writer.fail(failure);
    return failure;
  }
}
