/**
 * The chunks of a snapshot: those of the table of sessions, and behind them those of the machine inside, as it made
 * them. Read, they are a stream of bytes, of which the table takes the first and leaves the rest.
 */

import type { MachineSnapshot } from '../ports/state-machine.ts';
import { TABLE_CHUNK_BYTES } from './limits.ts';
import type { ByteSource } from './table-codec.ts';
import type { TableView } from './table-view.ts';

const NOTHING = new Uint8Array(0);

export async function* chunksOf(
  view: TableView,
  inner: MachineSnapshot,
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* gathered(view.parts());
  yield* inner.chunks();
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
