/** Reads a range without letting one answer grow past the server's bounds; `more` tells of the rest (SV11). */
import type { RangeOptions } from '../../kv/commands.ts';
import type { KeyValue, RangeResult } from '../../kv/results.ts';
import type { ServerLimits } from '../limits.ts';
import type { KvReads } from '../server-context.ts';

export function boundedRange(
  kv: KvReads,
  options: RangeOptions,
  limits: ServerLimits,
): RangeResult {
  const limit = Math.min(options.limit ?? limits.rangeKeysMax, limits.rangeKeysMax);
  const result = kv.range({ ...options, limit });
  const fitting = countThatFit(result.kvs, limits.rangeBytesMax);
  if (fitting === result.kvs.length) return result;
  return { ...result, kvs: result.kvs.slice(0, fitting), more: true };
}

function countThatFit(kvs: readonly KeyValue[], bytesMax: number): number {
  let bytes = 0;
  for (const [at, { key, value }] of kvs.entries()) {
    bytes += key.length + value.length;
    if (bytes > bytesMax && at > 0) return at;
  }
  return kvs.length;
}
