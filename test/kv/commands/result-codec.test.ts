/** Results as bytes: what the store answers arrives as it was, and nothing else is let in. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import {
  decodeResult,
  encodeResult,
  type KvAnswer,
} from '../../../src/kv/commands/result-codec.ts';
import type { LeaseResult } from '../../../src/kv/commands/results.ts';
import type { KeyValue } from '../../../src/kv/keys/key-value.ts';
import { damage, damaged } from './damage.ts';

const counter = fc.oneof(fc.nat({ max: 300 }), fc.integer({ min: 0, max: 2 ** 48 }));
const bytes = fc.uint8Array({ maxLength: 5 });
const kv: fc.Arbitrary<KeyValue> = fc.record({
  key: bytes,
  value: bytes,
  createRevision: counter,
  modRevision: counter,
  version: counter,
  lease: fc.option(counter),
});
const kvs = fc.array(kv, { maxLength: 3 });

const put = fc.record(
  { type: fc.constant('put' as const), revision: counter, previous: fc.option(kv) },
  { requiredKeys: ['type', 'revision'] },
);
const remove = fc.record(
  { type: fc.constant('delete' as const), revision: counter, deleted: counter, previous: kvs },
  { requiredKeys: ['type', 'revision', 'deleted'] },
);
const range = fc.record({
  type: fc.constant('range' as const),
  revision: counter,
  kvs,
  more: fc.boolean(),
  count: counter,
});
const counters = fc.array(counter, { maxLength: 3 });
const lease: fc.Arbitrary<LeaseResult> = fc.oneof(
  fc.record({
    type: fc.constant('grant' as const),
    revision: counter,
    lease: counter,
    ttlMs: counter,
  }),
  fc.record({ type: fc.constant('renew' as const), revision: counter, ttlsMs: counters }),
  fc.record({ type: fc.constant('revoke' as const), revision: counter, deleted: counter }),
  fc.record({
    type: fc.constant('expire' as const),
    revision: counter,
    deleted: counter,
    leases: counters,
  }),
);
const answer: fc.Arbitrary<KvAnswer> = fc.oneof(
  lease,
  put,
  remove,
  range,
  fc.record({
    type: fc.constant('txn' as const),
    revision: counter,
    succeeded: fc.boolean(),
    responses: fc.array(fc.oneof(put, remove, range), { maxLength: 3 }),
  }),
  fc.record({
    type: fc.constant('compact' as const),
    revision: counter,
    compactedRevision: counter,
  }),
  fc.record({
    type: fc.constant('conditionFailed' as const),
    code: fc.constant('RAFT_CONDITION_FAILED' as const),
    revision: counter,
    modRevision: counter,
  }),
  fc.record({
    type: fc.constant('refused' as const),
    code: fc.constantFrom(
      'RAFT_BAD_REQUEST' as const,
      'RAFT_COMPACTED' as const,
      'RAFT_FUTURE_REVISION' as const,
    ),
    message: fc.string({ unit: 'grapheme' }),
    revision: counter,
    compactedRevision: counter,
  }),
);

describe('the result codec', () => {
  it('[KV20] every answer comes back as it was', () => {
    fc.assert(
      fc.property(answer, (one) => {
        expect(decodeResult(encodeResult(one))).toEqual(one);
      }),
      { numRuns: 2000 },
    );
  });

  it('[KV20] a result that was cut, or that something follows, is refused', () => {
    fc.assert(
      fc.property(answer.map(encodeResult), (whole) => {
        const last = whole.length - 1;
        for (const some of [whole.subarray(0, last), Uint8Array.of(...whole, 0)]) {
          expect(() => decodeResult(some)).toThrowError(RaftError);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('[KV20] damaged bytes are refused or are an answer, and never anything worse', () => {
    const hostile = fc
      .tuple(answer.map(encodeResult), fc.array(damage, { minLength: 1, maxLength: 3 }))
      .map(([encodedAnswer, all]) => all.reduce(damaged, encodedAnswer));
    fc.assert(
      fc.property(fc.oneof(hostile, fc.uint8Array({ maxLength: 40 })), (some) => {
        try {
          encodeResult(decodeResult(some));
        } catch (error) {
          expect(error).toBeInstanceOf(RaftError);
          expect((error as RaftError).code).toBe('RAFT_BAD_REQUEST');
        }
      }),
      { numRuns: 5000 },
    );
  });
});
