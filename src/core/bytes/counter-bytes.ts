/** Counters, times and lengths in eight bytes, little-endian. They stay far below 2^53 (`COUNTER_MAX`). */

export function writeCounter(view: DataView, at: number, value: number): void {
  view.setUint32(at, value >>> 0, true);
  view.setUint32(at + 4, Math.floor(value / 2 ** 32), true);
}

export function readCounter(view: DataView, at: number): number {
  return view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
}
