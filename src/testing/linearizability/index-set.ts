/**
 * A set of small whole numbers, held as bits. Operations are numbered in the order in which they returned, and
 * most of a search happens at one frontier of that order: nearly everything below it has been placed, nearly
 * nothing above it. So the key of a set leaves out the full words below and the empty words above, and stays
 * short however long the history is.
 */

const BITS = 32;
const FULL = -1;

export class IndexSet {
  readonly #words: number[];

  /** For the numbers in `[0, size)`. */
  constructor(size: number) {
    this.#words = new Array<number>(Math.ceil(size / BITS)).fill(0);
  }

  has(at: number): boolean {
    return (this.#word(at >>> 5) & (1 << at)) !== 0;
  }

  /** Puts in what was not there, and takes out what was. */
  toggle(at: number): void {
    this.#words[at >>> 5] = this.#word(at >>> 5) ^ (1 << at);
  }

  /** Equal texts exactly for equal sets of the same size. */
  key(): string {
    let from = 0;
    let to = this.#words.length;
    while (from < to && this.#words[from] === FULL) from += 1;
    while (from < to && this.#words[to - 1] === 0) to -= 1;
    if (to - from === 1) return `${from}:${this.#words[from]}`;
    return `${from}:${this.#words.slice(from, to).join()}`;
  }

  copy(): IndexSet {
    const copy = new IndexSet(0);
    for (const word of this.#words) copy.#words.push(word);
    return copy;
  }

  isSubsetOf(other: IndexSet): boolean {
    return this.#words.every((word, at) => (word & ~other.#word(at)) === 0);
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }
}
