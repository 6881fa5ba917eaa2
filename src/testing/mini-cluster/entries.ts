/** Entries as tests speak of them: a term, and a text that tells one from any other of the same index and term. */
import { unreachable } from '../../core/assert.ts';
import { ENTRY_KIND, type EntryRun, encodeRun, entriesOf } from '../../core/entry-run.ts';
import { index, type Term, term } from '../../core/types.ts';
import type { LogOperation } from '../../ports/log-store.ts';

export interface StoredEntry {
  readonly term: Term;
  readonly data: string;
}

/** The text of what opens a term. */
export const NO_OP = 'no-op';

function entriesIn(runs: readonly EntryRun[]): readonly StoredEntry[] {
  return runs.flatMap((run) =>
    entriesOf(run).map(({ kind, data }) => ({
      term: run.term,
      data: kind === ENTRY_KIND.noop ? NO_OP : new TextDecoder().decode(data),
    })),
  );
}

/** A run for each entry, the first of them at `from`. */
export function runsOf(from: number, entries: readonly StoredEntry[]): readonly EntryRun[] {
  return entries.map((entry, offset) => {
    const first = { term: entry.term, firstIndex: index(from + offset), timeMs: 0 };
    const data = new TextEncoder().encode(entry.data);
    return encodeRun(first, [{ kind: ENTRY_KIND.command, data }]);
  });
}

/** Entries from before the test: equal wherever index and term are. */
export function foundingEntry(ofTerm: number, ofIndex: number): StoredEntry {
  return { term: term(ofTerm), data: `${ofIndex} of term ${ofTerm}` };
}

/** What a write makes of a log. */
export function written(
  entries: readonly StoredEntry[],
  operations: readonly LogOperation[],
): readonly StoredEntry[] {
  return operations.reduce((log, operation) => {
    switch (operation.type) {
      case 'noteCommitted':
      case 'setHardState':
        return log;
      case 'compactThrough':
      case 'restart':
        throw new Error('logs in the hand are not compacted');
      case 'truncateFrom':
        return log.slice(0, operation.index - 1);
      case 'append':
        return log.concat(entriesIn(operation.runs));
      default:
        return unreachable(operation);
    }
  }, entries);
}
