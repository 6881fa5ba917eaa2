/**
 * The calls and returns of a history in the order of their positions, as a list from which an operation can be
 * taken out and put back at once. What stands before the first return is what may come next: those operations
 * were called before any other that is still to be placed had returned. The list is Wing and Gong's.
 */

export interface Entry {
  /** Which operation, by its number in the order of returns. */
  readonly operation: number;
  readonly position: number;
  /** The entry of the same operation's return; `null` if this is one. */
  readonly returning: Entry | null;
  previous: Entry | null;
  next: Entry | null;
}

/** Inclusive; both on the scale of the history. */
interface Interval {
  readonly calledAt: number;
  readonly returnedAt: number;
}

export class EntryList {
  readonly #head = newEntry(-1, Number.NEGATIVE_INFINITY, null);

  /** `intervals` in the order of their returns. At equal positions calls come first: those overlap. */
  constructor(intervals: readonly Interval[]) {
    const entries: Entry[] = [];
    for (const [at, { calledAt, returnedAt }] of intervals.entries()) {
      const returning = newEntry(at, returnedAt, null);
      entries.push(newEntry(at, calledAt, returning), returning);
    }
    let last = this.#head;
    for (const entry of entries.sort(compare)) {
      entry.previous = last;
      last.next = entry;
      last = entry;
    }
  }

  /** `null` if everything has been taken out. */
  get first(): Entry | null {
    return this.#head.next;
  }

  /** Takes out a call, and its return. */
  takeOut(call: Entry): void {
    unlink(call);
    if (call.returning !== null) unlink(call.returning);
  }

  /** Puts back what was taken out last, and only that. */
  putBack(call: Entry): void {
    if (call.returning !== null) relink(call.returning);
    relink(call);
  }
}

function newEntry(operation: number, position: number, returning: Entry | null): Entry {
  return { operation, position, returning, previous: null, next: null };
}

function compare(left: Entry, right: Entry): number {
  if (left.position < right.position) return -1;
  if (left.position > right.position) return 1;
  if ((left.returning === null) !== (right.returning === null)) {
    return left.returning === null ? 1 : -1;
  }
  return left.operation - right.operation;
}

function unlink({ previous, next }: Entry): void {
  if (previous !== null) previous.next = next;
  if (next !== null) next.previous = previous;
}

function relink(entry: Entry): void {
  if (entry.previous !== null) entry.previous.next = entry;
  if (entry.next !== null) entry.next.previous = entry;
}
