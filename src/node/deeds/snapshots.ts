/**
 * Takes snapshots: pins the state between two turns of applying, and writes it piece by piece while commands go on to be
 * applied (§5.1). The snapshotter chart says when. What the state machine does wrong costs the snapshot, what the disk
 * does wrong costs the node (SH4).
 */
import { assert } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { RaftState } from '../../core/raft-state.ts';
import { termAt } from '../../core/term-runs.ts';
import { textOf } from '../../core/thrown-text.ts';
import type { Index } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { CaptureOutcome, SnapshotEvent } from '../../ports/replica.ts';
import type {
  SnapshotMeta,
  SnapshotStore,
  SnapshotWriter,
  StoredSnapshot,
} from '../../ports/snapshot-store.ts';
import type { MachineSnapshot, SharedChunk, StateMachine } from '../../ports/state-machine.ts';
import { baseBehind } from '../../rules/compaction.ts';
import { SHARED_CHUNKS_AT_ONCE } from '../limits.ts';
import { type Actors, raftOf } from '../tree/actors.ts';
import { storageFailed } from '../tree/failures.ts';
import type { Applying } from './applying.ts';

interface Captured {
  readonly meta: SnapshotMeta;
  readonly view: MachineSnapshot;
}

/** The newest own one, as the machine gave it, and as it is on disk. */
interface Base {
  readonly view: MachineSnapshot;
  readonly stored: StoredSnapshot;
  readonly written: Written;
}

/** What became of the chunks of a snapshot. */
interface Written {
  /** There was another from which it could have had some. */
  readonly hadBase: boolean;
  sharedChunks: number;
  /** Of the chunks that were written, of those in front of the first shared one, and of the last one. */
  ownBytes: number;
  bytesInFront: number;
  lastBytes: number;
}

const NOTHING_WRITTEN = { sharedChunks: 0, ownBytes: 0, bytesInFront: 0, lastBytes: 0 };

type Progress = Parameters<Actors['tellSnapshotter']>[0];

interface SnapshotsOptions {
  readonly actors: Pick<Actors, 'raft' | 'tellRaft' | 'tellSnapshotter'>;
  readonly applying: Pick<Applying, 'lastApplied' | 'timeMs'>;
  readonly clock: Pick<Clock, 'yield'>;
  readonly machine: Pick<StateMachine, 'snapshot'>;
  readonly store: SnapshotStore;
  /** How many of the entries that are in one stay in the log; `null`: all. */
  readonly trailingEntries: number | null;
  /** The first entry that is in memory; `null`: none was appended since the start. */
  readonly inMemoryFrom: () => Index | null;
  /** Calls back when no batch is with the state machine: at once, or after the turn that is under way. */
  readonly betweenTurns: (act: () => void) => void;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
}

export class Snapshots {
  readonly #options: SnapshotsOptions;
  #captured: Captured | null = null;
  #base: Base | null = null;
  #refusal: RaftError | null = null;
  #hasEnded = false;
  /** Through where the newest one goes that was told of. */
  #toldIndex: Index | null = null;

  constructor(options: SnapshotsOptions) {
    this.#options = options;
    this.#toldIndex = options.store.newest?.lastEntry.index ?? null;
  }

  /** Why the last one was not taken; `null` if it was. */
  get refusal(): RaftError | null {
    return this.#refusal;
  }

  /** The last entry that the newest one holds. */
  get newestIndex(): Index | null {
    return this.#options.store.newest?.lastEntry.index ?? null;
  }

  /**
   * SH1: of the newest one, what the next has to write again. What shares chunks begins and ends otherwise each time; but
   * where one could have shared and did not, the next is not expected to.
   */
  get bytesToRepeat(): number {
    const base = this.#validBase();
    if (base?.view.chunksFrom === undefined) return this.#options.store.newest?.bytes ?? 0;
    const { bytesInFront, hadBase, lastBytes, sharedChunks } = base.written;
    return hadBase && sharedChunks === 0 ? base.stored.bytes : bytesInFront + lastBytes;
  }

