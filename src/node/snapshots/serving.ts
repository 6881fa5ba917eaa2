/**
 * Hands out snapshots to members that lack what they hold (§5.2): tells them which is to be had, and serves the chunks they
 * ask for, each over a connection of its own, at a pace. A snapshot that somebody fetches stays, and so does the log behind it,
 * until it is fetched or its fetcher has fallen silent (IS6).
 */
import { assert } from '../../core/assert.ts';
import { encodeConfigurationRun } from '../../core/configuration-entry.ts';
import {
  ENTRY_HEADER_BYTES,
  ENTRY_KIND,
  encodeRun,
  RUN_HEADER_BYTES,
} from '../../core/entry-run.ts';
import { RaftError } from '../../core/errors.ts';
import type { Limits } from '../../core/limits.ts';
import type { Message, PullChunk } from '../../core/message.ts';
import { index, type NodeId, nextIndex, nextTerm, TERM_ZERO, type Term } from '../../core/types.ts';
import type { Clock } from '../../ports/clock.ts';
import type { SnapshotStore, StoredSnapshot } from '../../ports/snapshot-store.ts';
import type { PeerConnection } from '../../ports/transport.ts';
import {
  PULLS_WAITING_MAX,
  SEND_RETRY_MS,
  SERVED_MAX,
  SERVED_SILENCE_MS,
  SNAPSHOT_BYTES_PER_SECOND,
} from '../limits.ts';
import type { ServedConnection } from '../peers/callers.ts';
import type { Peers } from '../peers/peers.ts';
import { storageFailed } from '../tree/failures.ts';

interface ServingOptions {
  readonly clock: Pick<Clock, 'clearTimeout' | 'now' | 'setTimeout'>;
  readonly fail: (error: unknown) => void;
  readonly limits: Pick<Limits, 'frameBytesMax'>;
  readonly peers: Pick<Peers, 'send'>;
  /** A snapshot need not stay any more. */
  readonly released: () => void;
  /** Runs an input of the step loop. */
  readonly run: (input: () => void) => void;
  readonly store: Pick<SnapshotStore, 'newest' | 'oldest' | 'pin' | 'readChunks'>;
}

/** A member that fetches a snapshot, or has until a moment ago. */
interface Fetcher {
  readonly snapshot: StoredSnapshot;
  readonly unpin: () => void;
  silence: unknown;
}

export class Serving {
  readonly #options: ServingOptions;
  readonly #fetchers = new Map<NodeId, Fetcher>();
  readonly #connections = new Map<NodeId, Served>();
  /** When the next chunk may leave: at a pace, whoever it is for. */
  #paceMs = 0;
  #hasEnded = false;

  constructor(options: ServingOptions) {
    this.#options = options;
  }

  /** LR21: the one that the peer fetches already, however old it is by now (E9), or else the newest. */
  offer(to: NodeId, term: Term): void {
    const { peers, store } = this.#options;
    const snapshot = this.#fetchers.get(to)?.snapshot ?? store.newest;
    if (snapshot === null) return;
    const { bytes, checksum, chunkCount, lastEntry, membership, timeMs } = snapshot;
    const start = { term: lastEntry.term, firstIndex: nextIndex(membership.index), timeMs };
    const about = { lastEntry, timeMs, chunkCount, bytes, checksum };
    peers.send(to, { type: 'SnapshotOffer', term, ...about }, [
      encodeConfigurationRun(start, membership),
    ]);
  }

