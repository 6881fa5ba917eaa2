/**
 * The places that a search has been to. A place is what has been placed and the state that this led to; how it
 * was reached does not matter for what can follow. Of two places that differ only in unknown operations, the one
 * that took fewer of them can do all that the other can, so that the other need not be entered (LZ11).
 */
import type { IndexSet } from './index-set.ts';

export class Visited {
  /** By the known operations and the state: the sets of unknown operations with which it was reached. */
  readonly #unknownSets = new Map<string, IndexSet[]>();
  readonly #stateNumbers = new Map<string, number>();

  /** A small number for a fingerprint, which may be long: the same one for the same text. */
  stateNumber(fingerprint: string): number {
    const known = this.#stateNumbers.get(fingerprint);
    if (known !== undefined) return known;
    this.#stateNumbers.set(fingerprint, this.#stateNumbers.size);
    return this.#stateNumbers.size - 1;
  }

  /** False if the search was there before, or where at least as much can follow. */
  addIfNew(known: IndexSet, unknown: IndexSet, stateNumber: number): boolean {
    const key = `${known.key()}|${stateNumber}`;
    const unknownSets = this.#unknownSets.get(key);
    if (unknownSets === undefined) {
      this.#unknownSets.set(key, [unknown.copy()]);
      return true;
    }
    if (unknownSets.some((set) => set.isSubsetOf(unknown))) return false;
    unknownSets.push(unknown.copy());
    return true;
  }
}
