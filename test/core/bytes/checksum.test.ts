/** CRC-32, held against the one of zlib; CRC-32C against the example of its standard. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, crc32c, sumWith } from '../../../src/core/bytes/checksum.ts';

it('[ST15] the other checksum is the one that LevelDB uses', () => {
  expect(crc32c(new TextEncoder().encode('123456789'))).toBe(0xe3069283);
  expect(crc32c(new TextEncoder().encode('..123456789.'), 2, 11)).toBe(0xe3069283);
});

it('[ST2] the checksum of any part of any bytes equals that of zlib', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.uint8Array({ maxLength: 100 }),
        fc.uint8Array({ minLength: 500, maxLength: 600 }),
      ),
      fc.nat(),
      fc.nat(),
      (bytes, one, other) => {
        const [from, to] = [one % (bytes.length + 1), other % (bytes.length + 1)].sort(
          (a, b) => a - b,
        );
        expect(crc32(bytes, from, to)).toBe(zlibCrc32(bytes.subarray(from, to)));
      },
    ),
    { numRuns: 1_000 },
  );
});

it('[ST2] zlib sums large parts once it was handed in, and what sums otherwise is not taken', () => {
  const bytes = Uint8Array.from({ length: 3_000 }, (_, at) => (at * 7) % 256);
  const own = crc32(bytes, 8);
  const asked: number[] = [];
  sumWith((part) => {
    asked.push(part.length);
    return zlibCrc32(part);
  });
  expect(crc32(bytes, 8)).toBe(own);
  expect(crc32(bytes, 8, 1_031)).toBe(zlibCrc32(bytes.subarray(8, 1_031)));
  expect(asked.slice(1)).toEqual([2_992]);
  sumWith((part) => zlibCrc32(part) ^ 1);
  expect(crc32(bytes, 8)).toBe(own);
});