  /** Its hello was accepted. Bound: `SERVED_MAX` at a time; who comes later tries again. */
  take(peer: NodeId, connection: PeerConnection): ServedConnection {
    this.#connections.get(peer)?.close('a newer connection takes its place');
    const served = new Served(this.#options, connection, {
      find: (wanted) => this.#find(peer, wanted),
      reserve: (bytes) => this.#reserve(bytes),
      closed: () => {
        if (this.#connections.get(peer) === served) this.#connections.delete(peer);
      },
    });
    if (this.#connections.size >= SERVED_MAX) served.close('too many fetch snapshots here');
    else this.#connections.set(peer, served);
    return served;
  }

  /** E14: it is no member any more. */
  left(peer: NodeId): void {
    this.#connections.get(peer)?.close('no member any more');
    this.#forget(peer);
  }

  end(): void {
    this.#hasEnded = true;
    for (const served of [...this.#connections.values()]) served.close('this node is stopping');
    for (const peer of [...this.#fetchers.keys()]) this.#forget(peer);
  }

  /** IS6: pinned from the first chunk that is asked for. `null`: it is not here. */
  #find(peer: NodeId, { checksum, lastEntry }: PullChunk): StoredSnapshot | null {
    const { clock, store } = this.#options;
    const isWanted = (snapshot: StoredSnapshot): boolean =>
      snapshot.lastEntry.index === lastEntry.index &&
      snapshot.lastEntry.term === lastEntry.term &&
      snapshot.checksum === checksum;
    const known = this.#fetchers.get(peer);
    const candidates = [known?.snapshot ?? null, store.newest, store.oldest];
    const snapshot = candidates.find((each) => each !== null && isWanted(each)) ?? null;
    if (snapshot === null || this.#hasEnded) return null;
    const silence = clock.setTimeout(() => this.left(peer), SERVED_SILENCE_MS);
    if (known?.snapshot === snapshot) {
      clock.clearTimeout(known.silence);
      known.silence = silence;
      return snapshot;
    }
    const unpin = store.pin(snapshot);
    this.#forget(peer);
    this.#fetchers.set(peer, { snapshot, unpin, silence });
    return snapshot;
  }

  #forget(peer: NodeId): void {
    const known = this.#fetchers.get(peer);
    if (known === undefined) return;
    this.#fetchers.delete(peer);
    this.#options.clock.clearTimeout(known.silence);
    known.unpin();
    if (!this.#hasEnded) this.#options.released();
  }

  /** Returns how long to wait before so many bytes may leave, in milliseconds. */
  #reserve(bytes: number): number {
    const now = this.#options.clock.now();
    const from = Math.max(now, this.#paceMs);
    this.#paceMs = from + (bytes * 1_000) / SNAPSHOT_BYTES_PER_SECOND;
    return from - now;
  }
}

interface ServedParts {
  /** The snapshot that a request names, pinned. `null`: it is not here. */
  readonly find: (wanted: PullChunk) => StoredSnapshot | null;
  /** As above. */
  readonly reserve: (bytes: number) => number;
  readonly closed: () => void;
}

/** Chunks that were read together; those behind the first are asked for next. */
interface ReadAhead {
  readonly snapshot: StoredSnapshot;
  readonly from: number;
  readonly chunks: readonly Uint8Array[];
}

/** One connection over which chunks are asked for; they are served one after the other. */
class Served implements ServedConnection {
  readonly #options: ServingOptions;
  readonly #connection: PeerConnection;
  readonly #parts: ServedParts;
  /** Bound: `PULLS_WAITING_MAX`; whoever asks for more is hung up. */
  readonly #wanted: PullChunk[] = [];
  /** Bound: what the store reads in one step. */
  #ahead: ReadAhead | null = null;
  #isServing = false;
  #isOver = false;

  constructor(options: ServingOptions, connection: PeerConnection, parts: ServedParts) {
    this.#options = options;
    this.#connection = connection;
    this.#parts = parts;
  }

  heard(message: Message): void {
    if (this.#isOver) return;
    if (message.type !== 'PullChunk') return this.close('that belongs on another connection');
    if (this.#wanted.length >= PULLS_WAITING_MAX) return this.close('too much is asked for');
    this.#wanted.push(message);
    this.#serve();
  }

  closed(): void {
    this.#isOver = true;
    this.#parts.closed();
  }

  close(text: string): void {
    this.closed();
    this.#connection.close('local', text);
  }

  #serve(): void {
    const { fail, run, store } = this.#options;
    const wanted = this.#isServing ? undefined : this.#wanted.shift();
    if (wanted === undefined || this.#isOver) return;
    const snapshot = this.#parts.find(wanted);
    if (snapshot === null) return this.#gone();
    this.#isServing = true;
    const known = this.#ahead;
    const bytes =
      known?.snapshot === snapshot ? known.chunks[wanted.chunk - known.from] : undefined;
    if (bytes !== undefined) return this.#wait(wanted, bytes);
    store.readChunks(snapshot, wanted.chunk).then(
      (chunks) => run(() => this.#read(wanted, { snapshot, from: wanted.chunk, chunks })),
      (error: unknown) =>
        run(() => {
          if (this.#isOver) return;
          if (isGone(error)) this.#gone();
          else fail(storageFailed(error));
        }),
    );
  }

  #read(wanted: PullChunk, ahead: ReadAhead): void {
    const [bytes] = ahead.chunks;
    assert(bytes !== undefined, 'IS4: a chunk is read, or there is an error');
    this.#ahead = ahead;
    this.#wait(wanted, bytes);
  }

  #gone(): void {
    this.#connection.send({ type: 'SnapshotGone', term: TERM_ZERO }, []);
    this.#isServing = false;
    this.#serve();
  }

  #wait({ chunk }: PullChunk, bytes: Uint8Array): void {
    const delayMs = this.#parts.reserve(bytes.length);
    if (delayMs < 1) return this.#send(chunk, bytes, 0);
    this.#options.clock.setTimeout(() => this.#send(chunk, bytes, 0), delayMs);
  }

  /** As many parts as it takes; where the connection is full, the rest a little later. */
  #send(chunk: number, bytes: Uint8Array, from: number): void {
    const { clock, limits } = this.#options;
    const partMax = limits.frameBytesMax - RUN_HEADER_BYTES - ENTRY_HEADER_BYTES;
    for (let offset = from; offset < bytes.length; offset += partMax) {
      if (this.#isOver) return;
      const data = bytes.subarray(offset, offset + partMax);
      const start = {
        term: nextTerm(TERM_ZERO),
        firstIndex: index(1),
        timeMs: 0,
      };
      const run = encodeRun(start, [{ kind: ENTRY_KIND.command, data }]);
      const about = { chunk, offset, size: bytes.length };
      if (!this.#connection.send({ type: 'SnapshotChunk', term: TERM_ZERO, ...about }, [run])) {
        clock.setTimeout(() => this.#send(chunk, bytes, offset), SEND_RETRY_MS);
        return;
      }
    }
    this.#isServing = false;
    this.#serve();
  }
}

function isGone(error: unknown): boolean {
  return error instanceof RaftError && error.code === 'RAFT_COMPACTED';
}
