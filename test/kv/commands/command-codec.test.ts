/** Commands as bytes: every command survives, nothing else is let in, and no bytes do harm. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import {
  COMMAND_VERSION,
  decodeCommand,
  decodeCommitted,
  encodeCommand,
} from '../../../src/kv/commands/command-codec.ts';
import type { KvCommand } from '../../../src/kv/commands/commands.ts';
import { command } from '../arbitraries.ts';
import { committed, machineWith, utf8 } from '../committed.ts';
import { isMalformed } from '../naive-store.ts';
import { type Damage, damage, damaged } from './damage.ts';

const valid = command.filter((one) => !isMalformed(one));
const hostile = fc.oneof(
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc
      .uint8Array({ maxLength: 40 })
      .map((rest) => Uint8Array.of(COMMAND_VERSION + (rest.length % 2), ...rest)),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(valid.map(encodeCommand), fc.array(damage, { minLength: 1, maxLength: 3 }))
      .map(([bytes, all]: [Uint8Array, Damage[]]) => all.reduce(damaged, bytes)),
  },
);

/** `null`: refused as it should be. */
function decoded(bytes: Uint8Array, decode = decodeCommand): KvCommand | null {
  try {
    return decode(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(RaftError);
    expect((error as RaftError).code).toBe('RAFT_BAD_REQUEST');
    return null;
  }
}

describe('the command codec', () => {
  it('[KV10] every command comes back as it was', () => {
    fc.assert(
      fc.property(valid, (one) => {
        expect(decodeCommand(encodeCommand(one))).toEqual(one);
      }),
      { numRuns: 2000 },
    );
  });

  it('[KV10] what decodes at all is the one encoding of its command', () => {
    fc.assert(
      fc.property(hostile, (bytes) => {
        const one = decoded(bytes);
        if (one !== null) expect(encodeCommand(one)).toEqual(bytes);
      }),
      { numRuns: 10_000 },
    );
  });

  it('[KV9] [KV10] bytes that do not decode are answered, not thrown, and change no state, wherever they turn up', () => {
    const machine = machineWith('a');
    const before = machine.stateHash();
    const numbers = { revision: 2, compactedRevision: 0 };
    const refused = { type: 'refused', code: 'RAFT_BAD_REQUEST', ...numbers };
    fc.assert(
      fc.property(hostile, (bytes) => {
        if (decoded(bytes, decodeCommitted) !== null) return;
        try {
          expect(machine.apply(committed([bytes]))).toMatchObject([refused]);
        } catch (error) {
          expect(error).toMatchObject({ code: 'RAFT_STATE_MACHINE_FAILED' });
          expect([1, 2, 3]).not.toContain(bytes[0]);
        }
        expect(machine.stateHash()).toBe(before);
      }),
      { numRuns: 3000 },
    );
  });

  it('[KV10] a cut command is refused at every length', () => {
    const whole = encodeCommand({
      type: 'txn',
      compare: [{ key: utf8('k'), target: 'version', operator: '>', value: 2 ** 40 }],
      success: [{ type: 'range', prefix: utf8('p'), limit: 7, revision: 9, keysOnly: true }],
      failure: [{ type: 'delete', start: utf8('a'), end: utf8('b'), returnPrevious: true }],
    });
    for (let length = 0; length < whole.length; length += 1) {
      expect(decoded(whole.subarray(0, length))).toBeNull();
    }
    expect(decoded(Uint8Array.of(...whole, 0))).toBeNull();
    expect(decoded(whole)).not.toBeNull();
  });

  it.each<[string, KvCommand]>([
    ['an empty key', { type: 'put', key: utf8(''), value: utf8('') }],
    ['a long key', { type: 'put', key: new Uint8Array(65_537), value: utf8('') }],
    ['a delete of nothing in particular', { type: 'delete' }],
    [
      'a condition on a range',
      { type: 'delete', prefix: utf8('a'), condition: { type: 'absent' } },
    ],
    [
      'a revision that is no counter',
      { type: 'put', key: utf8('a'), value: utf8(''), condition: modRevision(0.5) },
    ],
    ['a negative revision', { type: 'compact', revision: -1 }],
    ['a revision past the limit', { type: 'compact', revision: 2 ** 52 }],
    [
      'a compare with half a number',
      {
        type: 'txn',
        compare: [{ key: utf8('a'), target: 'version', operator: '=', value: 1.5 }],
        success: [],
        failure: [],
      },
    ],
  ])('[KV10] is not even encoded: %s', (_, one) => {
    expect(() => encodeCommand(one)).toThrowError(
      expect.objectContaining({ code: 'RAFT_BAD_REQUEST' }),
    );
  });

  it('[KV10] the bytes of version 2 stay as they are, those of version 1 are only read in the log', () => {
    const command: KvCommand = {
      type: 'put',
      key: utf8('k'),
      value: utf8('v'),
      condition: modRevision(258),
    };
    const bytes = encodeCommand(command);
    expect([...bytes]).toEqual(
      [
        [2, 0, 0],
        [1, 0, 0, 0, 0x6b],
        [1, 0, 0, 0, 0x76],
        [1, 2, 1, 0, 0, 0, 0, 0, 0],
      ].flat(),
    );
    const older = Uint8Array.of(1, ...bytes.subarray(1));
    expect(decodeCommitted(older)).toEqual(command);
    expect(decoded(older)).toBeNull();
  });
});

function modRevision(value: number): {
  readonly type: 'modRevision';
  readonly modRevision: number;
} {
  return { type: 'modRevision', modRevision: value };
}
