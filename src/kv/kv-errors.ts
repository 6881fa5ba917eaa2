/**
 * Reads and watches that ask for a revision the store cannot answer for. They are `RaftError`s with one
 * more field, because the caller needs the number to go on: it begins anew from there (KV13, KV17).
 */
import { RaftError } from '../core/errors.ts';

/** The revision lies below what compaction kept. */
export class CompactedError extends RaftError {
  /** The oldest revision that can still be read or watched from. */
  readonly compactedRevision: number;

  constructor(revision: number, compactedRevision: number) {
    super('RAFT_COMPACTED', compactedText(revision, compactedRevision));
    this.compactedRevision = compactedRevision;
  }
}

/** The revision has not happened yet, here. */
export class FutureRevisionError extends RaftError {
  /** The newest revision of this store. */
  readonly revision: number;

  constructor(wanted: number, revision: number) {
    super('RAFT_FUTURE_REVISION', futureText(wanted, revision));
    this.revision = revision;
  }
}

export function compactedText(revision: number, compactedRevision: number): string {
  return `Revision ${revision} was compacted; the oldest one kept is ${compactedRevision}.`;
}

export function futureText(wanted: number, revision: number): string {
  return `Revision ${wanted} does not exist yet; the newest one is ${revision}.`;
}