  /** SH9: what there is to tell of the last try; `null`: nothing, or nothing new. */
  news(): SnapshotEvent | null {
    const refusal = this.#refusal;
    if (refusal !== null) {
      const isIdle = refusal.code === 'RAFT_NO_LEADER';
      return isIdle ? null : { type: 'refused', reason: refusal.message };
    }
    const { newest } = this.#options.store;
    if (newest === null || newest.lastEntry.index === this.#toldIndex) return null;
    this.#toldIndex = newest.lastEntry.index;
    return { type: 'taken', index: newest.lastEntry.index, bytes: newest.bytes };
  }

  /** SH2 */
  capture(): void {
    this.#options.betweenTurns(() => this.#tell(this.#capture()));
  }

  /** BK1: for a reader of its own, which releases it; what is captured to be stored is another. */
  captureFor(completed: (outcome: CaptureOutcome) => void): void {
    this.#options.betweenTurns(() => completed(this.#captureForReader()));
  }

  /** SH3 */
  store(): void {
    const { run } = this.#options;
    const captured = this.#captured;
    assert(captured !== null, 'SH2: what is stored was captured');
    this.#write(captured).then((progress) =>
      run(() => {
        this.#letGo();
        this.#tell(progress);
      }),
    );
  }

  /** LR19: by the oldest that somebody reads, or else by the newest: whoever installs it goes on with the log behind it. */
  compact(): void {
    const { actors, inMemoryFrom, store, trailingEntries } = this.#options;
    const covered = store.oldest;
    const kept = { trailingEntries, from: inMemoryFrom() };
    const base = covered === null ? null : baseBehind(raftOf(actors), covered, kept);
    if (base === null) this.#tell({ type: 'log.compacted' });
    else actors.tellRaft({ type: 'compaction.requested', ...base });
  }

  /** FS2: what is half written is no snapshot, and the next start of the store forgets it. */
  end(): void {
    this.#hasEnded = true;
    this.#letGo();
  }

  #tell(progress: Progress): void {
    if (!this.#hasEnded) this.#options.actors.tellSnapshotter(progress);
  }

  #letGo(): void {
    this.#captured?.view.release();
    this.#captured = null;
  }

  #capture(): Progress {
    const { machine, store } = this.#options;
    this.#refusal = null;
    const meta = this.#metaNow();
    const isNew = meta !== null && meta.lastEntry.index > (store.newest?.lastEntry.index ?? 0);
    if (!isNew) return this.#refuse(nothingNew());
    try {
      const view = machine.snapshot?.() ?? null;
      if (view === null) return this.#refuseForGood(machineHasNone());
      this.#captured = { meta, view };
      return { type: 'snapshot.captured' };
    } catch (error) {
      return this.#refuse(notTaken(error));
    }
  }

  #captureForReader(): CaptureOutcome {
    const meta = this.#metaNow();
    if (meta === null) return { type: 'failed', error: nothingToCapture() };
    try {
      const view = this.#options.machine.snapshot?.() ?? null;
      if (view === null) return { type: 'failed', error: machineHasNone() };
      return { type: 'captured', state: { meta, view } };
    } catch (error) {
      return { type: 'failed', error: notTaken(error) };
    }
  }

  /** `null`: nothing was applied, or the members there are known only once more is. */
  #metaNow(): SnapshotMeta | null {
    const { actors, applying } = this.#options;
    const { lastApplied: index, timeMs } = applying;
    const raft: RaftState = raftOf(actors);
    const term = index > 0 ? termAt(raft.log, index) : null;
    const membership = raft.configurations.findLast((each) => each.index <= index);
    if (term === null || membership === undefined) return null;
    return { lastEntry: { index, term }, membership, timeMs };
  }

  /** SN5: `null`: the newest was made by a former life, or by another member. */
  #validBase(): Base | null {
    const { newest } = this.#options.store;
    const base = this.#base;
    if (base === null || newest === null) return null;
    const { checksum, lastEntry } = base.stored;
    const isNewest = newest.lastEntry.index === lastEntry.index && newest.checksum === checksum;
    return isNewest ? base : null;
  }

  async #write({ meta, view }: Captured): Promise<Progress> {
    const base = view.chunksFrom === undefined ? null : this.#validBase();
    try {
      const writer = await this.#begin(meta, base);
      const hadBase = writer.share !== undefined;
      const written: Written = { hadBase, ...NOTHING_WRITTEN };
      const pieces = new Pieces(view, hadBase ? base : null);
      const progress = await this.#writeChunks(writer, pieces, written);
      if (progress !== null) return progress;
      const stored = await writer.finish();
      if (stored === null) return this.#refuse(overtaken());
      this.#base = { view, stored, written };
      return { type: 'snapshot.stored' };
    } catch (error) {
      const isNone = error instanceof RaftError && error.code === 'RAFT_NO_SNAPSHOTS';
      if (isNone) return this.#refuseForGood(error);
      return { type: 'snapshot.failed', error: storageFailed(error) };
    }
  }

  #begin(meta: SnapshotMeta, base: Base | null): Promise<SnapshotWriter> {
    const { store } = this.#options;
    return base === null ? store.begin(meta) : store.begin(meta, base.stored);
  }

  /** Bound: one chunk in memory, and one that is written in each turn of the event loop. `null`: all are written. */
  async #writeChunks(
    writer: SnapshotWriter,
    pieces: Pieces,
    written: Written,
  ): Promise<Progress | null> {
    for (let isShared = false; ; ) {
      if (!isShared || written.sharedChunks % SHARED_CHUNKS_AT_ONCE === 0) await this.#turn();
      const chunk = await pieces.next();
      if (chunk === null) return null;
      if (chunk instanceof RaftError) {
        await writer.abandon();
        return this.#refuse(chunk);
      }
      isShared = typeof chunk === 'number';
      if (typeof chunk === 'number') await writer.share?.(chunk);
      else await writer.append(chunk);
      note(written, chunk);
    }
  }

  #turn(): Promise<void> {
    return new Promise((resolve) => this.#options.clock.yield(resolve));
  }

  #refuse(error: RaftError): Progress {
    this.#refusal = error;
    return { type: 'snapshot.refused' };
  }

  #refuseForGood(error: RaftError): Progress {
    this.#refusal = error;
    return { type: 'snapshot.impossible' };
  }
}

