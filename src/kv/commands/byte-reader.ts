/**
 * Reads what `byte-writer.ts` wrote, from bytes that nobody vouches for: every step checks that it
 * stays inside, and whatever does not fit is one `RaftError` with `RAFT_BAD_REQUEST` (KV10).
 * Blocks are views into the bytes, not copies.
 */
import { RaftError } from '../../core/errors.ts';
import { isCounter } from '../../core/types.ts';

export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #what: string;
  #at = 0;

  /** `what` is what the bytes should be, for the message: 'command' or 'result'. */
  constructor(bytes: Uint8Array, what: string) {
    this.#bytes = bytes;
    this.#what = what;
  }

  u8(): number {
    return this.#byte(this.#advance(1));
  }

  u32(): number {
    const at = this.#advance(4);
    const high = this.#byte(at + 2) | (this.#byte(at + 3) << 8);
    return (this.#byte(at) | (this.#byte(at + 1) << 8)) + high * 2 ** 16;
  }

  counter(): number {
    const low = this.u32();
    const value = low + this.u32() * 2 ** 32;
    if (!isCounter(value)) this.fail('a number is past the limit');
    return value;
  }

  /** A view, and a plain one: of a subclass such as Node's `Buffer`, `slice` would not copy. */
  block(): Uint8Array {
    const length = this.u32();
    const at = this.#advance(length);
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + at, length);
  }

  /** The entry of `table` that the next byte numbers. */
  choice<Choice>(table: readonly Choice[], what: string): Choice {
    const chosen = table[this.u8()];
    if (chosen === undefined) this.fail(`${what} is not known`);
    return chosen;
  }

  /** Bits up to and including `mask`'s; any other one is refused. */
  bits(mask: number): number {
    const bits = this.u8();
    if ((bits & ~mask) !== 0) this.fail('an unknown flag is set');
    return bits;
  }

  /** How many bytes have not been read. */
  get left(): number {
    return this.#bytes.length - this.#at;
  }

  /** Nothing may follow. */
  end(): void {
    if (this.left > 0) this.fail('bytes follow its end');
  }

  fail(why: string): never {
    throw new RaftError('RAFT_BAD_REQUEST', `These bytes are not a ${this.#what}: ${why}.`);
  }

  #advance(count: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) this.fail('it was cut');
    this.#at = at + count;
    return at;
  }

  /** The index was checked by `#advance`, which the type checker cannot see. */
  #byte(at: number): number {
    return this.#bytes[at] as number;
  }
}
