import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ENTRY_HEADER_BYTES, RUN_HEADER_BYTES } from '../../src/core/entry-run.ts';
import { DEFAULT_LIMITS, type Limits } from '../../src/core/limits.ts';
import type { RaftTiming } from '../../src/core/raft-state.ts';
import { contradictionInLimits, contradictionInTiming } from '../../src/rules/contradictions.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';

const KIB = 1024;
const limits = (changes: Partial<Limits>): string | null =>
  contradictionInLimits({ ...DEFAULT_LIMITS, ...changes });
const timing = (changes: Partial<RaftTiming>): string | null =>
  contradictionInTiming({ ...DEFAULT_TIMING, ...changes });

it('[CF1] the limits that users get hold together, and so do the smallest that work', () => {
  expect(limits({})).toBeNull();
  expect(
    limits({
      runBytesMax: 1,
      messageBytesMax: 1,
      inflightMessagesMax: 1,
      inflightBytesMax: 1,
      cacheBytesMax: 1,
      applyBytesMax: 1,
      socketBytesMax: 1,
      pendingReadsMax: 1,
      unappliedBytesMax: 1,
      proposalBytesMax: 1,
      commandBytesMax: 1,
      frameBytesMax: 16 * KIB,
    }),
  ).toBeNull();
});

it('[CF1] names both settings, their values, the reason and what to change', () => {
  expect(limits({ commandBytesMax: 12_000_000, frameBytesMax: 200_000 })).toBe(
    'commandBytesMax 12000000 does not fit into frameBytesMax 200000: a leader could not send what it has written, up to 12000045 bytes with headers. Raise the latter, or lower the former.',
  );
  const flags = (name: string): string => `--${name}`;
  expect(contradictionInLimits({ ...DEFAULT_LIMITS, frameBytesMax: 1 }, flags)).toMatch(
    /^--frameBytesMax 1 is too small: .* Raise it\.$/,
  );
});

it('[CF1] each relation holds up to its very edge, and not a byte further', () => {
  const room = RUN_HEADER_BYTES + ENTRY_HEADER_BYTES;
  const small = { runBytesMax: 1, messageBytesMax: 1, commandBytesMax: 1 };
  const edges: readonly (readonly [keyof Limits, number, Partial<Limits>])[] = [
    ['commandBytesMax', 64 * KIB - room, { ...small, frameBytesMax: 64 * KIB }],
    ['runBytesMax', 64 * KIB - RUN_HEADER_BYTES, { ...small, frameBytesMax: 64 * KIB }],
    ['messageBytesMax', 64 * KIB - RUN_HEADER_BYTES, { ...small, frameBytesMax: 64 * KIB }],
    ['messageBytesMax', 0xffff * room, {}],
    ['commandBytesMax', 100, { proposalBytesMax: 100 }],
    ['frameBytesMax', 2 ** 31 - 1, {}],
  ];
  for (const [name, edge, others] of edges) {
    expect([name, limits({ ...others, [name]: edge })]).toEqual([name, null]);
    expect(limits({ ...others, [name]: edge + 1 })).toContain(`${name} ${edge + 1} `);
  }
  expect(limits({ ...small, frameBytesMax: 16 * KIB })).toBeNull();
  expect(limits({ ...small, frameBytesMax: 16 * KIB - 1 })).toContain('greet');
});

it('[CF1] a limit that is no whole number from 1, or no limit at all, is refused by name', () => {
  const bad = fc.oneof(
    fc.constantFrom<unknown>(0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, '5', null),
    fc.constant(undefined),
  );
  const names = Object.keys(DEFAULT_LIMITS);
  fc.assert(
    fc.property(fc.constantFrom(...names), bad, (name, value) => {
      const given: object = { ...DEFAULT_LIMITS, [name]: value };
      expect(contradictionInLimits({ ...DEFAULT_LIMITS, ...given })).toContain(
        `${name} must be a whole number from 1; it is ${value}.`,
      );
    }),
  );
  const misspelt: object = { frameByteMax: 5 };
  expect(limits(misspelt)).toContain('frameByteMax is not a limit');
});

it('[CF3] times that cannot hold together are refused by name', () => {
  expect(timing({})).toBeNull();
  expect(timing({ heartbeatIntervalMs: 150 })).toBeNull();
  expect(timing({ heartbeatIntervalMs: 151 })).toMatch(
    /^heartbeatIntervalMs 151 is too long for electionTimeoutMinMs 300: .* Raise the latter/,
  );
  expect(timing({ electionTimeoutMaxMs: 300 })).toBeNull();
  expect(timing({ electionTimeoutMaxMs: 299 })).toContain(
    'is longer than electionTimeoutMaxMs 299',
  );
  expect(timing({ suspicionStepMs: 0 })).toBeNull();
  for (const value of [0, -1, 0.5, Number.NaN, 2 ** 31]) {
    expect(timing({ heartbeatIntervalMs: value })).toContain('heartbeatIntervalMs must be a whole');
  }
  const misspelt: object = { heartbeatMs: 5 };
  expect(timing(misspelt)).toContain('heartbeatMs is not a time');
});
