/**
 * The chunks of a snapshot: those of the table of sessions, and behind them those of the machine inside, as it made
 * them. Read, they are a stream of bytes, of which the table takes the first and leaves the rest.
 */
import { joinedBytes } from '../core/bytes/joined-bytes.ts';
import { SNAPSHOT_CHUNK_BYTES_MAX } from '../core/limits.ts';
import type { MachineSnapshot, SharedChunk } from '../ports/state-machine.ts';
import { TABLE_CHUNK_BYTES, TABLE_CHUNKS_KEPT_MAX } from './limits.ts';
import type { ByteSource } from './table-codec.ts';
import type { TableView } from './table-view.ts';

const NOTHING = new Uint8Array(0);

/** The table, and behind it the snapshot of the machine inside (I2). */
export class SessionSnapshot implements MachineSnapshot {
  readonly chunksFrom?: (base: MachineSnapshot) => AsyncGenerator<SharedChunk, void, undefined>;
  readonly #inner: MachineSnapshot;
  /** `null`: it was released. */
  #view: TableView | null;
  /** In how many chunks the table was written. */
  #tableChunks = 0;

  constructor(view: TableView, inner: MachineSnapshot) {
    this.#view = view;
    this.#inner = inner;
    if (inner.chunksFrom !== undefined) this.chunksFrom = (base) => this.#chunksFrom(base);
  }

  async *chunks(): AsyncGenerator<Uint8Array, void, undefined> {
    yield* this.#table(0);
    yield* this.#inner.chunks();
  }

  release(): void {
    this.#view?.release();
    this.#view = null;
    this.#inner.release();
  }

  /** The table is small beside what is inside. */
  progress(): number {
    return this.#inner.progress?.() ?? 0;
  }

  /** Those of the machine inside have moved if the table takes more chunks, or fewer, than it did. */
  async *#chunksFrom(base: MachineSnapshot): AsyncGenerator<SharedChunk, void, undefined> {
    if (!(base instanceof SessionSnapshot) || this.#inner.chunksFrom === undefined) {
      return yield* this.chunks();
    }
    yield* this.#table(base.#tableChunks);
    for await (const chunk of this.#inner.chunksFrom(base.#inner)) {
      yield typeof chunk === 'number' ? base.#tableChunks + chunk : chunk;
    }
  }

  *#table(chunkCount: number): Generator<Uint8Array, void, undefined> {
    for (const chunk of inChunks(this.#view?.parts() ?? [], chunkCount)) {
      this.#tableChunks += 1;
      yield chunk;
    }
  }
}

/** In so many chunks, if they can hold it and it can fill them; otherwise in as many as it takes. */
function* inChunks(
  parts: Iterable<Uint8Array>,
  chunkCount: number,
): Generator<Uint8Array, void, undefined> {
  const held: Uint8Array[] = [];
  const bytesMax = Math.min(chunkCount, TABLE_CHUNKS_KEPT_MAX) * SNAPSHOT_CHUNK_BYTES_MAX;
  let bytes = 0;
  for (const chunk of gathered(parts)) {
    held.push(chunk);
    bytes += chunk.length;
    if (bytes > bytesMax) yield* held.splice(0);
  }
  if (bytes > bytesMax || bytes < chunkCount) return yield* held;
  const all = joinedBytes(held);
  for (let at = 0; at < chunkCount; at += 1) {
    const [from, to] = [at, at + 1].map((part) => Math.floor((bytes * part) / chunkCount));
    yield all.slice(from, to);
  }
}

/** Bound: small parts travel together, large ones in pieces. */
function* gathered(parts: Iterable<Uint8Array>): Generator<Uint8Array, void, undefined> {
  let chunk = new Uint8Array(TABLE_CHUNK_BYTES);
  let filled = 0;
  for (const part of parts) {
    for (let at = 0; at < part.length; ) {
      const piece = part.subarray(at, at + chunk.length - filled);
      chunk.set(piece, filled);
      at += piece.length;
      filled += piece.length;
      if (filled < chunk.length) break;
      yield chunk;
      chunk = new Uint8Array(TABLE_CHUNK_BYTES);
      filled = 0;
    }
  }
  if (filled > 0) yield chunk.slice(0, filled);
}

export class ChunkSource implements ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array = NOTHING;

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  async take(count: number): Promise<Uint8Array | null> {
    if (this.#held.length >= count) return this.#cut(count);
    const taken = new Uint8Array(count);
    for (let at = 0; at < count; ) {
      if (this.#held.length === 0 && !(await this.#next())) return null;
      const piece = this.#cut(Math.min(count - at, this.#held.length));
      taken.set(piece, at);
      at += piece.length;
    }
    return taken;
  }

  /** What was not taken. */
  async *rest(): AsyncGenerator<Uint8Array, void, undefined> {
    while (this.#held.length > 0 || (await this.#next())) {
      const chunk = this.#held;
      this.#held = NOTHING;
      yield chunk;
    }
  }

  #cut(count: number): Uint8Array {
    const piece = this.#held.subarray(0, count);
    this.#held = this.#held.subarray(count);
    return piece;
  }

  async #next(): Promise<boolean> {
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#held = value;
    return true;
  }
}
