/**
 * The JSON of a range, text by text. A large value is never a text as a whole: a hundred readers that take nothing
 * would hold it a hundred times, each time as text, as JSON and as bytes (SP5).
 */
import { isUtf8 } from 'node:buffer';
import type { RangeResult } from '../../../kv/commands/results.ts';
import type { KeyValue } from '../../../kv/keys/key-value.ts';
import { VALUE_PART_BYTES } from '../../limits.ts';
import { bytesField, type JsonEncoding, keyValueJson } from '../request/json-bytes.ts';

interface RangeShape {
  readonly encoding: JsonEncoding;
  readonly keysOnly: boolean;
  /** Bound: characters of JSON, which may spell a byte with six. One key is shown even if it alone takes more. */
  readonly textMax: number;
}

export function* rangeTexts(
  { revision, kvs, more, count }: RangeResult,
  shape: RangeShape,
): Generator<string, void, undefined> {
  yield `{"revision":${revision},"kvs":[`;
  let shown = 0;
  let length = 0;
  for (const kv of kvs) {
    const isLarge = !shape.keysOnly && kv.value.length > VALUE_PART_BYTES;
    const texts = isLarge ? largeTexts(kv, shape) : [JSON.stringify(keyValueJson(kv, shape))];
    for (const text of texts) length += text.length;
    if (length > shape.textMax && shown > 0) break;
    if (shown > 0) yield ',';
    yield* texts;
    shown += 1;
  }
  yield `],"more":${more || shown < kvs.length},"count":${count}}`;
}

/** The same JSON as of a small one, made anew each time it is gone through. */
function largeTexts(kv: KeyValue, { encoding }: RangeShape): Iterable<string> {
  const { key, value, createRevision, modRevision, version, lease } = kv;
  const isText = encoding === 'utf8' && isUtf8(value);
  const name = isText || encoding === 'base64' ? '"value":"' : '"value":null,"valueBase64":"';
  const before = `${JSON.stringify(bytesField('key', key, encoding)).slice(0, -1)},${name}`;
  const after = JSON.stringify({ createRevision, modRevision, version, lease }).slice(1);
  return {
    *[Symbol.iterator]() {
      yield before;
      yield* isText ? escapedParts(value) : base64Parts(value);
      yield `",${after}`;
    },
  };
}

function* escapedParts(utf8: Uint8Array): Generator<string> {
  for (let at = 0; at < utf8.length; ) {
    let end = Math.min(at + VALUE_PART_BYTES, utf8.length);
    while (isWithinCharacter(utf8[end])) end -= 1;
    yield JSON.stringify(viewOf(utf8, at, end).toString('utf8')).slice(1, -1);
    at = end;
  }
}

/** Three bytes are four characters: only the last part may be padded. */
function* base64Parts(bytes: Uint8Array): Generator<string> {
  for (let at = 0; at < bytes.length; at += VALUE_PART_BYTES) {
    yield viewOf(bytes, at, Math.min(at + VALUE_PART_BYTES, bytes.length)).toString('base64');
  }
}

function isWithinCharacter(byte: number | undefined): boolean {
  return byte !== undefined && byte >> 6 === 0b10;
}

function viewOf({ buffer, byteOffset }: Uint8Array, start: number, end: number): Buffer {
  return Buffer.from(buffer, byteOffset + start, end - start);
}
