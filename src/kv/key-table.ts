/**
 * Single keys by name: a hash map in parts. A `Map` that grows past a power of two is copied as a whole, within one
 * call: 65 ms at the 131,073rd key and 260 ms at the 262,145th, a stall as long as an election timeout. Of the
 * parts each is copied by itself.
 */
import type { KeyText } from './key-order.ts';
import { KEY_TABLE_PARTS } from './limits.ts';

/** Characters of a key that choose its part, from its end, where keys differ most. */
const CHARACTERS_LOOKED_AT = 8;

export class KeyTable<Value> {
  readonly #parts: readonly Map<KeyText, Value>[] = Array.from(
    { length: KEY_TABLE_PARTS },
    () => new Map<KeyText, Value>(),
  );

  get(key: KeyText): Value | undefined {
    return this.#partOf(key)?.get(key);
  }

  set(key: KeyText, value: Value): void {
    this.#partOf(key)?.set(key, value);
  }

  delete(key: KeyText): void {
    this.#partOf(key)?.delete(key);
  }

  #partOf(key: KeyText): Map<KeyText, Value> | undefined {
    let hash = key.length;
    for (let at = Math.max(0, key.length - CHARACTERS_LOOKED_AT); at < key.length; at += 1) {
      hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193);
    }
    return this.#parts[(hash ^ (hash >>> 15)) & (KEY_TABLE_PARTS - 1)];
  }
}
