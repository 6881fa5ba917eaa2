/** How long the charts wait; chance is an argument in `[0, 1)` (§3.4, §3.9). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DIAL_BACKOFF_MAX_MS, DIAL_BACKOFF_MIN_MS } from '../../src/core/limits.ts';
import type { NodeId } from '../../src/core/types.ts';
import {
  DEFAULT_TIMING,
  dialBackoffMs,
  electionTimeoutMs,
  electionTimeoutRestMs,
  leaderlessTimeoutMs,
  suspicionDelayMs,
} from '../../src/rules/timing.ts';
import { N1, N3, raftState } from '../machines/harness.ts';

const chance = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

it('[EL12] an election timeout lies in [min, max), its first part and its rest make up the whole', () => {
  const { electionTimeoutMinMs: min, electionTimeoutMaxMs: max } = DEFAULT_TIMING;
  fc.assert(
    fc.property(chance, (random) => {
      const drawn = electionTimeoutMs(DEFAULT_TIMING, random);
      expect(drawn).toBeGreaterThanOrEqual(min);
      expect(drawn).toBeLessThan(max);
      expect(min + electionTimeoutRestMs(DEFAULT_TIMING, random)).toBe(drawn);
    }),
    { numRuns: 1_000 },
  );
});

it('[EL12] an election timeout is uniform: each tenth of the range comes from a tenth of the draws', () => {
  const drawn = Array.from({ length: 1_000 }, (_, at) =>
    electionTimeoutMs(DEFAULT_TIMING, at / 1_000),
  );
  const tenths = Array.from(
    { length: 10 },
    (_, tenth) => drawn.filter((ms) => ms >= 300 + 30 * tenth && ms < 330 + 30 * tenth).length,
  );
  expect(tenths).toEqual(Array(10).fill(100));
});

it('[EL19] whose own vote is a quorum waits for nobody, and whoever needs another waits as drawn', () => {
  const waits = (voters: readonly NodeId[], votersOutgoing: readonly NodeId[] = []): number => {
    const configuration = { voters, votersOutgoing, learners: [], learnersNext: [] };
    return leaderlessTimeoutMs(raftState({ configuration }), 0.5);
  };
  expect([waits([N1]), waits([N1, N3]), waits([N1], [N1, N3]), waits([N3])]).toEqual([
    0, 450, 450, 450,
  ]);
});

it('[EL12] a heartbeat comes several times within the shortest election timeout', () => {
  const { electionTimeoutMinMs, heartbeatIntervalMs } = DEFAULT_TIMING;
  expect(electionTimeoutMinMs / heartbeatIntervalMs).toBeGreaterThanOrEqual(5);
});

it('[EL9] the first in line asks at once, each next one a whole step later than the latest before it', () => {
  const delay = (id: typeof N1, random: number) =>
    suspicionDelayMs(raftState({ id, leaderId: N1 }), random);
  const step = DEFAULT_TIMING.suspicionStepMs;
  fc.assert(
    fc.property(chance, chance, (random, other) => {
      expect(delay(N1, random)).toBeLessThan(step / 4);
      expect(delay(N3, random)).toBeGreaterThanOrEqual(step);
      expect(delay(N3, random) - delay(N1, other)).toBeGreaterThan(step / 2);
    }),
  );
});

it('[LR15] the wait before a call doubles with each failure in a row, up to a bound, less up to half of it', () => {
  expect([1, 2, 3, 4].map((failures) => dialBackoffMs(failures, 0))).toEqual(
    [2, 4, 8, 16].map((times) => times * DIAL_BACKOFF_MIN_MS),
  );
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), chance, (failures, random) => {
      const ms = dialBackoffMs(failures, random);
      expect(ms).toBeLessThanOrEqual(DIAL_BACKOFF_MAX_MS);
      expect(ms).toBeGreaterThanOrEqual(Math.floor(dialBackoffMs(failures, 0) / 2));
      expect(dialBackoffMs(failures + 1, random)).toBeGreaterThanOrEqual(ms);
    }),
  );
});
