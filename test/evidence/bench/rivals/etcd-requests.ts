/**
 * The three requests that etcd is measured and filled with, as gRPC carries them: a byte for no compression, four for
 * the length, and a message of protocol buffers, whose every field here is bytes with a number and a length.
 */

const PUT_REQUEST = { key: 1, value: 2 } as const;
const RANGE_REQUEST = { key: 1 } as const;
const TXN_REQUEST = { success: 2 } as const;
const REQUEST_OP = { requestPut: 2 } as const;

export function putFrame(key: string, value: Uint8Array): Buffer {
  return frame(putRequest(key, value));
}

export function rangeFrame(key: string): Buffer {
  return frame(field(RANGE_REQUEST.key, Buffer.from(key)));
}

/** One transaction that puts them all. */
export function putAllFrame(keys: readonly string[], value: Uint8Array): Buffer {
  const puts = keys.map((key) => field(REQUEST_OP.requestPut, putRequest(key, value)));
  return frame(Buffer.concat(puts.map((put) => field(TXN_REQUEST.success, put))));
}

function putRequest(key: string, value: Uint8Array): Buffer {
  return Buffer.concat([field(PUT_REQUEST.key, Buffer.from(key)), field(PUT_REQUEST.value, value)]);
}

function frame(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

/** Wire type 2: a length, then so many bytes. */
function field(number: number, bytes: Uint8Array): Buffer {
  return Buffer.concat([varint((number << 3) | 2), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}
