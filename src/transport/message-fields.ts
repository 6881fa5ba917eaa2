/**
 * The messages on the wire: their codes, and the fields of each in the order in which they stand (docs/formats.md). Every
 * message begins with its code and its term.
 */
import { ERROR_CODES, type RaftErrorCode, RETRIES } from '../core/errors.ts';
import { COUNTER_MAX, SNAPSHOT_CHUNKS_MAX } from '../core/limits.ts';
import type { AppendEntriesReply, ChangeMembersReply, Message } from '../core/message.ts';
import { TRANSFER_REFUSALS, type TransferRefusal } from '../core/transfer-refusal.ts';
import type { EntryId, Index, NodeId } from '../core/types.ts';
import { BadField, type Fields } from '../wire/fields.ts';

/** What a message is called on the wire. Never given another meaning within a protocol version. */
export const MESSAGE_CODE = {
  PreVote: 1,
  PreVoteReply: 2,
  RequestVote: 3,
  RequestVoteReply: 4,
  AppendEntries: 5,
  AppendEntriesReply: 6,
  Propose: 7,
  ProposeReply: 8,
  ReadIndex: 9,
  ReadIndexReply: 10,
  Ping: 11,
  TimeoutNow: 12,
  TransferLeadership: 13,
  TransferLeadershipReply: 14,
  ChangeMembers: 15,
  ChangeMembersReply: 16,
  SnapshotOffer: 17,
  PullChunk: 18,
  SnapshotChunk: 19,
  SnapshotGone: 20,
} as const satisfies Record<Message['type'], number>;

/** How one field stands among the others: as one value of the list, or as several. */
interface Field<Value> {
  write(body: unknown[], value: Value): void;
  read(fields: Fields): Value;
}

function oneValue<Value>(read: (fields: Fields) => Value): Field<Value> {
  return { write: (body, value) => body.push(value), read };
}

const anIndex = oneValue((fields) => fields.index());
const anIndexOrNull = oneValue<Index | null>((fields) => fields.orNull(() => fields.index()));
const aFlag = oneValue((fields) => fields.flag());
const aRound = oneValue((fields) => fields.whole('a round'));
const aRequestId = oneValue((fields) => fields.whole('a request id'));
const aNodeIdOrNull = oneValue<NodeId | null>((fields) => fields.orNull(() => fields.nodeId()));
const aRefusal: Field<TransferRefusal> = {
  write: (body, reason) => body.push(TRANSFER_REFUSALS.indexOf(reason)),
  read: (fields) => fields.choice('a refusal', TRANSFER_REFUSALS),
};
const aTime = oneValue((fields) => fields.whole('a time', 0, COUNTER_MAX));
const aChunk = oneValue((fields) => fields.whole('a number of chunks', 0, SNAPSHOT_CHUNKS_MAX));
const aSize = oneValue((fields) => fields.whole('a number of bytes'));
const aChecksum = oneValue((fields) => fields.whole('a checksum', 0, 2 ** 32 - 1));
const aCount = oneValue((fields) => fields.whole('a count'));

const anEntryId: Field<EntryId> = {
  write: (body, { term, index }) => body.push(term, index),
  read: (fields) => fields.entryId(),
};

const anAppendResult: Field<AppendEntriesReply['result']> = {
  write: (body, result) => {
    if (result.accepted) body.push(true, result.matchIndex);
    else body.push(false, result.lastIndex, result.hint.term, result.hint.index);
  },
  read: (fields) => {
    if (fields.flag()) return { accepted: true, matchIndex: fields.index() };
    return { accepted: false, lastIndex: fields.index(), hint: fields.entryId() };
  },
};

/** One name after the other, in a list of their own. */
const someNames: Field<readonly NodeId[]> = {
  write: (body, names) => body.push(names),
  read: (fields) => fields.list('a list of names', (each) => each.nodeId()),
};

