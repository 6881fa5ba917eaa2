/** The table of single keys against a `Map`, and its hash. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keyHash, NO_SECRET } from '../../../src/kv/keys/key-hash.ts';
import { type KeyText, keyText } from '../../../src/kv/keys/key-order.ts';
import { KeyTable } from '../../../src/kv/keys/key-table.ts';

const named = (name: number): KeyText => keyText(new TextEncoder().encode(`key/${name}`));

/** Half of the steps add and half remove, in spells, so that parts grow, wrap around and shrink. */
const spell = fc.record({
  adds: fc.boolean(),
  from: fc.nat({ max: 3_000 }),
  count: fc.nat({ max: 3_000 }),
});
const secret = fc.record({ low: fc.integer(), high: fc.integer() });

describe('the table of single keys', () => {
  it('[KV27] finds what a map finds, whatever was added and removed, under any secret', () => {
    fc.assert(
      fc.property(fc.array(spell, { maxLength: 12 }), secret, (spells, hidden) => {
        const table = new KeyTable<{ readonly key: KeyText }>(hidden);
        const twin = new Map<KeyText, { readonly key: KeyText }>();
        for (const { adds, from, count } of spells) {
          for (let name = from; name < from + count; name += 1) {
            const key = named(name);
            if (adds === twin.has(key)) continue;
            if (adds) {
              const value = { key };
              table.add(value);
              twin.set(key, value);
            } else if (twin.delete(key)) {
              table.delete(key);
            }
          }
        }
        const wrong = Array.from({ length: 6_001 }, (_, name) => named(name)).filter(
          (key) => table.get(key) !== (twin.get(key) ?? null),
        );
        expect(wrong).toEqual([]);
      }),
      { numRuns: 60 },
    );
  });

  it('[KV27] keys that collide under one secret do not under another', () => {
    const colliding: KeyText[] = [];
    for (let name = 0; colliding.length < 40; name += 1) {
      if ((keyHash(named(name), NO_SECRET) & 0x3ff) === 7) colliding.push(named(name));
    }
    const elsewhere = colliding.map((key) => keyHash(key, { low: 1, high: 0 }) & 0x3ff);
    expect(new Set(elsewhere).size).toBeGreaterThan(30);
  });

  it('[KV27] every byte of a key counts, and how many there are', () => {
    const bytes = (length: number): KeyText => keyText(Uint8Array.from({ length }, (_, at) => at));
    const hashes = Array.from({ length: 64 }, (_, length) => keyHash(bytes(length), NO_SECRET));
    expect(new Set(hashes).size).toBe(64);
    for (let at = 0; at < 11; at += 1) {
      const other = Uint8Array.from({ length: 11 }, (_, place) => (place === at ? 200 : place));
      expect(keyHash(keyText(other), NO_SECRET)).not.toBe(keyHash(bytes(11), NO_SECRET));
    }
  });
});
