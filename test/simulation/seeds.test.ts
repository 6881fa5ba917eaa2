/**
 * Runs that once failed, each under the property that it broke and with what was wrong; and a few that never did,
 * so that the whole machinery is run by the tests. A plan that draws differently gets a new version: what the
 * earlier seeds found stands in tests of its own (`test/node`, `test/machines`, `test/bugs`).
 */
import { describe, expect, it } from 'vitest';
import { PLAN_VERSION } from '../../src/testing/simulation/plan/plan.ts';
import { runSeed } from './runner/run-seed.ts';

const SECONDS = 60_000;

describe('seeds that failed once', { timeout: 300_000 }, () => {
  it.each([
    ['100189', 'a late read of the log went past the bound on what is under way'],
    ['2001066', 'a forwarded command of an earlier term let a repeated one in'],
    ['4003674', 'a slow disk let a candidacy out whose log was overwritten on the way'],
    ['6001476', 'two terms, in the messages of one peer whose hello was still being judged'],
    [
      '6009889',
      'the refusal of an old round, in a newer term of the same leader, confirmed its reads',
    ],
  ])('[SI9] seed=%s version=1: %s', async (seed) => {
    const { violation } = await runSeed(seed, { version: 1 });
    expect(violation).toBeNull();
  });
});

describe('a run', { timeout: 300_000 }, () => {
  it.each(['1', '2', '3', '4', '5', '6'])('[SI9] seed=%s holds every property', async (seed) => {
    const { violation, simulatedMs, operations } = await runSeed(seed);
    expect(violation).toBeNull();
    expect(simulatedMs).toBeGreaterThanOrEqual(SECONDS);
    expect(operations).toBeGreaterThan(0);
  });

  it('[SI10] the same seed runs the same, to the last bit, and another differently', async () => {
    const first = await runSeed('11');
    const second = await runSeed('11', { isTraced: true });
    const other = await runSeed('12');
    expect(second.hash).toBe(first.hash);
    expect(second.events).toBe(first.events);
    expect(other.hash).not.toBe(first.hash);
    expect(first.version).toBe(PLAN_VERSION);
  });

  it.each(['1', '2', '3'])('[SI11] seed=%s is red with a disk that lies', async (seed) => {
    const { violation } = await runSeed(seed, { mutant: 'lying-disk' });
    expect(violation).not.toBeNull();
  });
});
