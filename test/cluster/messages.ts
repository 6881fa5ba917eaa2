/** Messages made by hand, as a network may still hold them long after everyone has forgotten them, and picked out. */
import type { AppendEntries, Message } from '../../src/core/message.ts';
import { type EntryId, index, type NodeId, term } from '../../src/core/types.ts';
import { foundingEntry, runsOf } from '../../src/testing/mini-cluster/entries.ts';
import type { Said } from '../../src/testing/mini-cluster/mini-cluster.ts';
import { decodeFrame } from '../../src/transport/codec.ts';
import type { CarriedMessage } from '../../src/transport/memory-network.ts';

export function entryId(ofTerm: number, ofIndex: number): EntryId {
  return { term: term(ofTerm), index: index(ofIndex) };
}

interface Way {
  readonly from: NodeId;
  readonly to: NodeId;
}

interface AppendSample {
  readonly of: number;
  /** Term and index of the entry before the first one. */
  readonly prev: readonly [number, number];
  /** Terms of the entries; a heartbeat without any. */
  readonly terms?: readonly number[];
  readonly commit?: number;
}

interface AppendSaid extends Said {
  readonly message: AppendEntries;
}

/** What a leader of term `of` says. Its entries are equal to a founding log's where the terms are. */
export function append(
  { from, to }: Way,
  { of, prev, terms = [], commit = 0 }: AppendSample,
): AppendSaid {
  const [prevTerm, prevIndex] = prev;
  return {
    from,
    to,
    message: {
      type: 'AppendEntries',
      term: term(of),
      prevLog: entryId(prevTerm, prevIndex),
      lastIndex: index(prevIndex + terms.length),
      commitIndex: index(commit),
      round: 0,
    },
    runs: runsOf(
      prevIndex + 1,
      terms.map((each, offset) => foundingEntry(each, prevIndex + offset + 1)),
    ),
  };
}

export function askVote({ from, to }: Way, of: number, lastLog: EntryId): Said {
  return {
    from,
    to,
    message: { type: 'RequestVote', term: term(of), lastLog, transfer: false },
    runs: [],
  };
}

/** Someone answers in a newer term, whatever was asked: a node of an older one takes it up. */
export function inTerm(from: NodeId, to: NodeId, newer: number): Said {
  const message = { type: 'RequestVoteReply', term: term(newer), granted: false } as const;
  return { from, to, message, runs: [] };
}

export function isA(...types: readonly Message['type'][]): (envelope: Said) => boolean {
  return ({ message }) => types.includes(message.type);
}

/** What kind of message the network carries; empty for what is none. */
export function typeCarried({ frames: [header] }: CarriedMessage): Message['type'] | '' {
  const decoded = header === undefined ? '' : decodeFrame(header);
  return typeof decoded === 'string' || decoded.type !== 'message' ? '' : decoded.message.type;
}