/** What a state machine makes of its view, step by step, and what it throws meanwhile. */
class Pieces {
  readonly #view: MachineSnapshot;
  readonly #base: Base | null;
  #iterator: Iterator<SharedChunk> | AsyncIterator<SharedChunk> | null = null;

  constructor(view: MachineSnapshot, base: Base | null) {
    this.#view = view;
    this.#base = base;
  }

  /** `null`: that was all. */
  async next(): Promise<SharedChunk | RaftError | null> {
    try {
      this.#iterator ??= iteratorOf(this.#chunks());
      const { done, value } = await this.#iterator.next();
      return done === true ? null : value;
    } catch (error) {
      return notTaken(error);
    }
  }

  #chunks(): Chunks {
    const [view, base] = [this.#view, this.#base];
    const from = base === null ? undefined : view.chunksFrom?.(base.view);
    return from ?? view.chunks();
  }
}

type Chunks = Iterable<SharedChunk> | AsyncIterable<SharedChunk>;

function iteratorOf(chunks: Chunks): Iterator<SharedChunk> | AsyncIterator<SharedChunk> {
  return Symbol.asyncIterator in chunks
    ? chunks[Symbol.asyncIterator]()
    : chunks[Symbol.iterator]();
}

function note(written: Written, chunk: SharedChunk): void {
  if (typeof chunk === 'number') {
    if (written.sharedChunks === 0) written.bytesInFront = written.ownBytes;
    written.sharedChunks += 1;
  } else {
    written.ownBytes += chunk.length;
    written.lastBytes = chunk.length;
  }
}

function notTaken(cause: unknown): RaftError {
  const code = cause instanceof RaftError ? cause.code : 'RAFT_STATE_MACHINE_FAILED';
  return new RaftError(
    code,
    `the state machine gave no snapshot, and the node goes on without: ${textOf(cause)}`,
    { cause },
  );
}

function machineHasNone(): RaftError {
  return new RaftError(
    'RAFT_NO_SNAPSHOTS',
    'this state machine takes no snapshots: its log is all there is, and a start applies it anew',
  );
}

function overtaken(): RaftError {
  return new RaftError(
    'RAFT_NO_LEADER',
    'a newer snapshot came from another member meanwhile: nothing was done; ask again',
  );
}

function nothingToCapture(): RaftError {
  return new RaftError(
    'RAFT_NO_LEADER',
    'nothing was applied on this member yet: nothing was done; try again, or ask another',
  );
}

function nothingNew(): RaftError {
  return new RaftError(
    'RAFT_NO_LEADER',
    'nothing was applied that could be in a new snapshot: nothing was done; try again when more is',
  );
}
