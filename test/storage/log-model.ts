/**
 * A store as an array: what the tests compare the real ones with, and legal random writes upon it.
 * Every payload is used once, so that an entry that came back from the past is told from the right one.
 */
import * as fc from 'fast-check';
import type { KnownPeer } from '../../src/core/identity.ts';
import type { LogOperation, LogStore, RecoveredLog } from '../../src/ports/log-store.ts';
import {
  append,
  hard,
  noteCommitted,
  peer,
  run,
  texts,
  truncate,
} from '../../src/testing/contracts/log-operations.ts';
import type { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';

/** Everything a store has promised. */
export interface LogModel {
  readonly term: number;
  readonly votedFor: string | null;
  /** `term:payload` of each entry, the first at index 1. */
  readonly entries: readonly string[];
  /** What was known to be committed at the last write. */
  readonly commitIndex: number;
  readonly peers: readonly KnownPeer[];
}

export const MODEL_EMPTY: LogModel = {
  term: 0,
  votedFor: null,
  entries: [],
  commitIndex: 0,
  peers: [],
};

/** One random write, whatever the store holds: `legalWrite` fits it to the model. */
export interface RandomWrite {
  readonly termsAhead: number;
  readonly votedFor: string | null;
  /** How many entries to remove from the end, at most; 0: no truncation. */
  readonly cut: number;
  /** Lengths of the runs to append. */
  readonly runs: readonly number[];
  /** How many entries at the end are not known to be committed then; `null`: nothing is said. */
  readonly uncommitted: number | null;
  readonly peer: string | null;
}

export const randomWrite: fc.Arbitrary<RandomWrite> = fc.record({
  termsAhead: fc.constantFrom(0, 0, 0, 1, 2),
  votedFor: fc.constantFrom(null, 'n1', 'n2'),
  cut: fc.constantFrom(0, 0, 0, 1, 2, 3, 5, 100),
  runs: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 3 }),
  uncommitted: fc.constantFrom(null, null, -1, 0, 2, 5),
  peer: fc.constantFrom(null, null, 'n2', 'n3'),
});

/** The same for tests that draw by a seed; without a peer. */
export function drawWrite(random: SeededRandom): RandomWrite {
  return {
    termsAhead: random.pick([0, 0, 0, 1, 2]),
    votedFor: random.pick([null, 'n1', 'n2']),
    cut: random.pick([0, 0, 0, 1, 2, 5, 100]),
    runs: Array.from({ length: random.integer(0, 3) }, () => random.integer(1, 4)),
    uncommitted: random.pick([null, null, 2, 5]),
    peer: null,
  };
}

interface LegalWrite {
  readonly operations: readonly LogOperation[];
  readonly peer: KnownPeer | null;
  readonly after: LogModel;
  /** The model if the peer was remembered and the rest was not done. */
  readonly afterPeer: LogModel;
  /** The same, with the vote of a write that brings no entries: its copy may be all that a crash leaves (ST4). */
  readonly afterVote: LogModel;
}

/** `mark` makes the payloads unique. */
export function legalWrite(before: LogModel, random: RandomWrite, mark: number): LegalWrite {
  const term = Math.max(1, before.term + random.termsAhead);
  const isSameTerm = term === before.term;
  const votedFor = isSameTerm && before.votedFor !== null ? before.votedFor : random.votedFor;
  const length = Math.max(before.commitIndex, before.entries.length - random.cut);
  const operations: LogOperation[] = [];
  if (!isSameTerm || votedFor !== before.votedFor) operations.push(hard(term, votedFor));
  if (length < before.entries.length) operations.push(truncate(length + 1));
  const entries = before.entries.slice(0, length);
  for (const count of random.runs) {
    const first = entries.length + 1;
    const payloads = Array.from({ length: count }, (_, at) => `${mark}/${first + at}`);
    operations.push(append(run(term, first, payloads)));
    entries.push(...payloads.map((payload) => `${term}:${payload}`));
  }
  const known = entries.length - (random.uncommitted ?? Number.POSITIVE_INFINITY);
  if (known > 0) operations.push(noteCommitted(known));
  const commitIndex = Math.max(before.commitIndex, Math.min(known, entries.length));
  const met = random.peer === null ? null : peer(random.peer, mark);
  const peers = met === null ? before.peers : withPeer(before.peers, met);
  const after = { term, votedFor, entries, commitIndex, peers };
  const afterPeer = { ...before, peers };
  const isLogChanged = operations.some(({ type }) => type === 'append' || type === 'truncateFrom');
  const afterVote = isLogChanged ? afterPeer : { ...afterPeer, term, votedFor };
  return { operations, peer: met, after, afterPeer, afterVote };
}

/** What an open store holds, read back entry by entry. */
export async function contentOf(store: LogStore, recovered: RecoveredLog): Promise<LogModel> {
  const { commitIndex, hardState, log, peers } = recovered;
  const entries = await texts(store, 1, log.lastIndex);
  return { ...hardState, entries, commitIndex, peers: [...peers].sort(byName) };
}

function withPeer(peers: readonly KnownPeer[], met: KnownPeer): readonly KnownPeer[] {
  return [...peers.filter(({ nodeId }) => nodeId !== met.nodeId), met].sort(byName);
}

function byName(left: KnownPeer, right: KnownPeer): number {
  return left.nodeId < right.nodeId ? -1 : 1;
}
