/**
 * The msgpack part of a frame and the checks that both directions share. Whatever arrives is `unknown`
 * until each field has been looked at; one wrong field spoils the frame, and the caller closes the
 * connection (SV20, CL9).
 */
import { Packr, Unpackr } from 'msgpackr';
import { isPlainList, type PlainBounds } from '../wire/plain-list.ts';
import { CLIENT_FRAME_BYTES_MAX, ITEMS_PER_FRAME_MAX } from './frame-shapes.ts';

/** A field was not what it has to be. Caught where the frame is read, never seen outside. */
export class BadFrame extends Error {}

const packr = new Packr({ useRecords: false });
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'number' });

export function packFrame(items: readonly (readonly unknown[])[]): Uint8Array {
  return packr.pack(items);
}

interface FrameForm<Item> {
  /** How deep and how many the values of a frame may be, so that decoding takes bounded memory (SP1). */
  readonly plain: PlainBounds;
  readonly readItem: (item: readonly unknown[]) => Item;
}

/** Reads each item of a frame; a string says what is wrong with the frame. */
export function readFrame<Item>(
  bytes: Uint8Array,
  { plain, readItem }: FrameForm<Item>,
): readonly Item[] | string {
  if (bytes.length > CLIENT_FRAME_BYTES_MAX) return 'the frame is too long';
  if (!isPlainList(bytes, 0, plain)) return 'the frame is not a plain msgpack array';
  try {
    const items = list(unpack(bytes));
    if (items.length > ITEMS_PER_FRAME_MAX) return 'the frame holds too many items';
    return items.map((item) => readItem(list(item)));
  } catch (error) {
    if (error instanceof BadFrame) return error.message;
    throw error;
  }
}

function unpack(bytes: Uint8Array): unknown {
  try {
    return unpackr.unpack(bytes);
  } catch {
    throw new BadFrame('the frame is not msgpack');
  }
}

export function list(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw new BadFrame('an array was expected');
  return value;
}

/** Exactly as many fields as the shape has. */
export function fields(item: readonly unknown[], count: number): void {
  if (item.length !== count) throw new BadFrame('an item has too few or too many fields');
}

export function whole(value: unknown, min: number, max = Number.MAX_SAFE_INTEGER): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new BadFrame('a number is missing or out of range');
}

export function bytesOf(value: unknown): Uint8Array {
  if (value instanceof Uint8Array) return value;
  throw new BadFrame('bytes were expected');
}

export function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  throw new BadFrame('text was expected');
}

export function flagOf(value: unknown): boolean {
  if (typeof value === 'boolean') return value;
  throw new BadFrame('true or false was expected');
}

export function orNull<Value>(value: unknown, read: (value: unknown) => Value): Value | null {
  return value === null ? null : read(value);
}

export function oneOf<Word>(value: unknown, words: readonly Word[]): Word {
  const word = words[whole(value, 0, words.length - 1)];
  if (word === undefined) throw new BadFrame('a choice is not known');
  return word;
}
