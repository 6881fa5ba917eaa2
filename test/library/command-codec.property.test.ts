/** What is accepted as an input arrives as it was sent; what would not is refused. Random, with its seed. */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../src/index.ts';
import { decodeCommand, encodeCommand } from '../../src/library/command-codec.ts';

const RUNS = { numRuns: 1_000 };

const fieldName = fc
  .oneof(
    fc.string({ unit: 'binary', maxLength: 40 }),
    fc.constantFrom('constructor', 'toString', 'length', 'then', '0', 'é'.repeat(20)),
  )
  .filter((name) => name !== '__proto__');

const scalar = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    undefined,
    true,
    false,
    0,
    -0,
    Number.NaN,
    '',
    2 ** 32,
    -(2 ** 31),
  ),
  fc.integer(),
  fc.double(),
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

describe('an input', () => {
  it('[AD3] that is accepted arrives as it was sent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), plain, (name, input) => {
        const arrived = decodeCommand(encodeCommand(name, input));
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
        expect(() => encodeCommand('add', input)).toThrow(refusal);
      }),
      RUNS,
    );
  });

  it('[AD3] of any kind at all arrives as it was sent, or is refused with a code', () => {
    const anything = fc.anything({
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
          expect(decodeCommand(encodeCommand('add', input))?.input).toEqual(input);
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
    const data = encodeCommand('add', all);
    for (const place of [
      data,
      Buffer.from(data),
      Buffer.concat([data, data]).subarray(data.length),
    ]) {
      const input: unknown = decodeCommand(place)?.input;
      expect(input).toStrictEqual({
        bytes: Uint8Array.of(97, 98, 99),
        more: [Uint8Array.of(1, 2)],
      });
      const { bytes } = input as { readonly bytes: Uint8Array };
      expect(Object.getPrototypeOf(bytes)).toBe(Uint8Array.prototype);
      bytes.fill(0);
      expect(decodeCommand(place)).toMatchObject({ input: { bytes: Uint8Array.of(97, 98, 99) } });
    }
  });

  it('[AD3] that contains itself is refused, at any depth', () => {
    const cycle: { next?: unknown } = {};
    cycle.next = [{ cycle }];
    expect(() => encodeCommand('add', cycle)).toThrow(/input\.next\[0\]\.cycle.*contains itself/);
  });

  it('[AD3] is read once, and whatever reading it does', () => {
    let reads = 0;
    const input = {
      get by(): unknown {
        reads += 1;
        encodeCommand('other', { while: 'this one is being written' });
        return reads === 1 ? 1 : Symbol('not what was checked');
      },
    };
    expect(decodeCommand(encodeCommand('add', input))).toEqual({ name: 'add', input: { by: 1 } });
  });

  it('[AD5] that an earlier version wrote is read as it was then', () => {
    const earlier = new Packr({ useRecords: false, moreTypes: true });
    fc.assert(
      fc.property(plain, (input) => {
        const data = new Uint8Array(earlier.pack(['add', input]));
        expect(decodeCommand(data)?.input).toEqual(earlier.unpack(data)[1]);
      }),
      RUNS,
    );
  });

  it('[AD5] of any bytes is a command or none, and never an error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (data) => {
        const call = decodeCommand(data);
        expect(call === null || typeof call.name === 'string').toBe(true);
      }),
      RUNS,
    );
  });
});
