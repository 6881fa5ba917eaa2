/**
 * The one reader of what a socket brought: a list of values, one field after the other, each proven on the way
 * (TR4, SV20, CL9). What arrives is `unknown`, what leaves is a term, an index, a name, bytes. A field of the wrong kind
 * throws `BadField`, which the codecs turn into the words that close the connection; nobody else sees it. Whether
 * the fields fit together is for those who know what they mean.
 */

import { isMemberAddress } from '../core/configuration-entry.ts';
import { isClusterId } from '../core/identity.ts';
import { LINEAGE_MAX } from '../core/limits.ts';
import {
  type EntryId,
  type Index,
  index,
  isCounter,
  isNodeId,
  type NodeId,
  type Term,
  term,
} from '../core/types.ts';
import { SHOWN_LENGTH_MAX } from './limits.ts';

export class BadField extends Error {
  override readonly name = 'BadField';
}

const INCARNATION = /^[0-9A-Za-z-]{1,64}$/;
const BOOT = /^[0-9a-f]{1,32}$/;

export class Fields {
  readonly #values: readonly unknown[];
  #at = 0;

  constructor(body: unknown) {
    if (!Array.isArray(body)) throw new BadField('what should be a list of fields is none');
    this.#values = body;
  }

  /** How many fields have not been read. */
  get left(): number {
    return this.#values.length - this.#at;
  }

  term(): Term {
    return term(this.#counter('a term'));
  }

  index(): Index {
    return index(this.#counter('an index'));
  }

  /** `null` says that there is none; otherwise what `read` reads of these fields. */
  orNull<Value>(read: () => Value): Value | null {
    if (this.#values[this.#at] !== null) return read();
    this.#at += 1;
    return null;
  }

  entryId(): EntryId {
    return { term: this.term(), index: this.index() };
  }

  /** A safe integer, 0 or more unless told otherwise; both bounds are inclusive. */
  whole(what: string, min = 0, max = Number.MAX_SAFE_INTEGER): number {
    const value = this.value();
    if (isNatural(value) && value >= min && value <= max) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  /** One of a few words, sent as its place among them. */
  choice<Word>(what: string, words: readonly Word[]): Word {
    const word = words[this.whole(what)];
    if (word !== undefined) return word;
    throw new BadField(`${what} is not known`);
  }

  bytes(): Uint8Array {
    const value = this.value();
    if (value instanceof Uint8Array) return value;
    throw new BadField(`${shown(value)} stands where bytes belong`);
  }

  text(what: string): string {
    return this.#text(what, /^/);
  }

  /** Lists inside the list, each of which is read to its end. */
  lists<Item>(what: string, read: (fields: Fields) => Item): readonly Item[] {
    const value: unknown = this.value();
    if (Array.isArray(value)) return value.map((each) => readAll(each, read));
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  /** A flat list inside the list: items one after the other, read to its end. */
  list<Item>(what: string, read: (fields: Fields) => Item): readonly Item[] {
    const value: unknown = this.value();
    if (!Array.isArray(value)) throw new BadField(`${shown(value)} is not ${what}`);
    const items: Item[] = [];
    const fields = new Fields(value);
    while (fields.left > 0) items.push(read(fields));
    return items;
  }

  flag(): boolean {
    const value = this.value();
    if (typeof value === 'boolean') return value;
    throw new BadField(`${shown(value)} is neither true nor false`);
  }

  nodeId(): NodeId {
    const value = this.value();
    if (isNodeId(value)) return value;
    throw new BadField(`${shown(value)} is not a node id`);
  }

  /** The empty text stands for none. */
  address(): string | null {
    const value = this.value();
    if (value === '') return null;
    if (isMemberAddress(value)) return value;
    throw new BadField(`${shown(value)} is not an address`);
  }

  clusterId(): string {
    const value = this.value();
    if (isClusterId(value)) return value;
    throw new BadField(`${shown(value)} is not a cluster id`);
  }

  incarnation(): string {
    return this.#text('an incarnation', INCARNATION);
  }

  lineage(): readonly string[] {
    const value: unknown = this.value();
    if (!Array.isArray(value) || value.length === 0 || value.length > LINEAGE_MAX) {
      throw new BadField(`a lineage is a list of 1 to ${LINEAGE_MAX} boots`);
    }
    const boots = new Fields(value);
    return value.map(() => boots.#text('a boot', BOOT));
  }

  /** Words for people, of any length that its frame allows; control characters become spaces. */
  words(): string {
    const value = this.value();
    if (typeof value !== 'string') throw new BadField(`${shown(value)} is not a text`);
    return value.replace(/\p{Cc}+/gu, ' ');
  }

  /** The next field as it came, unproven. */
  value(): unknown {
    if (this.#at === this.#values.length) throw new BadField('a list has fields missing');
    const value = this.#values[this.#at];
    this.#at += 1;
    return value;
  }

  /** Nothing may be left over: a field too many is as wrong as one too few. */
  end(): void {
    if (this.left !== 0) throw new BadField(`a list has ${this.left} fields too many`);
  }

  #counter(what: string): number {
    const value = this.value();
    if (isCounter(value) && isNatural(value)) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  #text(what: string, pattern: RegExp): string {
    const value = this.value();
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }
}

/** Reads a list and insists that nothing of it is left over. */
export function readAll<Item>(list: unknown, read: (fields: Fields) => Item): Item {
  const fields = new Fields(list);
  const item = read(fields);
  fields.end();
  return item;
}

/** −0 is refused as well: it equals 0 and prints as 0, yet it is not the same value. */
function isNatural(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && (value > 0 || Object.is(value, 0))
  );
}

function shown(value: unknown): string {
  if (value instanceof Uint8Array) return 'a byte string';
  if (typeof value === 'object' && value !== null) return 'a list';
  if (typeof value !== 'string') return String(value);
  const text = JSON.stringify(value.slice(0, SHOWN_LENGTH_MAX));
  return value.length > SHOWN_LENGTH_MAX ? `${text}…` : text;
}
