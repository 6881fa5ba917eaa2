/**
 * Random logs that could exist. Each term has one leader, which extends what it holds; so the logs of a
 * cluster form a tree, and two entries of one index and term have the same past (§3.5). Logs are arrays of
 * terms here: the naive form that the rules on term runs are held against.
 */
import fc from 'fast-check';
import type { EntrySpan, LogShape } from '../../src/core/log-shape.ts';
import { index, term } from '../../src/core/types.ts';
import { logOf } from '../machines/harness.ts';

/** Terms of the entries, the first of them at index 1. */
export type Terms = readonly number[];

/** Terms that never fall, with gaps. */
export const terms: fc.Arbitrary<Terms> = fc
  .array(fc.nat({ max: 2 }), { maxLength: 12 })
  .map((rises) => {
    let at = 1;
    return rises.map((rise) => {
      at += rise;
      return at;
    });
  });

/** Logs of one cluster, one for each term that had a leader, oldest first. The empty log is always there. */
const family: fc.Arbitrary<readonly Terms[]> = fc
  .array(fc.record({ from: fc.nat(), keep: fc.nat(), count: fc.integer({ min: 1, max: 3 }) }), {
    maxLength: 7,
  })
  .map((leaders) => {
    const logs: Terms[] = [[]];
    leaders.forEach(({ from, keep, count }, offset) => {
      const log = logs[from % logs.length] ?? [];
      const kept = log.slice(0, log.length - (keep % (log.length + 1)));
      logs.push([...kept, ...Array<number>(count).fill(offset + 1)]);
    });
    return logs;
  });

/** Two logs of one cluster; the follower's may be cut anywhere. */
export const leaderAndFollower: fc.Arbitrary<{ leader: Terms; follower: Terms }> = fc
  .tuple(family, fc.nat(), fc.nat(), fc.nat())
  .map(([logs, one, other, cut]) => {
    const leader = logs[one % logs.length] ?? [];
    const follower = logs[other % logs.length] ?? [];
    return { leader, follower: follower.slice(0, follower.length - (cut % (follower.length + 1))) };
  });

/** The same log after its first `count` entries were compacted away. */
export function compacted(log: Terms, count: number): LogShape {
  const rest = logOf(log.slice(count));
  return {
    base: { term: term(log[count - 1] ?? 0), index: index(count) },
    lastIndex: index(log.length),
    termRuns: rest.termRuns.map((run) => ({ ...run, firstIndex: index(run.firstIndex + count) })),
  };
}

/** `(from, through]` of a log as spans; cut between any two entries where `cuts` says so. */
export function spansBetween(
  log: Terms,
  from: number,
  through: number,
  cuts: readonly boolean[] = [],
): EntrySpan[] {
  const spans: EntrySpan[] = [];
  for (let at = from + 1; at <= through; at += 1) {
    const of = term(log[at - 1] ?? 0);
    const last = spans.at(-1);
    const goesOn = last?.term === of && cuts[at % Math.max(1, cuts.length)] !== true;
    if (goesOn) spans[spans.length - 1] = { ...last, lastIndex: index(at) };
    else spans.push({ term: of, firstIndex: index(at), lastIndex: index(at) });
  }
  return spans;
}

/** How many entries from the start both logs share. */
export function commonLength(left: Terms, right: Terms): number {
  let at = 0;
  while (at < left.length && at < right.length && left[at] === right[at]) at += 1;
  return at;
}
