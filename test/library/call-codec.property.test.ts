/** What is accepted as an input arrives as it was sent; what would not is refused. Random, with its seed. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../src/index.ts';
import { decodeCall, encodeCall } from '../../src/library/call-codec.ts';

const RUNS = { numRuns: 1_000 };

const fieldName = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('constructor', 'toString', 'length', 'then', '0', 'é'.repeat(20)),
  )
  .filter((name) => name !== '__proto__');

const scalar = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, true, false, 0, Number.NaN, '', 2 ** 32, -(2 ** 31)),
  fc.integer(),
  fc.double().map((value) => (value === 0 ? 0 : value)),
  fc.maxSafeInteger(),
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.bigInt(),
  fc.bigInt({ min: -(2n ** 200n), max: 2n ** 200n }),
  fc.date({ noInvalidDate: true }),
  fc.uint8Array({ maxLength: 300 }),
  fc.oneof(
    fc.int8Array(),
    fc.uint16Array(),
    fc.float32Array(),
    fc.float64Array(),
    fc.bigInt64Array(),
  ),
);

const { plain } = fc.letrec<{ plain: unknown }>((tie) => ({
  plain: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    scalar,
    fc.array(tie('plain'), { maxLength: 20 }),
    fc.dictionary(fieldName, tie('plain'), { maxKeys: 20, noNullPrototype: true }),
    fc.array(tie('plain'), { maxLength: 5 }).map((items) => new Set(items)),
  ),
}));

/** What cannot be sent, or not as it is. */
const foreign = fc.constantFrom<() => unknown>(
  () => () => 1,
  () => Symbol('s'),
  () => new Map([[1, 2]]),
  () => /a/,
  () => new Error('e'),
  () => new (class Own {})(),
  () => new (class Own extends Array {})(),
  () => new (class Own extends Date {})(0),
  () => new (class Own extends Set {})(),
  () => Object.assign([1], { name: 1 }),
  () => Array(3),
  () => 'a\ud800b',
  () => ({ 'a\ud800b': 1 }),
  () => JSON.parse('{"__proto__": 1}'),
  () => ({ [Symbol('s')]: 1 }),
  () => new DataView(new ArrayBuffer(2)),
  () => new ArrayBuffer(2),
  () => new WeakMap(),
  () => Object.create({ inherited: 1 }),
  () => Object(1),
);

/** The same value with `stranger` somewhere inside. */
function planted(value: unknown, stranger: unknown, at: number): unknown {
  if (Array.isArray(value)) return [...value.slice(0, at), stranger, ...value.slice(at)];
  if (value instanceof Set) return new Set([...value, stranger]);
  if (typeof value === 'object' && value?.constructor === Object) return { ...value, stranger };
  return { before: value, list: [value, stranger] };
}

/** As the writer before this one wrote it, and as `msgpackr` reads it. */
const WRITTEN = {
  hex: '92a3616464dc0012cb8000000000000000cb3ff8000000000000f9ce00011170a2c3a9c0d40000c3c70a4200400000000000000000d38000000000000000cf8000000000000000c4020102c7057403ffff0200c70cff3b8b87c0ffffffffffffffffc70cff1dcd65000000000000000001d4ffffd47300910181a16181a16290',
  input: [
    ...[-0, 1.5, -7, 70_000, 'é', null, undefined, true],
    ...[2n ** 70n, -(2n ** 63n), 2n ** 63n],
    ...[Uint8Array.of(1, 2), Int16Array.of(-1, 2)],
    ...[new Date(-1), new Date(1_500), new Date(Number.NaN), new Set([1]), { a: { b: [] } }],
  ],
};

/** Twice the same list, of twice the same list, and so on. */
function doubled(value: unknown): unknown {
  return Array.from({ length: 40 }).reduce<unknown>((inner) => [inner, inner], value);
}

let reads = 0;
const endless = Object.defineProperty(new Set(), Symbol.iterator, {
  value: function* () {
    for (;;) {
      reads += 1;
      yield reads;
    }
  },
});
const listInItself: unknown[] = new Array(9_000).fill(1);
listInItself[0] = listInItself;

