/**
 * Keys in the order of their bytes (KV1). Inside the store a key is a string with one character, 0 to
 * 255, for each byte ("latin1"): JavaScript compares strings by code unit, so `<` on these is the order
 * of the bytes, and they hash and compare at native speed, which no byte array does.
 * Such a string is never text: it is not decoded, printed or joined with any other.
 */

import { CHARACTERS_PER_CALL } from '../limits.ts';
import type { KeySelector } from './key-selector.ts';

declare const brand: unique symbol;

export type KeyText = string & { readonly [brand]: 'KeyText' };

/** The keys from `from`, inclusive, up to `to`, exclusive; `null`: to the last one. Empty if `to <= from`. */
export interface KeyBounds {
  readonly from: KeyText;
  readonly to: KeyText | null;
}

const FIRST: KeyText = asKeyText('');
export const ALL_KEYS: KeyBounds = { from: FIRST, to: null };

export function keyText(bytes: Uint8Array): KeyText {
  if (bytes.length <= CHARACTERS_PER_CALL) return characters(bytes);
  let text = '';
  for (let from = 0; from < bytes.length; from += CHARACTERS_PER_CALL) {
    text += characters(bytes.subarray(from, from + CHARACTERS_PER_CALL));
  }
  return asKeyText(text);
}

export function keyBytes(text: KeyText): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let at = 0; at < text.length; at += 1) bytes[at] = text.charCodeAt(at);
  return bytes;
}

/** The keys that satisfy every part of the selector. */
export function boundsOf(selector: KeySelector): KeyBounds {
  const { key, prefix, start, end } = selector;
  if (key !== undefined) return boundsOfKey(keyText(key));
  let from = start === undefined ? FIRST : keyText(start);
  let to = end === undefined ? null : keyText(end);
  if (prefix !== undefined) {
    const first = keyText(prefix);
    const beyond = firstBeyond(first);
    if (first > from) from = first;
    if (beyond !== null && (to === null || beyond < to)) to = beyond;
  }
  return { from, to };
}

export function boundsOfKey(key: KeyText): KeyBounds {
  return { from: key, to: asKeyText(`${key}\0`) };
}

export function isInside(key: KeyText, bounds: KeyBounds): boolean {
  return key >= bounds.from && (bounds.to === null || key < bounds.to);
}

/** The least key above all that begin with `prefix`; `null` if there is none (it is all 0xff, or empty). */
export function firstBeyond(prefix: KeyText): KeyText | null {
  let length = prefix.length;
  while (length > 0 && prefix.charCodeAt(length - 1) === 0xff) length -= 1;
  if (length === 0) return null;
  const last = String.fromCharCode(prefix.charCodeAt(length - 1) + 1);
  return asKeyText(prefix.slice(0, length - 1) + last);
}

/** From a list, which is spread three times as quickly as bytes are. */
function characters(bytes: Uint8Array): KeyText {
  codes.length = bytes.length;
  for (let at = 0; at < bytes.length; at += 1) codes[at] = bytes[at] ?? 0;
  return asKeyText(String.fromCharCode(...codes));
}

const codes: number[] = [];

function asKeyText(text: string): KeyText {
  return text as KeyText;
}
