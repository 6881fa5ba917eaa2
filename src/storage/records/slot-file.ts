/**
 * A small file with two slots, written in turn, so that a torn write or one damaged block leaves the value before it: the
 * second copy of the hard state (ST4), the marker (ST7). The slots lie one block apart; each is a length and a record.
 *
 *   0     u32 length   4     record        4096  u32 length   4100  record        8192 end
 */
import { assert } from '../../core/assert.ts';
import { viewOf } from '../../core/bytes/view-of.ts';
import type { OpenFile } from '../disk/files.ts';
import { promised } from '../promised.ts';
import {
  type Decoded,
  decodeRecord,
  encodeRecord,
  type RecordFormat,
  type RecordKind,
} from './record.ts';

const SLOT_BYTES = 4096;
const LENGTH_BYTES = 4;

/** What a slot holds is newer the higher its sequence. */
export interface Sequenced {
  readonly sequence: number;
}

/** The content of a new file: the value in both slots. */
export function encodeSlots<Value extends Sequenced>(
  { kind }: RecordFormat<Value>,
  value: Value,
): Uint8Array {
  const slot = encodeSlot(kind, value);
  const bytes = new Uint8Array(2 * SLOT_BYTES);
  bytes.set(slot, 0);
  bytes.set(slot, SLOT_BYTES);
  return bytes;
}

interface SlotContent<Value> {
  /** Of the readable slots the newer one; a fault if neither can be read. */
  readonly newest: Decoded<Value>;
  /** Which slot is to be written next: the older, or the unreadable one. */
  readonly next: 0 | 1;
}

export function decodeSlots<Value extends Sequenced>(
  format: RecordFormat<Value>,
  bytes: Uint8Array,
): SlotContent<Value> {
  const first = decodeSlot(format, bytes.subarray(0, SLOT_BYTES));
  const second = decodeSlot(format, bytes.subarray(SLOT_BYTES));
  const isSecond =
    second.type === 'newer' ||
    (second.type === 'value' && (first.type === 'damaged' || isNewer(second, first)));
  return isSecond ? { newest: second, next: 0 } : { newest: first, next: 1 };
}

/** An open slot file. Values are written in the order of their sequence. */
export class SlotFile<Value extends Sequenced> {
  readonly #file: OpenFile;
  readonly #kind: RecordKind;
  #next: 0 | 1;

  /** `next`: the slot to write next. */
  constructor(file: OpenFile, { kind, next }: { readonly kind: RecordKind; readonly next: 0 | 1 }) {
    this.#file = file;
    this.#kind = kind;
    this.#next = next;
  }

  /** Survives the end of the process at once, a power loss after `sync`. */
  write(value: Value): void {
    const slot = encodeSlot(this.#kind, value);
    this.#file.writeAt(slot, this.#next * SLOT_BYTES);
    this.#next = this.#next === 0 ? 1 : 0;
  }

  async writeDurably(value: Value): Promise<void> {
    this.write(value);
    await promised((completed) => this.#file.sync(completed));
  }

  syncSoon(failed: (error: unknown) => void): void {
    this.#file.syncSoon(failed);
  }

  close(): Promise<void> {
    return this.#file.close();
  }
}

function isNewer(value: { readonly value: Sequenced }, other: Decoded<Sequenced>): boolean {
  return other.type === 'value' && value.value.sequence > other.value.sequence;
}

function encodeSlot(kind: RecordKind, value: Sequenced): Uint8Array {
  const record = encodeRecord(kind, value);
  assert(record.length + LENGTH_BYTES <= SLOT_BYTES, 'ST4: a value fits its slot');
  const slot = new Uint8Array(LENGTH_BYTES + record.length);
  viewOf(slot).setUint32(0, record.length, true);
  slot.set(record, LENGTH_BYTES);
  return slot;
}

function decodeSlot<Value extends Sequenced>(
  format: RecordFormat<Value>,
  slot: Uint8Array,
): Decoded<Value> {
  if (slot.length < LENGTH_BYTES) return { type: 'damaged', why: 'it was cut' };
  const end = LENGTH_BYTES + viewOf(slot).getUint32(0, true);
  if (end > slot.length) return { type: 'damaged', why: 'it was cut' };
  return decodeRecord(format, slot.subarray(LENGTH_BYTES, end));
}
