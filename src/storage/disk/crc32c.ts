/**
 * CRC-32C (Castagnoli's polynomial), with which LevelDB sums its own blocks. Eight table look-ups for
 * eight bytes, as in `src/core/checksum.ts`, whose polynomial is another.
 */

const POLYNOMIAL = 0x82f63b78;
/** Eight tables of 256 words, one behind the other: table n is for a byte n places before the last. */
const TABLES = buildTables();

/** The checksum of `bytes` in `[from, to)`, an unsigned 32-bit number. */
export function crc32c(bytes: Uint8Array, from = 0, to: number = bytes.length): number {
  const tables = TABLES;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = ~0;
  let at = from;
  for (const wide = to - 7; at < wide; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      word(tables, 0x700 + (low & 0xff)) ^
      word(tables, 0x600 + ((low >>> 8) & 0xff)) ^
      word(tables, 0x500 + ((low >>> 16) & 0xff)) ^
      word(tables, 0x400 + (low >>> 24)) ^
      word(tables, 0x300 + (high & 0xff)) ^
      word(tables, 0x200 + ((high >>> 8) & 0xff)) ^
      word(tables, 0x100 + ((high >>> 16) & 0xff)) ^
      word(tables, high >>> 24);
  }
  for (; at < to; at += 1) crc = word(tables, (crc ^ view.getUint8(at)) & 0xff) ^ (crc >>> 8);
  return ~crc >>> 0;
}

/** The index is always inside, which the type checker cannot see. */
function word(tables: Int32Array, at: number): number {
  return tables[at] as number;
}

function buildTables(): Int32Array {
  const tables = new Int32Array(8 * 256);
  for (let value = 0; value < 256; value += 1) {
    let crc = value;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
    tables[value] = crc;
  }
  for (let at = 256; at < tables.length; at += 1) {
    const shorter = word(tables, at - 256);
    tables[at] = word(tables, shorter & 0xff) ^ (shorter >>> 8);
  }
  return tables;
}
