/**
 * The place of a write in the log, as callers keep it and hand it back: a read that names one sees that write, at
 * whichever member it is made (RD5). As text it is the term and the index, `3-120`.
 */
import type { Kind } from './option-kinds.ts';
import { type EntryId, index, isCounter, term } from './types.ts';

/** Term and index of an entry, as a command that took effect returned them. */
export interface LogId {
  readonly term: number;
  readonly index: number;
}

export const aLogId: Kind = (value) =>
  isLogId(value) ? null : 'the term and index of an entry, { term, index }';

/** Only what names the entry, so that the whole answer to a write can be handed in. Throws a `RangeError`. */
export function entryIdOf({ term: inTerm, index: at }: LogId): EntryId {
  return { term: term(inTerm), index: index(at) };
}

export function logIdText({ term: inTerm, index: at }: LogId): string {
  return `${inTerm}-${at}`;
}

/** `null`: it is none. */
export function parseLogId(text: string): EntryId | null {
  const [, inTerm, at] = /^([0-9]{1,16})-([0-9]{1,16})$/.exec(text) ?? [];
  const id = { term: Number(inTerm), index: Number(at) };
  return isLogId(id) ? entryIdOf(id) : null;
}

function isLogId(value: unknown): value is LogId {
  if (typeof value !== 'object' || value === null) return false;
  return isCounter(Reflect.get(value, 'term')) && isCounter(Reflect.get(value, 'index'));
}
