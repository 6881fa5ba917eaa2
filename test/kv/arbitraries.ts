/** Commands, reads and watches for random tests: few keys, so that they meet each other often. */
import fc from 'fast-check';
import type {
  Compare,
  KeyCondition,
  KvCommand,
  LeaseCommand,
  RangeOptions,
  TxnOperation,
} from '../../src/kv/commands/commands.ts';
import type { KeySelector } from '../../src/kv/keys/key-selector.ts';

const byte = fc.constantFrom(0x00, 0x61, 0x62, 0x80, 0xff);
const bytes = (minLength: number, maxLength: number): fc.Arbitrary<Uint8Array> =>
  fc.array(byte, { minLength, maxLength }).map((numbers) => Uint8Array.from(numbers));

export const key = bytes(1, 2);
const bound = bytes(0, 2);
const value = bytes(0, 2);
const revision = fc.integer({ min: 0, max: 24 });

/** `true` or not given: `false` means the same and encodes the same. */
const flag = fc.constant(true as const);

const span: fc.Arbitrary<KeySelector> = fc
  .record({ prefix: bound, start: bound, end: bound }, { requiredKeys: [] })
  .filter((selector) => Object.keys(selector).length > 0);

export const selector: fc.Arbitrary<KeySelector> = fc.oneof(fc.record({ key }), span);

const condition: fc.Arbitrary<KeyCondition> = fc.oneof(
  fc.record({ type: fc.constant('modRevision' as const), modRevision: revision }),
  fc.constant({ type: 'absent' as const }),
  fc.constant({ type: 'present' as const }),
);

/** Few, so that some of them are there; most puts name none. */
const lease = fc.integer({ min: 1, max: 4 });

const unbound = fc.record(
  { type: fc.constant('put' as const), key, value, returnPrevious: flag },
  { requiredKeys: ['type', 'key', 'value'] },
);
const put = fc.oneof(
  { weight: 3, arbitrary: unbound },
  { weight: 2, arbitrary: fc.tuple(unbound, lease).map(([one, id]) => ({ ...one, lease: id })) },
);

const leaseCommand: fc.Arbitrary<LeaseCommand> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      type: fc.constant('grant' as const),
      ttlMs: fc.integer({ min: 100, max: 5_000 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      type: fc.constant('renew' as const),
      leases: fc.array(lease, { minLength: 1, maxLength: 3 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('revoke' as const), lease }) },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('expire' as const),
      leases: fc.array(fc.record({ lease, renewals: fc.integer({ min: 0, max: 1 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
  },
);

const remove = fc
  .tuple(selector, fc.record({ returnPrevious: flag }, { requiredKeys: [] }))
  .map(([keys, options]) => ({ type: 'delete' as const, ...keys, ...options }));

export const rangeOptions: fc.Arbitrary<RangeOptions> = fc
  .tuple(
    selector,
    fc.record(
      { limit: fc.integer({ min: 1, max: 4 }), keysOnly: flag, countOnly: flag },
      { requiredKeys: [] },
    ),
  )
  .map(([keys, options]) => ({ ...keys, ...options }));

const pastRevision = fc.oneof(
  { weight: 3, arbitrary: fc.constant({}) },
  { weight: 1, arbitrary: fc.record({ revision: fc.integer({ min: 1, max: 24 }) }) },
);

const range = fc
  .tuple(rangeOptions, pastRevision)
  .map(([options, past]) => ({ type: 'range' as const, ...options, ...past }));

const operator = fc.constantFrom('=' as const, '!=' as const, '<' as const, '>' as const);

const compare: fc.Arbitrary<Compare> = fc.oneof(
  fc.record({
    key,
    target: fc.constantFrom(
      'version' as const,
      'createRevision' as const,
      'modRevision' as const,
      'lease' as const,
    ),
    operator,
    value: fc.integer({ min: 0, max: 6 }),
  }),
  fc.record({ key, target: fc.constant('value' as const), operator, value }),
);

const operation: fc.Arbitrary<TxnOperation> = fc.oneof(put, remove, range);
const branch = fc.array(operation, { maxLength: 3 });

export const command: fc.Arbitrary<KvCommand> = fc.oneof(
  { weight: 6, arbitrary: put },
  { weight: 2, arbitrary: fc.tuple(put, condition).map(([one, c]) => ({ ...one, condition: c })) },
  { weight: 2, arbitrary: remove },
  {
    weight: 1,
    arbitrary: fc
      .tuple(key, condition)
      .map(([one, c]) => ({ type: 'delete' as const, key: one, condition: c })),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('txn' as const),
      compare: fc.array(compare, { maxLength: 2 }),
      success: branch,
      failure: branch,
    }),
  },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('compact' as const), revision }) },
  { weight: 4, arbitrary: leaseCommand },
);

export type Step =
  | { readonly type: 'apply'; readonly commands: readonly KvCommand[] }
  | { readonly type: 'read'; readonly options: RangeOptions }
  | {
      readonly type: 'watch';
      readonly selector: KeySelector;
      /** `null`: from now on. */
      readonly from: number | null;
    };

export const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      type: fc.constant('apply' as const),
      commands: fc.array(command, { minLength: 1, maxLength: 4 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('read' as const), options: rangeOptions }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      type: fc.constant('watch' as const),
      selector,
      from: fc.option(revision),
    }),
  },
);
