/** The JSON of a range in parts is the JSON of the range, whatever its values are. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { KeyValue } from '../../../src/kv/keys/key-value.ts';
import { keyValueJson } from '../../../src/server/http/request/json-bytes.ts';
import { rangeTexts } from '../../../src/server/http/routes/range-text.ts';
import { VALUE_PART_BYTES } from '../../../src/server/limits.ts';

const MARKS = ['a', '"', '\\', '\u0001', 'é', '€', '😀', '\uFEFF', '\u2028'];

/** Long ones, where a cut may fall within a character, and bytes that are no text. */
const value = fc.oneof(
  fc
    .tuple(fc.nat(3), fc.array(fc.constantFrom(...MARKS), { minLength: 1, maxLength: 9 }))
    .map(([before, marks]) => {
      const repeated = marks.join('').repeat(Math.ceil((2.5 * VALUE_PART_BYTES) / marks.length));
      return Buffer.from('x'.repeat(before) + repeated);
    }),
  fc.nat(2).map((more) => Buffer.alloc(2 * VALUE_PART_BYTES + more, 0xff)),
  fc.uint8Array({ maxLength: 20 }),
);
const kv: fc.Arbitrary<KeyValue> = fc
  .record({ key: fc.uint8Array({ minLength: 1, maxLength: 8 }), value })
  .map((pair) => ({ ...pair, createRevision: 1, modRevision: 2, version: 3, lease: 0 }));

it('[SV12] [SP5] large values are told part by part, to the same text', () => {
  fc.assert(
    fc.property(
      fc.array(kv, { maxLength: 3 }),
      fc.constantFrom('utf8' as const, 'base64' as const),
      fc.boolean(),
      (kvs, encoding, keysOnly) => {
        const shape = { encoding, keysOnly, textMax: Number.MAX_SAFE_INTEGER };
        const range = { type: 'range', revision: 7, kvs, more: false, count: kvs.length } as const;
        const texts = [...rangeTexts(range, shape)];
        const whole = { ...range, kvs: kvs.map((each) => keyValueJson(each, shape)) };
        const { type: _, ...told } = whole;
        expect(texts.join('')).toBe(JSON.stringify(told));
        expect(Math.max(...texts.map(({ length }) => length))).toBeLessThan(7 * VALUE_PART_BYTES);
      },
    ),
    { numRuns: 60 },
  );
});
