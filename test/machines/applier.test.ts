/** Committed entries reach the state machine once, in order, one batch at a time (§3.5). */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { index } from '../../src/core/types.ts';
import { only, run } from './harness.ts';

const start = (lastApplied = 0) => run('applier', { lastApplied: index(lastApplied) });
const commit = (at: number) => ({ type: 'commit.advanced', commitIndex: index(at) }) as const;
const failed = { type: 'apply.failed', error: 'a bug' } as const;
const done = (at: number) => ({ type: 'apply.completed', throughIndex: index(at) }) as const;
const apply = (fromIndex: number, throughIndex: number) => ({
  type: 'apply',
  fromIndex,
  throughIndex,
});

it('[CM4] a commit index never falls', () => {
  const chart = start();
  chart.send(commit(9));
  chart.send(commit(3));
  expect(chart.context().commitIndex).toBe(9);
});

it('[CM4] after a failure nothing is applied any more', () => {
  for (const before of [[], [commit(3)]]) {
    const chart = start();
    for (const event of before) chart.send(event);
    chart.send(failed);
    expect(chart.state()).toBe('failed');
    expect(chart.advance(10_000)).toEqual([]);
  }
});

it('[CM4] each index is applied exactly once, in order, however commits and completions interleave', () => {
  const step = fc.record({ commits: fc.boolean(), by: fc.integer({ min: 1, max: 4 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const chart = start();
      let [committed, applied] = [0, 0];
      let underWay: { readonly fromIndex: number; readonly throughIndex: number } | undefined;
      for (const { commits, by } of steps) {
        if (commits) committed += by;
        else if (underWay === undefined) continue;
        const through = Math.min(applied + by, underWay?.throughIndex ?? 0);
        const effects = chart.send(commits ? commit(committed) : done(through));
        if (!commits) {
          applied = through;
          underWay = undefined;
        }
        for (const each of only(effects, 'apply')) {
          expect(underWay, 'one batch at a time').toBeUndefined();
          expect(each).toEqual(apply(applied + 1, committed));
          underWay = each;
        }
        expect(underWay === undefined).toBe(applied === committed);
      }
    }),
    { numRuns: 500 },
  );
});
