/** What the disks hold when a test begins: terms, votes and logs that some earlier story left behind. */
import { staticConfiguration } from '../../core/configuration.ts';
import { ENTRY_KIND, type EntryRun, encodeRun } from '../../core/entry-run.ts';
import { index, type NodeId, term } from '../../core/types.ts';
import type { LogOperation, LogStoreOwner } from '../../ports/log-store.ts';

export const CLUSTER_ID = 'held';

export interface Founding {
  readonly id: NodeId;
  /** The terms of the entries, from index 1 on. */
  readonly log: readonly number[];
  /** The newest term seen; that of the last entry unless it is later. */
  readonly term: number;
  readonly vote: NodeId | null;
}

export function ownerOf(id: NodeId, members: readonly NodeId[]): LogStoreOwner {
  return { clusterId: CLUSTER_ID, nodeId: id, founding: staticConfiguration(members) };
}

/** The entries have no text, and a run holds all those of a term, unless `runs` are given. */
export function foundingOperations(
  { log, term: seen, vote }: Founding,
  runs: readonly EntryRun[] = runPerTerm(log),
): readonly LogOperation[] {
  const hardState = { term: term(seen), votedFor: vote };
  const state: LogOperation = { type: 'setHardState', hardState };
  return runs.length === 0 ? [state] : [state, { type: 'append', runs }];
}

function runPerTerm(log: readonly number[]): readonly EntryRun[] {
  const terms = [...new Set(log)];
  return terms.map((of) => {
    const first = { term: term(of), firstIndex: index(log.indexOf(of) + 1), timeMs: 0 };
    const count = log.lastIndexOf(of) - log.indexOf(of) + 1;
    const empty = { kind: ENTRY_KIND.command, data: new Uint8Array(0) };
    return encodeRun(
      first,
      Array.from({ length: count }, () => empty),
    );
  });
}
