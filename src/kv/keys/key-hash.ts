/**
 * A hash of keys under a secret (KV27): HalfSipHash with one round for each four bytes and three at the end. Clients choose the
 * keys; who does not know the secret cannot choose them so that many fall into one place. It shows nowhere: each process may
 * have its own.
 */
import type { KeyText } from './key-order.ts';

/** 64 bits. */
export interface HashSecret {
  readonly low: number;
  readonly high: number;
}

/** Where every client is trusted, as in tests. */
export const NO_SECRET: HashSecret = { low: 0, high: 0 };

const ROUNDS_AT_THE_END = 3;

/** 32 bits, never 0. */
export function keyHash(key: KeyText, { low, high }: HashSecret): number {
  let v0 = low | 0;
  let v1 = high | 0;
  let v2 = low ^ 0x6c796765;
  let v3 = high ^ 0x74656462;
  const words = (key.length >>> 2) + 1;
  for (let at = 0; at < words + ROUNDS_AT_THE_END; at += 1) {
    const word = at < words ? wordOf(key, 4 * at) : 0;
    if (at === words) v2 ^= 0xff;
    v3 ^= word;
    v0 = (v0 + v1) | 0;
    v1 = turned(v1, 5) ^ v0;
    v0 = turned(v0, 16);
    v2 = (v2 + v3) | 0;
    v3 = turned(v3, 8) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = turned(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = turned(v1, 13) ^ v2;
    v2 = turned(v2, 16);
    v0 ^= word;
  }
  return v1 ^ v3 || 1;
}

/** Four bytes of the key; at its end those that are left, and how long it is. */
function wordOf(key: KeyText, at: number): number {
  if (at + 4 > key.length) return lastWordOf(key, at);
  return (
    key.charCodeAt(at) |
    (key.charCodeAt(at + 1) << 8) |
    (key.charCodeAt(at + 2) << 16) |
    (key.charCodeAt(at + 3) << 24)
  );
}

function lastWordOf(key: KeyText, from: number): number {
  let word = key.length << 24;
  for (let at = from; at < key.length; at += 1) word |= key.charCodeAt(at) << (8 * (at - from));
  return word;
}

function turned(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
