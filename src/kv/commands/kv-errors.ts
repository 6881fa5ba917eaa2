/**
 * Reads and watches that ask for a revision the store cannot answer for. They are `RaftError`s with one
 * more field, because the caller needs the number to go on: it begins anew from there (KV13, KV17).
 */
import { RaftError } from '../../core/errors.ts';

/** The revision lies below what compaction kept. */
export class CompactedError extends RaftError {
  /** The oldest revision that can still be read or watched from. */
  readonly compactedRevision: number;

  constructor(revision: number, compactedRevision: number, text?: string) {
    super('RAFT_COMPACTED', text ?? tooOld(revision, compactedRevision));
    this.compactedRevision = compactedRevision;
  }
}

function tooOld(revision: number, compactedRevision: number): string {
  return `Revision ${revision} was compacted; the oldest one kept is ${compactedRevision}.`;
}

/** The revision has not happened yet, here. */
export class FutureRevisionError extends RaftError {
  /** The newest revision of this store. */
  readonly revision: number;

  constructor(wanted: number, revision: number) {
    const text = `Revision ${wanted} does not exist yet; the newest one is ${revision}.`;
    super('RAFT_FUTURE_REVISION', text);
    this.revision = revision;
  }
}

/** Why a store that stands so cannot be read at the revision; `null`: it can. */
export function unreadableAt(
  revision: number,
  store: { readonly revision: number; readonly compactedRevision: number },
): CompactedError | FutureRevisionError | null {
  const { revision: newest, compactedRevision } = store;
  if (revision < compactedRevision) return new CompactedError(revision, compactedRevision);
  return revision > newest ? new FutureRevisionError(revision, newest) : null;
}