/** Name, address, name, address. */
const addresses: Field<readonly (readonly [NodeId, string])[]> = {
  write: (body, pairs) => body.push(pairs.flat()),
  read: (fields) =>
    fields.list('a list of addresses', (each) => [each.nodeId(), each.text('an address')] as const),
};

const CODES = Object.keys(ERROR_CODES) as readonly RaftErrorCode[];

const aChangeRefusal: Field<ChangeMembersReply['refusal']> = {
  write: (body, refusal) => {
    if (refusal === null) body.push(null);
    else body.push(CODES.indexOf(refusal.code), RETRIES.indexOf(refusal.retry), refusal.text);
  },
  read: (fields) =>
    fields.orNull(() => ({
      code: fields.choice('an error code', CODES),
      retry: fields.choice('an advice', RETRIES),
      text: fields.text('a reason'),
    })),
};

type FieldsOf<Kind> = {
  readonly [Name in Exclude<keyof Kind, 'type' | 'term'>]: Field<Kind[Name]>;
};
type Table = { readonly [Type in Message['type']]: FieldsOf<Extract<Message, { type: Type }>> };

const FIELDS: Table = {
  PreVote: { lastLog: anEntryId, round: aRound },
  PreVoteReply: { round: aRound, granted: aFlag },
  RequestVote: { lastLog: anEntryId, transfer: aFlag },
  RequestVoteReply: { granted: aFlag },
  AppendEntries: { prevLog: anEntryId, lastIndex: anIndex, commitIndex: anIndex, round: aRound },
  AppendEntriesReply: { round: aRound, prevIndex: anIndex, result: anAppendResult },
  Propose: { requestId: aRequestId, count: aCount },
  ProposeReply: { requestId: aRequestId, firstIndex: anIndexOrNull },
  ReadIndex: { requestId: aRequestId },
  ReadIndexReply: { requestId: aRequestId, readIndex: anIndexOrNull },
  ChangeMembers: {
    requestId: aRequestId,
    isAgain: aFlag,
    add: addresses,
    promote: someNames,
    remove: someNames,
  },
  ChangeMembersReply: {
    requestId: aRequestId,
    refusal: aChangeRefusal,
    voters: someNames,
    learners: someNames,
  },
  Ping: {},
  TimeoutNow: { lastLog: anEntryId },
  TransferLeadership: { requestId: aRequestId, to: aNodeIdOrNull },
  TransferLeadershipReply: { requestId: aRequestId, reason: aRefusal },
  SnapshotOffer: {
    ...{ lastEntry: anEntryId, timeMs: aTime, chunkCount: aChunk, bytes: aSize },
    checksum: aChecksum,
  },
  PullChunk: { lastEntry: anEntryId, checksum: aChecksum, chunk: aChunk },
  SnapshotChunk: { chunk: aChunk, offset: aSize, size: aSize },
  SnapshotGone: {},
};

interface Layout {
  readonly type: string;
  readonly fields: readonly (readonly [name: string, field: Field<unknown>])[];
}

const LAYOUTS: ReadonlyMap<number, Layout> = new Map(
  Object.entries(MESSAGE_CODE).map(([type, code]) => [
    code,
    { type, fields: Object.entries(FIELDS[type as Message['type']]) },
  ]),
);

export function bodyOf(message: Message): readonly unknown[] {
  const code = MESSAGE_CODE[message.type];
  const body: unknown[] = [code, message.term];
  const values = message as unknown as Readonly<Record<string, unknown>>;
  for (const [name, field] of LAYOUTS.get(code)?.fields ?? []) field.write(body, values[name]);
  return body;
}

/** Each field proven, and none left over. Throws `BadField`. */
export function messageOf(fields: Fields): Message {
  const code = fields.whole('a message code');
  const term = fields.term();
  const layout = LAYOUTS.get(code);
  if (layout === undefined) throw new BadField(`message code ${code} is not known`);
  const message: Record<string, unknown> = { type: layout.type, term };
  for (const [name, field] of layout.fields) message[name] = field.read(fields);
  fields.end();
  return message as unknown as Message;
}
