/**
 * What one answer may hold and what may be looked at for it (KV22). All ranges of a transaction draw on one
 * budget, so that many small questions cost no more than a large one. It counts what every replica has alike,
 * so that all of them cut at the same place.
 */

interface ReadBounds {
  readonly keysMax: number;
  /** Of keys and values. The first key of all is returned even if it alone is larger. */
  readonly bytesMax: number;
  /** Keys looked at in reads of the past, which have to ask each key what it was. */
  readonly looksMax: number;
  /** False: past `looksMax` only counting ends; the keys that were asked for are still looked for. */
  readonly endsLooking: boolean;
}

export class ReadBudget {
  readonly #bounds: ReadBounds;
  #keys = 0;
  #bytes = 0;
  #looks = 0;

  constructor(bounds: ReadBounds) {
    this.#bounds = bounds;
  }

  /** Bytes of all that was taken. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Takes a key of so many bytes into the answer. False: it does not fit any more. */
  take(keyBytes: number): boolean {
    const bytes = this.#bytes + keyBytes;
    if (this.#keys >= this.#bounds.keysMax) return false;
    if (bytes > this.#bounds.bytesMax && this.#keys > 0) return false;
    this.#keys += 1;
    this.#bytes = bytes;
    return true;
  }

  /** Asked before each look at the past of a key; `isFull`: only to count it. False: look no further. */
  look(isFull: boolean): boolean {
    this.#looks += 1;
    if (this.#looks <= this.#bounds.looksMax) return true;
    return !isFull && !this.#bounds.endsLooking;
  }
}
