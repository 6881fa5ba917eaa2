/**
 * Chance that repeats: the same seed draws the same numbers, on every machine and in every process. Each part
 * of a simulation draws from a fork of its own, named after it, so that a fault taken out of the list, or a
 * client that draws once more, changes nothing for anyone else; that is what makes failing runs shrink.
 */
import type { Random } from '../../../ports/clock.ts';

/** Not for secrets: whoever knows the seed knows every draw. */
export class SeededRandom implements Random {
  readonly #seed: string;
  #a: number;
  #b: number;
  #c: number;
  #counter = 1;

  constructor(seed: string | number) {
    this.#seed = String(seed);
    [this.#a, this.#b, this.#c] = wordsOf(this.#seed);
    for (let turns = 0; turns < 12; turns += 1) this.#word();
  }

  /** A generator of its own, the same each time for the same name. */
  fork(name: string | number): SeededRandom {
    return new SeededRandom(`${this.#seed}/${name}`);
  }

  next(): number {
    return this.#word() / 2 ** 32;
  }

  /** Uniform in `[from, to)`. */
  between(from: number, to: number): number {
    return from + (to - from) * this.next();
  }

  /** A whole number, uniform in `[from, through]`, both inclusive. */
  integer(from: number, through: number): number {
    return from + Math.floor(this.next() * (through - from + 1));
  }

  /** True with this probability. Draws nothing for 0. */
  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability;
  }

  /** One of a list that is not empty. */
  pick<Item>(items: readonly Item[]): Item {
    const item = items[Math.floor(this.next() * items.length)];
    if (item === undefined) throw new RangeError('there is nothing to pick from');
    return item;
  }

  /** A new list with the same items in another order. */
  shuffle<Item>(items: readonly Item[]): Item[] {
    const keyed = items.map((item) => ({ item, key: this.next() }));
    return keyed.sort((left, right) => left.key - right.key).map(({ item }) => item);
  }

  /** Mostly small, now and then large: the waiting time of an event that comes every `mean` on average. */
  exponential(mean: number): number {
    return -Math.log(1 - this.next()) * mean;
  }

  /** Sixteen hexadecimal digits. */
  hexWord(): string {
    const half = (): string => this.#word().toString(16).padStart(8, '0');
    return half() + half();
  }

  /** The small fast counting generator of Doty-Humphrey's PractRand (sfc32). */
  #word(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum;
    this.#c |= 0;
    return sum >>> 0;
  }
}

/** Three words that differ in about half of their bits for texts that differ in one. */
function wordsOf(text: string): [number, number, number] {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  const word = (): number => {
    hash = (hash + 0x9e3779b9) | 0;
    let mixed = Math.imul(hash ^ (hash >>> 16), 0x21f0aaad);
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a2d97);
    return mixed ^ (mixed >>> 15);
  };
  return [word(), word(), word()];
}
