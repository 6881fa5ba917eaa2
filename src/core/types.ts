/**
 * The numbers and names that Raft is made of, branded so that a term is never taken for an index.
 * The constructors are the only way in, and they check: NaN, 1.5, −1 and 2^53 never become a term (TR4).
 */

import { COUNTER_MAX } from './limits.ts';

declare const brand: unique symbol;

/** Logical time; each term has at most one leader (§3.3). 0 before the first election. */
export type Term = number & { readonly [brand]: 'Term' };
/** Position in the log. The first entry has index 1; 0 stands before it (§3.3). */
export type Index = number & { readonly [brand]: 'Index' };
/** The name of a member, unique in its cluster and never used again after removal. */
export type NodeId = string & { readonly [brand]: 'NodeId' };

/** Names an entry uniquely: no two entries with the same index and term ever differ (§3.5). */
export interface EntryId {
  readonly term: Term;
  readonly index: Index;
}

export function isCounter(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0 && (value as number) <= COUNTER_MAX;
}

/** Checks that it is a whole number from 0 on, below the limit. */
export function term(value: number): Term {
  if (!isCounter(value)) throw new RangeError(`not a term: ${value}`);
  return value as Term;
}

/** Checks as `term` does. */
export function index(value: number): Index {
  if (!isCounter(value)) throw new RangeError(`not an index: ${value}`);
  return value as Index;
}

export const NODE_ID_PATTERN = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

export function isNodeId(value: unknown): value is NodeId {
  return typeof value === 'string' && NODE_ID_PATTERN.test(value);
}

/** Checks that it is a name that a member may have. */
export function nodeId(value: string): NodeId {
  if (!isNodeId(value)) {
    throw new RangeError(
      `not a node id: ${JSON.stringify(value)} (1–64 of letters, digits, '.', '_', '-', the first a letter or digit)`,
    );
  }
  return value;
}

/** `index + count`; `count` may be negative. */
export function advance(from: Index, count: number): Index {
  return index(from + count);
}

export function nextIndex(of: Index): Index {
  return index(of + 1);
}

export function previousIndex(of: Index): Index {
  return index(of - 1);
}

export function nextTerm(of: Term): Term {
  return term(of + 1);
}

export const TERM_ZERO: Term = term(0);
export const INDEX_ZERO: Index = index(0);

/** Stands before the first entry of an empty log. */
export const ENTRY_ZERO: EntryId = { term: TERM_ZERO, index: INDEX_ZERO };

export function lesser<Counter extends number>(left: Counter, right: Counter): Counter {
  return left < right ? left : right;
}

export function greater<Counter extends number>(left: Counter, right: Counter): Counter {
  return left > right ? left : right;
}
