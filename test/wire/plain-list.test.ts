/** What is let through to the MessagePack decoder: hostile bytes by hand, and any bytes at all. */
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { decodeReplies } from '../../src/client-protocol/reply-frame.ts';
import { decodeRequests } from '../../src/client-protocol/request-frame.ts';
import { PLAIN } from '../../src/transport/codec.ts';
import { isPlainList, type PlainBounds } from '../../src/wire/plain-list.ts';

const BOUNDS: PlainBounds = { depthMax: 3, valuesMax: 1000, hasBytes: true };
const plain = new Packr({ useRecords: false });
const isPlain = (bytes: Uint8Array, bounds: Partial<PlainBounds> = {}): boolean =>
  isPlainList(bytes, 0, { ...BOUNDS, ...bounds });

/** An array of 32-bit length that claims more than there is. */
const claimed = (length: number, ...rest: number[]): Uint8Array =>
  Uint8Array.of(
    0xdd,
    length >>> 24,
    (length >>> 16) & 255,
    (length >>> 8) & 255,
    length & 255,
    ...rest,
  );

const HOSTILE: readonly [string, Uint8Array][] = [
  [
    'an id that pointers repeat',
    Uint8Array.of(0x92, 0xd6, 0x69, 0, 0, 0, 1, 0x91, 1, 0xd6, 0x70, 0, 0, 0, 1),
  ],
  ['a record definition', Uint8Array.of(0x91, 0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1)],
  ['a shared structure', new Packr({ structures: [] }).pack([{ a: 1 }, { a: 2 }])],
  ['a date', plain.pack([new Date(0)])],
  ['an error', new Packr({ moreTypes: true, useRecords: false }).pack([new Error('no')])],
  ['a set', new Packr({ moreTypes: true, useRecords: false }).pack([new Set([1])])],
  ['bundled strings', new Packr({ bundleStrings: true }).pack([['one string', 'another string']])],
  ['a map', plain.pack([{ a: 1 }])],
  ['an unused token', Uint8Array.of(0x91, 0xc1)],
  ['2^32 - 1 elements claimed', claimed(0xffff_ffff)],
  ['2^24 elements claimed by a few bytes', claimed(2 ** 24, 1, 2, 3)],
  ['a byte string of 4 GiB claimed', Uint8Array.of(0x91, 0xc6, 255, 255, 255, 255)],
  ['text of 4 GiB claimed', Uint8Array.of(0x91, 0xdb, 255, 255, 255, 255)],
  ['lists nested without end', new Uint8Array(200_000).fill(0x91)],
  ['a value outside the list', Uint8Array.of(0x90, 0x90)],
  ['no list', Uint8Array.of(1)],
  ['nothing', new Uint8Array(0)],
];

describe('what a decoder may see', () => {
  it.each(HOSTILE)('[SP1] refuses %s, before anything is made of it', (_, bytes) => {
    expect(isPlain(bytes)).toBe(false);
    expect(decodeRequests(bytes)).toBe('the frame is not a plain msgpack array');
    expect(decodeReplies(bytes)).toBe('the frame is not a plain msgpack array');
  });

  it('[SP1] [TR3] refuses more values than its bound, and deeper lists', () => {
    expect(isPlain(plain.pack(new Array(999).fill(null)))).toBe(true);
    expect(isPlain(plain.pack(new Array(1000).fill(null)))).toBe(false);
    expect(isPlain(plain.pack([[[1]]]))).toBe(true);
    expect(isPlain(plain.pack([[[[1]]]]))).toBe(false);
    expect(isPlain(plain.pack([new Uint8Array(3)]), { hasBytes: false })).toBe(false);
    const ofPeers = [
      [[[]], true],
      [[[[]]], false],
      [[new Uint8Array(3)], false],
    ] as const;
    for (const [body, isHeader] of ofPeers) expect(isPlain(plain.pack(body), PLAIN)).toBe(isHeader);
  });

  it('[SP1] a frame full of nothing costs no more than its bytes', () => {
    const frame = claimed(8 * 1024 * 1024, ...[]);
    const nothings = new Uint8Array(frame.length + 8 * 1024 * 1024).fill(0xc0);
    nothings.set(frame);
    expect(decodeRequests(nothings)).toBe('the frame is not a plain msgpack array');
  });

  it('[SP1] [TR3] what a plain packer wrote is let through, and no part of it', () => {
    const leaf = fc.oneof(
      fc.integer(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.double(),
      fc.boolean(),
      fc.constant(null),
      fc.string({ maxLength: 300 }),
      fc.uint8Array({ maxLength: 300 }),
    );
    const lists = fc.array(fc.oneof(leaf, fc.array(fc.oneof(leaf, fc.array(leaf)))));
    fc.assert(
      fc.property(lists, fc.nat(), (value, cut) => {
        const bytes = new Uint8Array(plain.pack(value));
        const bounds = { valuesMax: 100_000 };
        expect(isPlain(bytes, bounds)).toBe(true);
        expect(isPlain(bytes.subarray(0, cut % bytes.length), bounds)).toBe(false);
        expect(isPlain(Uint8Array.of(...bytes, 0), bounds)).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  it('[SP1] of any bytes, what is let through decodes to plain values only', () => {
    const tokens = fc.array(fc.integer({ min: 0x80, max: 0xdf }), { maxLength: 60 });
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 100 }),
      tokens.map((all) => Uint8Array.from(all)),
    );
    fc.assert(
      fc.property(bytes, (body) => {
        const list = Uint8Array.of(0x92, ...body);
        if (isPlain(list)) expect(isPlainValue(plain.unpack(list))).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });
});

function isPlainValue(value: unknown): boolean {
  if (Array.isArray(value)) return value.every(isPlainValue);
  if (value === null || value instanceof Uint8Array) return true;
  return ['number', 'bigint', 'boolean', 'string'].includes(typeof value);
}
