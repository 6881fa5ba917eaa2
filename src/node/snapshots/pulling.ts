/**
 * Fetches a snapshot of another member (§5.2): over a connection of its own, chunk by chunk, a few of them under way at a
 * time, each on disk before more are asked for. What came stays there: the next pull of the same goes on behind it (IS4).
 * The chart of the snapshot receiver says when.
 */
import { assert } from '../../core/assert.ts';
import { type EntryRun, entriesOf } from '../../core/entry-run.ts';
import type { Hello } from '../../core/hello.ts';
import type { Message, SnapshotChunk } from '../../core/message.ts';
import { type NodeId, TERM_ZERO } from '../../core/types.ts';
import type { SnapshotStore, SnapshotWriter, StoredSnapshot } from '../../ports/snapshot-store.ts';
import type {
  CloseReason,
  ConnectionListener,
  PeerConnection,
  Transport,
} from '../../ports/transport.ts';
import { PULL_WINDOW_CHUNKS } from '../limits.ts';
import type { Introductions } from '../peers/introductions.ts';
import type { Peers } from '../peers/peers.ts';
import type { Actors } from '../tree/actors.ts';
import { storageFailed } from '../tree/failures.ts';

interface PullingOptions {
  readonly actors: Pick<Actors, 'tellSnapshotReceiver'>;
  /** Null: not known. */
  readonly addressOf: (peer: NodeId) => string | null;
  readonly introductions: Pick<Introductions, 'introduce' | 'judge'>;
  readonly peers: Pick<Peers, 'connectedBoot' | 'countEnd'>;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  readonly store: Pick<SnapshotStore, 'newest' | 'resume'>;
  readonly transport: Pick<Transport, 'dial'>;
}

export class Pulling {
  readonly #options: PullingOptions;
  #offered: StoredSnapshot | null = null;
  #pull: Pull | null = null;
  /** Of the one that is fetched, or was fetched last. */
  #writer: SnapshotWriter | null = null;
  /** A chunk is on its way to disk: before it is there, nobody can say where to go on. */
  #writing: Promise<void> = Promise.resolve();
  #hasEnded = false;

  constructor(options: PullingOptions) {
    this.#options = options;
  }

  /** Of a snapshot whose chunks are all on disk, to be finished. */
  get writer(): SnapshotWriter | null {
    return this.#writer;
  }

  /** IS1: one that this member needs; the chart takes it if it fetches no other. */
  offered(from: NodeId, snapshot: StoredSnapshot): void {
    this.#offered = snapshot;
    this.#options.actors.tellSnapshotReceiver({ type: 'snapshot.offered', from });
  }

  /** IS4: that of the offer in whose step this is. */
  pull(peer: NodeId): void {
    const snapshot = this.#offered;
    assert(snapshot !== null, 'IS4: what is fetched was offered');
    const pull = new Pull(this.#options, { peer, snapshot }, (writing) => {
      this.#writing = writing;
    });
    this.#pull = pull;
    this.#begin(pull, snapshot).catch((error: unknown) =>
      this.#options.run(() => pull.failed(error)),
    );
  }

  endPull(): void {
    this.#pull?.end('this fetch is over');
    this.#pull = null;
  }

  /** FS2: nothing more is asked for or written. */
  end(): void {
    this.#hasEnded = true;
    this.endPull();
  }

  async #begin(pull: Pull, snapshot: StoredSnapshot): Promise<void> {
    const { run, store } = this.#options;
    await this.#writing;
    if (this.#hasEnded || this.#pull !== pull) return;
    // One of the own state machine may hold as much by now.
    const isNeeded = snapshot.lastEntry.index > (store.newest?.lastEntry.index ?? 0);
    if (!isNeeded) return run(() => pull.ended());
    const writer = await store.resume(snapshot);
    run(() => {
      if (this.#pull !== pull) return;
      this.#writer = writer;
      pull.begin(writer);
    });
  }
}

/** What is being put together of the parts of a chunk. */
interface Assembling {
  readonly bytes: Uint8Array;
  filled: number;
}

/** One connection that fetches one snapshot. After its end it tells nobody anything. */
class Pull implements ConnectionListener {
  readonly #options: PullingOptions;
  readonly #peer: NodeId;
  readonly #snapshot: StoredSnapshot;
  readonly #noteWriting: (writing: Promise<void>) => void;
  #connection: PeerConnection | null = null;
  #writer: SnapshotWriter | null = null;
  #isAccepted = false;
  #isOver = false;
  /** The next chunk to ask for, and the one that comes next. */
  #nextToAsk = 0;
  #nextToCome = 0;
  #assembling: Assembling | null = null;
  /** Came and not written yet. Bound: `PULL_WINDOW_CHUNKS`, since no more are asked for. */
  readonly #arrived: Uint8Array[] = [];
  #isWriting = false;

  constructor(
    options: PullingOptions,
    of: { readonly peer: NodeId; readonly snapshot: StoredSnapshot },
    noteWriting: (writing: Promise<void>) => void,
  ) {
    this.#options = options;
    this.#peer = of.peer;
    this.#snapshot = of.snapshot;
    this.#noteWriting = noteWriting;
  }

