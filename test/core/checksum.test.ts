/** CRC-32, held against the one of zlib and the standard's own example; CRC-32C against its own. */
import { crc32 as zlibCrc32 } from 'node:zlib';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { crc32, crc32c } from '../../src/core/checksum.ts';

it('[ST2] the checksum of "123456789" is the one that the standard gives', () => {
  expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
});

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

it('[ST2] a single flipped bit never goes unnoticed', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 1, maxLength: 60 }), fc.nat(), (bytes, at) => {
      const bit = at % (bytes.length * 8);
      const flipped = bytes.slice();
      flipped[bit >>> 3] = (flipped[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      return crc32(bytes) !== crc32(flipped);
    }),
    { numRuns: 500 },
  );
});
