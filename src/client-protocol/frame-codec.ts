/**
 * The msgpack part of a frame, the same in both directions. Whatever arrives is `unknown` until `Fields` has looked
 * at it; one wrong field spoils the frame, and the caller closes the connection (SV20, CL9).
 */

import { Packr, Unpackr } from 'msgpackr';
import { BadField, type Fields, readAll } from '../wire/fields.ts';
import { isPlainList, type PlainBounds } from '../wire/plain-list.ts';
import { CLIENT_FRAME_BYTES_MAX, ITEMS_PER_FRAME_MAX } from './limits.ts';

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });

export function packFrame(items: readonly (readonly unknown[])[]): Uint8Array {
  return packr.pack(items);
}

interface FrameForm<Item> {
  /** How deep and how many the values of a frame may be, so that decoding takes bounded memory (SP1). */
  readonly plain: PlainBounds;
  readonly readItem: (fields: Fields) => Item;
}

/** Reads each item of a frame; a string says what is wrong with the frame. */
export function readFrame<Item>(
  bytes: Uint8Array,
  { plain, readItem }: FrameForm<Item>,
): readonly Item[] | string {
  if (bytes.length > CLIENT_FRAME_BYTES_MAX) return 'the frame is too long';
  if (!isPlainList(bytes, 0, plain)) return 'the frame is not a plain msgpack array';
  const items = unpack(bytes);
  if (!Array.isArray(items)) return 'the frame is not msgpack';
  if (items.length > ITEMS_PER_FRAME_MAX) return 'the frame holds too many items';
  try {
    return items.map((item) => readAll(item, readItem));
  } catch (error) {
    if (error instanceof BadField) return error.message;
    throw error;
  }
}

/** `null` is no list of items either. */
function unpack(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch {
    return null;
  }
}
