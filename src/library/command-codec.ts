/**
 * A command as it stands in the log: `[name, input]` in MessagePack. It is written by `input-writer.ts`, which
 * refuses what would not arrive, and read by `msgpackr`, which knows all that earlier versions wrote.
 */
import { Unpackr } from 'msgpackr';
import { InputWriter } from './input-writer.ts';
import { type Block, MessagePackWriter, newBlock } from './message-pack-writer.ts';

export interface NamedCall {
  readonly name: string;
  readonly input: unknown;
}

/**
 * OW1: bytes inside an input are copied, so that a command owns them. AD5: no ids and pointers, with which a
 * few bytes become a large structure.
 */
const unpackr = new Unpackr({ useRecords: false, copyBuffers: true, structuredClone: false });

/** Used for one command after the other; `null` while one is being written, as reading an input may run any code. */
let spareBlock: Block | null = newBlock();

/** The bytes of a command. Throws `RAFT_BAD_REQUEST`, or `RAFT_TOO_LARGE` past `bytesMax`. */
export function encodeCommand(
  name: string,
  input: unknown,
  bytesMax = Number.POSITIVE_INFINITY,
): Uint8Array {
  const block = spareBlock ?? newBlock();
  spareBlock = null;
  try {
    const writer = new MessagePackWriter(bytesMax, block);
    writer.array(2);
    writer.text(name);
    new InputWriter(writer).write(input);
    return writer.written();
  } finally {
    spareBlock = block;
  }
}

/**
 * AD5: `null` if the bytes are no command, on every replica alike. All its parts are plain `Uint8Array`s, dates and
 * so on of the reader's own; nothing of them is shared with `data`.
 */
export function decodeCommand(data: Uint8Array): NamedCall | null {
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
