/**
 * What one caller may do with which keys (AC2): a prefix search in memory. One granted prefix has to cover the whole of what is asked for;
 * two that lie side by side do not add up.
 */
import { firstBeyond, type KeyBounds, type KeyText } from '../keys/key-order.ts';

export class KeyRights {
  readonly #rights = new Map<KeyText, number>();
  /** Of the prefixes, each once. */
  readonly #lengths: readonly number[];
  /** Of no key: inspect and admin. */
  readonly #everywhere: number;

  constructor(grants: Iterable<readonly [KeyText, number]>) {
    for (const [prefix, rights] of grants) {
      this.#rights.set(prefix, (this.#rights.get(prefix) ?? 0) | rights);
    }
    this.#lengths = [...new Set([...this.#rights.keys()].map(({ length }) => length))];
    this.#everywhere = [...this.#rights].reduce(
      (all, [{ length }, rights]) => (length === 0 ? all | rights : all),
      0,
    );
  }

  /** Whether it has that right, whatever the key. */
  has(right: number): boolean {
    return (this.#everywhere & right) !== 0;
  }

  /** Whether it has that right to any key at all. */
  hasSomewhere(right: number): boolean {
    for (const rights of this.#rights.values()) if ((rights & right) !== 0) return true;
    return false;
  }

  /** Whether it has that right to all of these keys. */
  covers(bounds: KeyBounds, right: number): boolean {
    for (const length of this.#lengths) {
      if (length > bounds.from.length) continue;
      const prefix = bounds.from.slice(0, length) as KeyText;
      if (((this.#rights.get(prefix) ?? 0) & right) !== 0 && reaches(prefix, bounds)) return true;
    }
    return false;
  }
}

function reaches(prefix: KeyText, { to }: KeyBounds): boolean {
  const beyond = firstBeyond(prefix);
  return beyond === null || (to !== null && to <= beyond);
}