  begin(writer: SnapshotWriter): void {
    const { actors, addressOf, transport } = this.#options;
    this.#writer = writer;
    this.#nextToAsk = writer.nextChunk;
    this.#nextToCome = writer.nextChunk;
    if (this.#isAllStored(writer)) return actors.tellSnapshotReceiver({ type: 'pull.completed' });
    const address = addressOf(this.#peer);
    if (address === null) return this.ended();
    this.#connection = transport.dial(address, this);
  }

  end(text: string): void {
    this.#isOver = true;
    this.#connection?.close('local', text);
  }

  ended(): void {
    if (!this.#isOver) this.#options.actors.tellSnapshotReceiver({ type: 'pull.ended' });
  }

  failed(cause: unknown): void {
    const error = storageFailed(cause);
    if (!this.#isOver)
      this.#options.actors.tellSnapshotReceiver({ type: 'snapshot.failed', error });
  }

  onOpen(): void {
    const { introductions, run } = this.#options;
    run(() =>
      introductions.introduce(this.#peer, (hello) => {
        if (!this.#isOver) this.#connection?.sendHello({ ...hello, purpose: 'snapshot' });
      }),
    );
  }

  onHello(hello: Hello): void {
    this.#connection?.hold();
    this.#options.run(() => this.#judge(hello));
  }

  onMessage(message: Message, runs: readonly EntryRun[]): void {
    this.#options.run(() => {
      if (!this.#isOver && this.#isAccepted) this.#heard(message, runs);
    });
  }

  onClose({ kind }: CloseReason): void {
    this.#options.run(() => {
      this.#options.peers.countEnd(kind);
      this.ended();
    });
  }

  /** As on any other connection: whose snapshot it is decides what becomes of this member's log (ID1). */
  #judge(hello: Hello): void {
    const { introductions, peers } = this.#options;
    const { nodeId } = hello.identity;
    if (nodeId !== this.#peer)
      return this.#breakOff(`${nodeId} answers at the address of ${this.#peer}`);
    introductions.judge(hello, peers.connectedBoot(nodeId), (refusal) => {
      if (this.#isOver) return;
      if (refusal !== null) return this.#breakOff(refusal.said);
      this.#isAccepted = true;
      this.#connection?.release();
      this.#ask();
    });
  }

  #breakOff(text: string): void {
    this.#connection?.close('refused', text);
    this.ended();
  }

  #heard(message: Message, runs: readonly EntryRun[]): void {
    if (message.type === 'SnapshotGone') return this.ended();
    const [run] = runs;
    const isNext =
      message.type === 'SnapshotChunk' &&
      message.chunk === this.#nextToCome &&
      message.chunk < this.#nextToAsk;
    if (!isNext || run === undefined || !this.#takePart(message, run)) {
      this.#breakOff('that was not asked for');
    }
  }

  /** IS4: the parts of a chunk come in order. False: this one does not belong there. */
  #takePart({ offset, size }: SnapshotChunk, run: EntryRun): boolean {
    const assembling = this.#assembling ?? { bytes: new Uint8Array(size), filled: 0 };
    const data = entriesOf(run)[0]?.data ?? new Uint8Array(0);
    const { bytes, filled } = assembling;
    if (bytes.length !== size || filled !== offset || filled + data.length > size) return false;
    bytes.set(data, filled);
    assembling.filled += data.length;
    this.#assembling = assembling;
    if (assembling.filled < size) return true;
    this.#assembling = null;
    this.#nextToCome += 1;
    this.#arrived.push(bytes);
    this.#write();
    return true;
  }

  #write(): void {
    const { run } = this.#options;
    const writer = this.#writer;
    if (this.#isWriting || this.#arrived.length === 0 || writer === null) return;
    this.#isWriting = true;
    const writing = writer.append(...this.#arrived.splice(0));
    this.#noteWriting(writing.catch(() => {}));
    writing.then(
      () => run(() => this.#written(writer)),
      (error: unknown) => run(() => this.failed(error)),
    );
  }

  #written(writer: SnapshotWriter): void {
    const { actors } = this.#options;
    this.#isWriting = false;
    if (this.#isOver) return;
    actors.tellSnapshotReceiver({ type: 'chunk.stored' });
    if (this.#isAllStored(writer)) return actors.tellSnapshotReceiver({ type: 'pull.completed' });
    this.#ask();
    this.#write();
  }

  #isAllStored({ nextChunk }: SnapshotWriter): boolean {
    return nextChunk >= this.#snapshot.chunkCount;
  }

  #ask(): void {
    const { checksum, chunkCount, lastEntry } = this.#snapshot;
    const stored = this.#writer?.nextChunk ?? 0;
    const through = Math.min(chunkCount, stored + PULL_WINDOW_CHUNKS);
    for (; this.#nextToAsk < through; this.#nextToAsk += 1) {
      const chunk = this.#nextToAsk;
      const isSent = this.#connection?.send(
        { type: 'PullChunk', term: TERM_ZERO, lastEntry, checksum, chunk },
        [],
      );
      if (isSent !== true) return this.#breakOff('this connection takes nothing');
    }
  }
}
