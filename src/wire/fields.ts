/**
 * Reads the list of values that a header is, one field after the other, each proven on the way (TR4):
 * what arrives is `unknown`, what leaves is a term, an index, a name. A field of the wrong kind throws
 * `BadField`, which `codec.ts` turns into the words that close the connection. Whether the fields
 * fit together is for `check.ts`.
 */
import { LINEAGE_MAX } from '../core/identity.ts';
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

export class BadField extends Error {
  override readonly name = 'BadField';
}

/** Printable and bounded, since it ends up in log lines: clusters are named by people. */
const CLUSTER_ID = /^[\p{L}\p{N}\p{P}\p{S} ]{1,128}$/u;
const INCARNATION = /^[0-9A-Za-z-]{1,64}$/;
const BOOT = /^[0-9a-f]{1,32}$/;

export class Fields {
  readonly #values: readonly unknown[];
  #at = 0;

  constructor(body: unknown) {
    if (!Array.isArray(body)) throw new BadField('a header is not a list of fields');
    this.#values = body;
  }

  term(): Term {
    return term(this.#counter('a term'));
  }

  index(): Index {
    return index(this.#counter('an index'));
  }

  /** `null` stands for a refusal. */
  indexOrNull(): Index | null {
    if (this.#values[this.#at] !== null) return this.index();
    this.#at += 1;
    return null;
  }

  entryId(): EntryId {
    return { term: this.term(), index: this.index() };
  }

  /** The numbers that rounds, requests and boots are given: safe integers, 0 or more. */
  number(what: string): number {
    const value = this.#next();
    if (isNatural(value)) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  flag(): boolean {
    const value = this.#next();
    if (typeof value === 'boolean') return value;
    throw new BadField(`${shown(value)} is neither true nor false`);
  }

  nodeId(): NodeId {
    const value = this.#next();
    if (isNodeId(value)) return value;
    throw new BadField(`${shown(value)} is not a node id`);
  }

  clusterId(): string {
    return this.#text('a cluster id', CLUSTER_ID);
  }

  incarnation(): string {
    return this.#text('an incarnation', INCARNATION);
  }

  lineage(): readonly string[] {
    const value: unknown = this.#next();
    if (!Array.isArray(value) || value.length === 0 || value.length > LINEAGE_MAX) {
      throw new BadField(`a lineage is a list of 1 to ${LINEAGE_MAX} boots`);
    }
    const boots = new Fields(value);
    return value.map(() => boots.#text('a boot', BOOT));
  }

  /** Words for people, of any length that its frame allows; control characters become spaces. */
  words(): string {
    const value = this.#next();
    if (typeof value !== 'string') throw new BadField(`${shown(value)} is not a text`);
    return value.replace(/\p{Cc}+/gu, ' ');
  }

  /** Nothing may be left over: a field too many is as wrong as one too few. */
  end(): void {
    const left = this.#values.length - this.#at;
    if (left !== 0) throw new BadField(`a header has ${Math.abs(left)} fields too many`);
  }

  #counter(what: string): number {
    const value = this.#next();
    if (isCounter(value) && isNatural(value)) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  #text(what: string, pattern: RegExp): string {
    const value = this.#next();
    if (typeof value === 'string' && pattern.test(value)) return value;
    throw new BadField(`${shown(value)} is not ${what}`);
  }

  #next(): unknown {
    if (this.#at === this.#values.length) throw new BadField('a header has fields missing');
    const value = this.#values[this.#at];
    this.#at += 1;
    return value;
  }
}

/** −0 is refused as well: it equals 0 and prints as 0, yet it is not the same value. */
function isNatural(value: unknown): value is number {
  return (
    typeof value === 'number' && Number.isSafeInteger(value) && (value > 0 || Object.is(value, 0))
  );
}

/** Bound: a hostile value is quoted in part, in logs and in the words of a closing. */
const SHOWN_LENGTH_MAX = 40;

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text;
}
