/** Reads a range without letting one answer grow past the server's bounds; `more` tells of the rest (SV11). */
import type { ReadRequest } from '../../client-protocol/frame-shapes.ts';
import type { RangeResult } from '../../kv/commands/results.ts';
import type { KeyValue } from '../../kv/keys/key-value.ts';
import type { ServerLimits } from '../limits.ts';
import type { KvReads } from '../server-context.ts';

export function boundedRange(
  kv: KvReads,
  question: Pick<ReadRequest, 'selector' | 'limit' | 'revision' | 'keysOnly'>,
  limits: ServerLimits,
): RangeResult {
  const { selector, revision, keysOnly } = question;
  const limit = Math.min(question.limit ?? limits.rangeKeysMax, limits.rangeKeysMax);
  const past = revision === null ? {} : { revision };
  const result = kv.range({ ...selector, ...past, keysOnly, limit });
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
