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
import {
  closeSlotFiles,
  type OpenedDirectory,
  type OpenedSnapshots,
  openDirectory,
} from './directory/data-directory.ts';
import { type DirectoryAccess, readIdentity } from './directory/directory-parts.ts';
import { commitIndexAt, installation } from './log/meeting.ts';
import { requireReadable } from './log/read-range.ts';
import { readRuns, UnreadableRun } from './log/run-reader.ts';
import { promised } from './promised.ts';
import {
  installationUnfinished,
  PART,
  readFailed,
  snapshotUnreadable,
  storeClosed,
  writeFailed,
} from './refusals.ts';
import { GROWTH_BOUNDS } from './snapshots/growing-draft.ts';
import { LevelSnapshotStore } from './snapshots/level-snapshot-store.ts';
import { StoreWriter } from './store-writer.ts';

interface Session {
  readonly opened: OpenedDirectory;
  readonly writer: StoreWriter;
}

export class LevelLogStore implements LogStore {
  #access: DirectoryAccess;
  readonly snapshots = new LevelSnapshotStore(() => storeClosed(this.#access.directory));
  #session: Session | null = null;
  #failed: (failure: Error) => void = () => {};
  /** What was begun ahead, and nobody may want; `null`: nothing was. */
  #ahead: Promise<(() => Promise<void>) | null> | null = null;

  constructor(access: DirectoryAccess) {
    this.#access = access;
  }

  /**
   * A hint: `open` is about to be called for this node. Where it has been before, its log is looked at and opened already,
   * which is mostly waiting: there is time for what else a start needs. It makes nothing and tells of no failure.
   * Resolves in any case, once there is nothing but waiting.
   */
  async beginToOpen(owner: Pick<LogStoreOwner, 'nodeId'>): Promise<void> {
    this.#ahead = this.#beginToOpen(owner).catch(() => null);
    await this.#ahead;
  }

  async open(owner: LogStoreOwner): Promise<RecoveredLog> {
    if (this.#session !== null) throw new TypeError('the store is open already');
    nodeId(owner.nodeId);
    await this.#ahead;
    this.#ahead = null;
    const opened = await openDirectory(this.#access, owner);
    const writer = new StoreWriter(this.#access.directory, opened, (failure) =>
      queueMicrotask(() => this.#failed(failure)),
    );
    this.#session = { opened, writer };
    this.#openSnapshots({ opened, writer });
    await this.#finishInstallation(writer, opened.snapshots);
    const { identity, isNew } = opened;
    const { content } = writer;
    const { commitIndex, hardState, shape: log } = content.log;
    const snapshot = opened.snapshots.newest;
    const known = { hardState, log, commitIndex: commitIndexAt(commitIndex, snapshot), snapshot };
    const members = membersIn(opened);
    if (this.#access.isLooking !== true) writer.begin();
    return { identity, ...known, ...members, peers: content.peers, isNew };
  }

  write(operations: readonly LogOperation[], completed: (error: Error | null) => void): void {
    if (this.#session !== null) this.#session.writer.write(operations, completed);
    else queueMicrotask(() => completed(storeClosed(this.#access.directory)));
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

  onFailure(listener: (failure: Error) => void): void {
    this.#failed = listener;
  }

  /** What is under way is finished first. Does nothing if the store is not open. */
  async close(): Promise<void> {
    const doWithout = await this.#ahead;
    this.#ahead = null;
    await doWithout?.();
    const session = this.#session;
    if (session === null) return;
    this.#session = null;
    const { writer, opened } = session;
    await writer.close();
    try {
      await closeSlotFiles(opened.slotFiles);
    } finally {
      await Promise.all([opened.database.close(), this.snapshots.close()]);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #beginToOpen({
    nodeId: own,
  }: Pick<LogStoreOwner, 'nodeId'>): Promise<(() => Promise<void>) | null> {
    const access = this.#access;
    const identity = await readIdentity(access);
    if (identity === null || identity.boots === 0 || identity.nodeId !== own) return null;
    const place = `${access.directory}/${PART.log}`;
    const database = access.database(place);
    await database.beginToLook?.();
    const doWithout = database.beginToOpen?.() ?? null;
    if (doWithout === null) return null;
    this.#access = {
      ...access,
      database: (path) => (path === place ? database : access.database(path)),
    };
    return doWithout;
  }

  #openSnapshots({ opened, writer }: Session): void {
    const { directory } = this.#access;
    const failing = (failure: RaftError): RaftError => {
      writer.fail(failure);
      return failure;
    };
    const { proven } = opened.snapshots;
    this.snapshots.open({
      ...opened.snapshots,
      proven: this.#access.isLooking === true ? { ...proven, remains: [] } : proven,
      growthBounds: this.#access.growthBounds ?? GROWTH_BOUNDS,
      incarnation: opened.identity.incarnation,
      logSequence: () => writer.content.state.sequence,
      refusal: () => writer.failure,
      writeFailed: (cause) => failing(writeFailed(directory, cause)),
      readFailed: ({ lastEntry }, why) =>
        failing(snapshotUnreadable(directory, lastEntry.index, why)),
    });
  }

  /** SN4: what was installed when this node last ended, and is not in the log. */
  async #finishInstallation(
    writer: StoreWriter,
    { meeting, newest }: OpenedSnapshots,
  ): Promise<void> {
    if (meeting === 'met' || newest === null) return;
    if (this.#access.isLooking === true) throw installationUnfinished(this.#access.directory);
    const operations = installation(writer.content.log, newest);
    await promised((completed) => writer.write(operations, completed));
  }

  #requireSession(): Session {
    if (this.#session === null) throw storeClosed(this.#access.directory);
    return this.#session;
  }

  #readFailed(session: Session, firstIndex: Index, error: unknown): RaftError {
    if (this.#session !== session) return storeClosed(this.#access.directory);
    if (error instanceof RaftError) return error;
    const at = error instanceof UnreadableRun ? error.index : firstIndex;
    const failure = readFailed(this.#access.directory, at, textOf(error));
    session.writer.fail(failure);
    return failure;
  }
}

/** An installation that was finished has left nothing of the log, and so none of its configurations. */
function membersIn({
  proven,
  snapshots: { meeting, newest },
}: OpenedDirectory): Pick<RecoveredLog, 'configuration' | 'configurations' | 'membership'> {
  const { configuration, configurations, membership } = proven;
  if (meeting === 'unfinished' && newest !== null) {
    return { configuration, membership: newest.membership, configurations: [] };
  }
  const founding = foundingMembership(configuration, INDEX_ZERO);
  return { configuration, membership: membership?.value ?? founding, configurations };
}
