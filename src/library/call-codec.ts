/**
 * A call of a machine of one's own, as the command that stands for it in the log: `[name, input]` in MessagePack, written and
 * read by `msgpackr`. What is written is a copy of the input, made by `input-copy.ts`, which refuses what would not arrive;
 * what is read may be of any earlier version.
 */

import { Packr, RESET_BUFFER_MODE, Unpackr } from 'msgpackr';
import { inputCopy, tooLarge } from './input-copy.ts';
import { BLOCK_BYTES_KEPT_MAX } from './limits.ts';

interface NamedCall {
  readonly name: string;
  readonly input: unknown;
}

/**
 * OW1: bytes inside an input are copied, so that a command owns them. AD5: no ids and pointers, with which a
 * few bytes become a large structure.
 */
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, structuredClone: false });

/** The forms that earlier versions wrote, only that few fields take fewer bytes. A field `toJSON` is a field. */
const packr = new Packr({
  useRecords: false,
  moreTypes: true,
  variableMapSize: true,
  useToJSON: false,
});

const BLOCK_BYTES = 8_192;

/** The bytes of a command. Throws `RAFT_BAD_REQUEST`, or `RAFT_TOO_LARGE` past `bytesMax`. */
export function encodeCall(
  name: string,
  input: unknown,
  bytesMax = Number.POSITIVE_INFINITY,
): Uint8Array {
  return packed([name, inputCopy(input, bytesMax)], bytesMax);
}

/** The bytes of a result, from which it comes back as it is; `null`: it would not, or takes more than `bytesMax`. */
export function encodeValue(value: unknown, bytesMax: number): Uint8Array | null {
  try {
    return packed(inputCopy(value, bytesMax), bytesMax);
  } catch {
    return null;
  }
}

/** What `encodeValue` wrote, in parts of the reader's own; `null` for anything else. */
export function decodeValue(bytes: Uint8Array): unknown {
  return unpacked(bytes);
}

function packed(value: unknown, bytesMax: number): Uint8Array {
  const block = packr.pack(value, RESET_BUFFER_MODE);
  if (block.buffer.byteLength > BLOCK_BYTES_KEPT_MAX) packr.useBuffer(Buffer.alloc(BLOCK_BYTES));
  if (block.length > bytesMax) throw tooLarge(bytesMax);
  return new Uint8Array(block);
}

/**
 * AD5: `null` if the bytes are no command, on every replica alike. All its parts are plain `Uint8Array`s, dates and
 * so on of the reader's own; nothing of them is shared with `data`.
 */
export function decodeCall(data: Uint8Array): NamedCall | null {
  const call = unpacked(data);
  if (!Array.isArray(call) || call.length !== 2 || typeof call[0] !== 'string') return null;
  return { name: call[0], input: call[1] };
}

/** Seen as a `Uint8Array` whatever it is: of a `Buffer` the copies would be `Buffer`s, on that replica only. */
function unpacked(data: Uint8Array): unknown {
  try {
    return unpackr.unpack(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  } catch {
    return null;
  }
}
