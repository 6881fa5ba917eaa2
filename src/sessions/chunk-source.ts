/** The chunks of a snapshot as a stream of bytes, of which the table of sessions takes the first and leaves the rest. */
import type { ByteSource } from './table-codec.ts';

const NOTHING = new Uint8Array(0);

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
