/**
 * Plain data as text: equal texts exactly for equal data, so that states can be compared and shown. Maps, sets,
 * bytes, big integers, `undefined` and the odd numbers count, which JSON leaves out. Order counts as well: what
 * iterates in another order behaves in another way. Private fields of classes are not seen.
 */

/** As JSON where JSON can say it; `undefined` is text as well. */
export function plainText(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => tagged(part)) ?? 'undefined';
}

/** What JSON cannot say, as an object with one key that is as good as never met in real data. */
export function tagged(value: unknown): unknown {
  if (value === undefined) return { '<undefined>': 0 };
  if (typeof value === 'bigint') return { '<bigint>': String(value) };
  if (typeof value === 'number' && !isPlainNumber(value)) {
    return { '<number>': Object.is(value, -0) ? '-0' : String(value) };
  }
  if (value instanceof Map) return { '<map>': [...value] };
  if (value instanceof Set) return { '<set>': [...value] };
  if (ArrayBuffer.isView(value)) return { '<bytes>': [...bytesOf(value)] };
  return value;
}

function isPlainNumber(value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0);
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

/** Where two texts part, for people: a little of each from there on. */
export function differenceOf(left: string, right: string): string {
  let at = 0;
  while (at < left.length && left.charAt(at) === right.charAt(at)) at += 1;
  const from = Math.max(0, at - 20);
  const part = (text: string): string => text.slice(from, from + SHOWN_MAX);
  return `${part(left)} | ${part(right)}`;
}

/** Bound: characters shown of each of two texts that differ. */
export const SHOWN_MAX = 80;
