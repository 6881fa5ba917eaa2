/** What a machine says of its versions. */
import { expect, it } from 'vitest';
import { defineMachine } from '../../src/index.ts';
import { encodeCall } from '../../src/library/call-codec.ts';

const noop = (): null => null;
const parts = { initial: () => ({}), commands: { one: noop, two: noop, three: noop }, queries: {} };

it('[UP2] a machine knows with which version each of its commands came', () => {
  const versioned = defineMachine({ ...parts, version: 3, since: { two: 2, three: 3 } }).start();
  const versionOf = (name: string): number | undefined =>
    versioned.versionOf?.(encodeCall(name, undefined));
  expect(versioned.version).toBe(3);
  expect(['one', 'two', 'three', 'toString'].map(versionOf)).toEqual([1, 2, 3, 1]);
  expect(versioned.versionOf?.(Uint8Array.of(0xc1))).toBe(1);
  const plain = defineMachine(parts).start();
  expect([plain.version, plain.versionOf?.(encodeCall('two', undefined))]).toEqual([1, 1]);
});

it('[EM12] [UP2] versions that make no sense are refused where the machine is defined', () => {
  for (const version of [0, 1.5, -1, 2 ** 32, Number.NaN, '2' as unknown as number]) {
    expect(() => defineMachine({ ...parts, version })).toThrow(/^version must be a whole number/);
  }
  expect(() => defineMachine({ ...parts, version: 2, since: { two: 3 } })).toThrow(
    'since of the command "two" must be a whole number from 1 to 2, not 3',
  );
  expect(() => defineMachine({ ...parts, since: { two: 2 } })).toThrow('from 1 to 1');
  const mistyped = { tow: 1 } as { readonly two?: number };
  expect(() => defineMachine({ ...parts, since: mistyped })).toThrow('did you mean two?');
});
