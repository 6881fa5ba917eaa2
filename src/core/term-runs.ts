/**
 * The arithmetic of a log's shape, for the rules and for the stores: index → term, append, truncate, and the search
 * that conflict hints need (§3.5). Looking up an entry that is not there gives null, never a made-up term 0 (B6).
 */
import { assert } from './assert.ts';
import type { EntrySpan, LogShape, TermRun } from './log-shape.ts';
import { runsThrough } from './search.ts';
import { type EntryId, type Index, lesser, nextIndex, previousIndex, type Term } from './types.ts';

/** The term of the entry at `index`; null if the log does not hold it (compacted, or past the end). */
export function termAt(log: LogShape, index: Index): Term | null {
  if (index === log.base.index) return log.base.term;
  if (index < log.base.index || index > log.lastIndex) return null;
  return runHolding(log, index).term;
}

/**
 * RD5: another entry stands at the index of `id`, or must have stood there: what the log has left behind is known only
 * by its last term, and terms never fall along a log. Told only of entries through the end of the log.
 */
export function contradicts(log: LogShape, id: EntryId): boolean {
  const held = termAt(log, id.index);
  return held === null ? id.term > log.base.term : id.term !== held;
}

/** The last entry, or the base when the log is empty. */
export function lastLog(log: LogShape): EntryId {
  return { term: log.termRuns.at(-1)?.term ?? log.base.term, index: log.lastIndex };
}

/** LR1: the log grows at its end only, and terms never fall along it. */
export function appendSpan(log: LogShape, span: EntrySpan): LogShape {
  assert(span.firstIndex === log.lastIndex + 1, 'LR1: entries are appended without a hole');
  assert(span.lastIndex >= span.firstIndex, 'LR1: a span holds at least one entry');
  const newest = lastLog(log).term;
  assert(span.term >= newest, 'LR1: terms never fall along the log');
  const opensRun = log.termRuns.length === 0 || span.term > newest;
  const termRuns = opensRun
    ? [...log.termRuns, { term: span.term, firstIndex: span.firstIndex }]
    : log.termRuns;
  return { base: log.base, lastIndex: span.lastIndex, termRuns };
}

/** The log without the entry at `from` and all behind it. */
export function truncateFrom(log: LogShape, from: Index): LogShape {
  assert(from > log.base.index, 'LR1: a compacted entry is never truncated');
  if (from > log.lastIndex) return log;
  return {
    base: log.base,
    lastIndex: previousIndex(from),
    termRuns: log.termRuns.filter((run) => run.firstIndex < from),
  };
}

/** The log without the entries through `base`, which must be one of its own, or its base. */
export function compactThrough(log: LogShape, base: EntryId): LogShape {
  assert(base.index >= log.base.index, 'ST20: what is compacted never comes back');
  assert(
    termAt(log, base.index) === base.term,
    'ST20: a log is compacted at an entry that it holds',
  );
  if (base.index === log.lastIndex) return emptyFrom(base);
  const first = runHolding(log, nextIndex(base.index));
  const later = log.termRuns.filter(({ firstIndex }) => firstIndex > base.index + 1);
  const termRuns = [{ term: first.term, firstIndex: nextIndex(base.index) }, ...later];
  return { base, lastIndex: log.lastIndex, termRuns };
}

/** A log of which nothing is left but where it goes on. */
export function emptyFrom(base: EntryId): LogShape {
  return { base, lastIndex: base.index, termRuns: [] };
}

/** The newest entry at or before `index` whose term is at most `term`; the base if there is none. */
export function newestAtMost(log: LogShape, index: Index, term: Term): EntryId {
  const start = lesser(index, log.lastIndex);
  for (let at = log.termRuns.length - 1; at >= 0; at -= 1) {
    const run = log.termRuns[at] as TermRun;
    if (run.term > term || run.firstIndex > start) continue;
    const next = log.termRuns[at + 1];
    const end = next === undefined ? log.lastIndex : previousIndex(next.firstIndex);
    return { term: run.term, index: lesser(end, start) };
  }
  return log.base;
}

/** The first index in `span` that the log does not hold with the same term; past its end if it holds all. */
export function firstDifference(log: LogShape, span: EntrySpan): Index {
  let at: Index = span.firstIndex;
  while (at <= span.lastIndex) {
    if (at > log.lastIndex || termAt(log, at) !== span.term) return at;
    at = nextIndex(lastOfRun(log, at, span.lastIndex));
  }
  return at;
}

function lastOfRun(log: LogShape, index: Index, bound: Index): Index {
  const next = log.termRuns[runsThrough(log.termRuns, index)];
  const end = next === undefined ? log.lastIndex : previousIndex(next.firstIndex);
  return lesser(end, bound);
}

function runHolding(log: LogShape, index: Index): TermRun {
  const run = log.termRuns[runsThrough(log.termRuns, index) - 1];
  assert(run !== undefined, 'LR1: term runs cover the whole log');
  return run;
}
