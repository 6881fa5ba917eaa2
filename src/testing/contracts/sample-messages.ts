/** Hellos, runs and messages that the transport's tests speak with. */
import { ENTRY_KIND, type EntryRun, encodeRun } from '../../core/entry-run.ts';
import { type Hello, PROTOCOL_VERSION } from '../../core/hello.ts';
import type { AppendEntries, Message, Propose } from '../../core/message.ts';
import { type EntryId, index, nodeId, term } from '../../core/types.ts';
import type { TransportLimits } from '../../ports/transport.ts';

export const KIB = 1024;

export const LIMITS: TransportLimits = { frameBytesMax: 256 * KIB, socketBytesMax: 512 * KIB };

export function helloOf(from: string, to: string, version: number = PROTOCOL_VERSION): Hello {
  return {
    protocolVersion: version,
    machineVersion: 2,
    identity: {
      clusterId: 'the cluster',
      nodeId: nodeId(from),
      incarnation: `5eed-${from}`,
      boots: 3,
      lineage: ['0a', '1b', '2c'],
    },
    to: nodeId(to),
    configurationIndex: index(4),
    purpose: 'talk',
    address: '127.0.0.1:4201',
    loyalMs: 300,
  };
}

function entryId(ofTerm: number, ofIndex: number): EntryId {
  return { term: term(ofTerm), index: index(ofIndex) };
}

interface RunSample {
  readonly term?: number;
  readonly firstIndex: number;
  readonly count?: number;
  /** Of each entry's data. */
  readonly bytes?: number;
}

export function runOf({ term: ofTerm = 5, firstIndex, count = 1, bytes = 8 }: RunSample): EntryRun {
  const entries = Array.from({ length: count }, (_, at) => ({
    kind: ENTRY_KIND.command,
    data: new Uint8Array(bytes).fill(at + firstIndex),
  }));
  return encodeRun(
    { term: term(ofTerm), firstIndex: index(firstIndex), timeMs: 1_700_000_000_000 },
    entries,
  );
}

/** What a leader of term 5 says: entries `(10, lastIndex]`; a heartbeat when there are none. */
export function appendOf(round: number, lastIndex = 10): AppendEntries {
  return {
    type: 'AppendEntries',
    term: term(5),
    prevLog: entryId(4, 10),
    lastIndex: index(lastIndex),
    commitIndex: index(9),
    round,
  };
}

export function proposeOf(requestId: number, count: number): Propose {
  return { type: 'Propose', term: term(5), requestId, count };
}

/** One message of every type and of every variant. */
export const EVERY_MESSAGE: readonly Message[] = [
  { type: 'PreVote', term: term(6), lastLog: entryId(5, 7), round: 1 },
  { type: 'PreVoteReply', term: term(0), round: 0, granted: true },
  { type: 'RequestVote', term: term(1), lastLog: entryId(0, 0), transfer: false },
  { type: 'RequestVote', term: term(6), lastLog: entryId(5, 7), transfer: true },
  { type: 'TimeoutNow', term: term(5), lastLog: entryId(5, 7) },
  { type: 'TransferLeadership', term: term(5), requestId: 7, to: nodeId('n2') },
  { type: 'TransferLeadership', term: term(5), requestId: 7, to: null },
  { type: 'TransferLeadershipReply', term: term(5), requestId: 7, reason: 'inVain' },
  { type: 'RequestVoteReply', term: term(2 ** 48), granted: false },
  appendOf(2 ** 53 - 1),
  {
    type: 'AppendEntriesReply',
    term: term(5),
    round: 3,
    prevIndex: index(10),
    result: { accepted: true, matchIndex: index(2 ** 48) },
  },
  {
    type: 'AppendEntriesReply',
    term: term(5),
    round: 3,
    prevIndex: index(10),
    result: { accepted: false, lastIndex: index(9), hint: entryId(2, 8) },
  },
  { type: 'ProposeReply', term: term(5), requestId: 9, firstIndex: index(70_000) },
  { type: 'ProposeReply', term: term(5), requestId: 9, firstIndex: null },
  {
    ...{ type: 'ChangeMembers', term: term(5), requestId: 9, isAgain: true },
    add: [[nodeId('n4'), 'four:4200']],
    ...{ promote: [nodeId('n4')], remove: [nodeId('n2'), nodeId('n3')] },
  },
  {
    ...{ type: 'ChangeMembersReply', term: term(5), requestId: 9, refusal: null },
    ...{ voters: [nodeId('n1'), nodeId('n4')], learners: [] },
  },
  {
    ...{ type: 'ChangeMembersReply', term: term(5), requestId: 9 },
    refusal: { code: 'RAFT_CONFLICT', retry: 'safe', text: 'another is under way' },
    ...{ voters: [nodeId('n1')], learners: [nodeId('n4')] },
  },
  { type: 'ReadIndex', term: term(5), requestId: 2 ** 32 },
  { type: 'Ping', term: term(5) },
  { type: 'PullChunk', term: term(5), lastEntry: entryId(4, 10), checksum: 2 ** 32 - 1, chunk: 7 },
  { type: 'SnapshotGone', term: term(0) },
  { type: 'ReadIndexReply', term: term(5), requestId: 4, readIndex: index(0) },
  { type: 'ReadIndexReply', term: term(5), requestId: 4, readIndex: null },
];
