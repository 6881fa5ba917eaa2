/**
 * How large keys, values and whole commands may be at this server (SV10), in writes, reads and watches alike; the store itself
 * would take more. Each throws `RAFT_TOO_LARGE`.
 */
import { RaftError } from '../../core/errors.ts';
import type { KeySelector } from '../../kv/keys/key-selector.ts';
import type { ServerLimits } from '../limits.ts';

export function checkCommandBytes(length: number, { commandBytesMax }: ServerLimits): void {
  if (length > commandBytesMax) throw tooLarge('The write', length, commandBytesMax);
}

export function checkSelector(selector: KeySelector, limits: ServerLimits): void {
  const { key, prefix, start, end } = selector;
  for (const bound of [key, prefix]) if (bound !== undefined) checkKey(bound, limits);
  // A page goes on after its last key, at that key and a zero byte.
  for (const bound of [start, end]) if (bound !== undefined) checkKey(bound.subarray(1), limits);
}

export function checkKey(key: Uint8Array, { keyBytesMax }: ServerLimits): void {
  if (key.length > keyBytesMax) throw tooLarge('The key', key.length, keyBytesMax);
}

export function checkValue(value: Uint8Array, { valueBytesMax }: ServerLimits): void {
  if (value.length > valueBytesMax) throw tooLarge('The value', value.length, valueBytesMax);
}

function tooLarge(what: string, bytes: number, bytesMax: number): RaftError {
  return new RaftError(
    'RAFT_TOO_LARGE',
    `${what} has ${bytes} bytes; ${bytesMax} are allowed. Nothing was written; make it smaller or split it.`,
  );
}
