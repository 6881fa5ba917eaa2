/**
 * CRC-32 (the polynomial of zip and Ethernet), eight table look-ups for eight bytes at a time.
 * Written here because the core runs without `node:` modules; it gives the same sums as `zlib.crc32`.
 */

const SLICES = 8;
const TABLES = buildTables();

/** The checksum of `bytes` in `[from, to)`, an unsigned 32-bit number. */
export function crc32(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  const [t0, t1, t2, t3, t4, t5, t6, t7] = TABLES;
  let crc = ~0;
  let at = from;
  for (const wide = to - 7; at < wide; at += 8) {
    crc ^=
      byte(bytes, at) |
      (byte(bytes, at + 1) << 8) |
      (byte(bytes, at + 2) << 16) |
      (byte(bytes, at + 3) << 24);
    crc =
      word(t7, crc & 0xff) ^
      word(t6, (crc >>> 8) & 0xff) ^
      word(t5, (crc >>> 16) & 0xff) ^
      word(t4, crc >>> 24) ^
      word(t3, byte(bytes, at + 4)) ^
      word(t2, byte(bytes, at + 5)) ^
      word(t1, byte(bytes, at + 6)) ^
      word(t0, byte(bytes, at + 7));
  }
  for (; at < to; at += 1) crc = word(t0, (crc ^ byte(bytes, at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** Typed arrays of known length: the index is always inside, which the type checker cannot see. */
function byte(bytes: Uint8Array, at: number): number {
  return bytes[at] as number;
}

function word(table: Uint32Array, at: number): number {
  return table[at] as number;
}

type Tables = readonly [
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
  Uint32Array,
];

function buildTables(): Tables {
  const tables = Array.from({ length: SLICES }, () => new Uint32Array(256));
  for (let value = 0; value < 256; value += 1) {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    (tables[0] as Uint32Array)[value] = crc;
  }
  for (let slice = 1; slice < SLICES; slice += 1) {
    const shorter = tables[slice - 1] as Uint32Array;
    for (let value = 0; value < 256; value += 1) {
      const crc = word(shorter, value);
      (tables[slice] as Uint32Array)[value] =
        word(tables[0] as Uint32Array, crc & 0xff) ^ (crc >>> 8);
    }
  }
  return tables as unknown as Tables;
}