describe('an input', () => {
  it('[AD3] that is accepted arrives as it was sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), plain, (name, input) => {
        const arrived = decodeCall(encodeCall(name, input));
        expect(isDeepStrictEqual(arrived, { name, input })).toBe(true);
      }),
      RUNS,
    );
  });

  it('[AD3] that would not arrive as it is, is refused with its place', () => {
    fc.assert(
      fc.property(plain, foreign, fc.nat(3), (value, make, at) => {
        const input = planted(value, make(), at);
        const refusal = expect.objectContaining({
          code: 'RAFT_BAD_REQUEST',
          message: expect.stringMatching(/^input\S* /u),
        });
        expect(() => encodeCall('add', input)).toThrow(refusal);
      }),
      RUNS,
    );
  });

  it('[AD3] of any kind at all arrives as it was sent, or is refused with a code', () => {
    const anything = fc.anything({
      // Minus zero arrives as zero, which is equal to it.
      values: [
        fc.boolean(),
        fc.integer(),
        fc.double().map((value) => (value === 0 ? 0 : value)),
        fc.string(),
        fc.constantFrom(null, undefined),
      ],
      withBigInt: true,
      withDate: true,
      withMap: true,
      withSet: true,
      withTypedArray: true,
      withSparseArray: true,
      withNullPrototype: true,
      withBoxedValues: true,
      withObjectString: true,
    });
    fc.assert(
      fc.property(anything, (input) => {
        try {
          expect(decodeCall(encodeCall('add', input))?.input).toEqual(input);
        } catch (error) {
          if (!(error instanceof RaftError)) throw error;
          expect(error).toMatchObject({ code: 'RAFT_BAD_REQUEST', retry: 'never' });
        }
      }),
      RUNS,
    );
  });

  it('[OW2] with bytes in it has a Uint8Array there, of its own, wherever the command lies', () => {
    const all = { bytes: Buffer.from('abc'), more: [Uint8Array.of(1, 2)] };
    const data = encodeCall('add', all);
    for (const place of [
      data,
      Buffer.from(data),
      Buffer.concat([data, data]).subarray(data.length),
    ]) {
      const input: unknown = decodeCall(place)?.input;
      expect(input).toStrictEqual({
        bytes: Uint8Array.of(97, 98, 99),
        more: [Uint8Array.of(1, 2)],
      });
      const { bytes } = input as { readonly bytes: Uint8Array };
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      bytes.fill(0);
      expect(decodeCall(place)).toMatchObject({ input: { bytes: Uint8Array.of(97, 98, 99) } });
    }
  });

  it('[AD3] arrives as it was sent, however odd: only of −0 the sign is not kept', () => {
    const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, at) => [`f${at}`, at]));
    for (const input of [
      { constructor: 1, hasOwnProperty: 2, toJSON: 3, toString: 4 },
      { constructor: [1], toJSON: { toJSON: null } },
      [2n ** 70_000n, -(2n ** 70_000n) - 1n, 2n ** 64n, -(2n ** 63n) - 1n],
      [new Date(-1), new Date(8.64e15)],
      many,
    ]) {
      const arrived = decodeCall(encodeCall('add', input));
      expect(isDeepStrictEqual(arrived?.input, input)).toBe(true);
    }
    expect(decodeCall(encodeCall('add', [-0]))?.input).toStrictEqual([0]);
    expect(decodeCall(encodeCall('add', -0))?.input).toBe(0);
  });

  it('[AD5] that is written today or was, from its bytes', () => {
    const { hex, input } = WRITTEN;
    expect(decodeCall(Buffer.from(hex, 'hex'))?.input).toStrictEqual(input);
    const again = Buffer.from(encodeCall('add', input)).toString('hex');
    expect(decodeCall(Buffer.from(again, 'hex'))?.input).toStrictEqual([0, ...input.slice(1)]);
  });

  it.each<[string, () => unknown]>([
    ['a set without an end', () => endless],
    ['a list in itself', () => listInItself],
    ['a list in lists', () => doubled([])],
    ['a date in lists', () => doubled(new Date(0))],
    ['bytes in lists', () => doubled(Buffer.alloc(1_000))],
    ['a long integer', () => 2n ** 80_001n],
    ['half as long integers', () => [2n ** 40_000n, 2n ** 40_001n]],
    ['a long name', () => ({ ['x'.repeat(10_001)]: 1 })],
    ['wide letters', () => 'é'.repeat(5_001)],
  ])('[EM6] over the limit is left as soon as it is seen: %s', (_, make) => {
    reads = 0;
    const refusal = expect.objectContaining({ code: 'RAFT_TOO_LARGE', retry: 'never' });
    expect(() => encodeCall('add', make(), 10_000)).toThrow(refusal);
    expect(reads).toBeLessThanOrEqual(10_001);
  });

  it('[EM6] of more lists and objects than one for every 8 bytes of the limit is not copied', () => {
    const lists = Array.from({ length: 1_250 }, () => []);
    expect(() => encodeCall('add', lists, 10_000)).toThrow(/more than 1250 lists, objects/);
    expect(encodeCall('add', lists.slice(1), 10_000).length).toBeLessThan(2_000);
  });

  it('[AD3] that contains itself is refused, at any depth', () => {
    const cycle: { next?: unknown } = {};
    cycle.next = [{ cycle }];
    expect(() => encodeCall('add', cycle)).toThrow(/input\.next\[0\]\.cycle.*contains itself/);
  });

  it('[AD3] is read once, and whatever reading it does', () => {
    let reads = 0;
    const input = {
      get by(): unknown {
        reads += 1;
        encodeCall('other', { while: 'this one is being written' });
        return reads === 1 ? 1 : Symbol('not what was checked');
      },
    };
    expect(decodeCall(encodeCall('add', input))).toEqual({ name: 'add', input: { by: 1 } });
  });

  it('[AD5] that an earlier version wrote is read as it was then', () => {
    const earlier = new Packr({ useRecords: false, moreTypes: true });
    fc.assert(
      fc.property(plain, (input) => {
        const data = new Uint8Array(earlier.pack(['add', input]));
        expect(decodeCall(data)?.input).toEqual(earlier.unpack(data)[1]);
      }),
      RUNS,
    );
  });

  it('[AD5] of any bytes is a command or none, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const call = decodeCall(data);
        expect(call === null || typeof call.name === 'string').toBe(true);
      }),
      RUNS,
    );
  });
});
