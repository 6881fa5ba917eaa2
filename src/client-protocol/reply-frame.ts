/** Replies as frames: written by the server, read by the client, which trusts none of it (CL9). */
import { unreachable } from '../core/assert.ts';
import {
  isErrorCode,
  passingError,
  type RaftError,
  type RaftErrorDetails,
  RETRIES,
} from '../core/errors.ts';
import { isNodeId } from '../core/types.ts';
import { encodeResult, type KvAnswer } from '../kv/commands/result-codec.ts';
import type { KeyValue } from '../kv/keys/key-value.ts';
import type { WatchEvent, WatchRevision } from '../kv/watching/watch-event.ts';
import { BadField, type Fields, readAll } from '../wire/fields.ts';
import type { PlainBounds } from '../wire/plain-list.ts';
import { packFrame, readFrame } from './frame-codec.ts';
import {
  type ClientReply,
  CONSISTENCIES,
  type FailedReply,
  type ResultReply,
} from './frame-shapes.ts';

const KIND = {
  hello: 0,
  done: 1,
  failed: 2,
  read: 3,
  watched: 4,
  progress: 5,
  status: 6,
  part: 7,
} as const;
const KEY_VALUE_FIELDS = 6;
/** The deepest is a field of an event: frame, reply, revisions, revision, events, event. */
const PLAIN: PlainBounds = { depthMax: 6, valuesMax: 2 ** 21, hasBytes: true };

export function encodeReplies(replies: readonly ClientReply[]): Uint8Array {
  return packFrame(replies.map(fieldsOf));
}

const NO_BYTES = new Uint8Array(0);
/** What `NO_BYTES` take at the end of a frame, and the head of up to 2³² bytes in their place. */
const NO_BYTES_LENGTH = 2;
const BYTES_HEAD_LENGTH = 5;
const BYTES_32 = 0xc6;

/** The same frame for one reply with a large result, which is copied once, into an array of its size. */
export function encodeLargeReply(reply: ResultReply, result: KvAnswer): Uint8Array {
  const empty = encodeReplies([{ ...reply, result: NO_BYTES }]);
  const headAt = empty.length - NO_BYTES_LENGTH;
  const resultAt = headAt + BYTES_HEAD_LENGTH;
  const frame = encodeResult(result, resultAt);
  frame.set(empty.subarray(0, headAt));
  frame[headAt] = BYTES_32;
  new DataView(frame.buffer).setUint32(headAt + 1, frame.length - resultAt);
  return frame;
}

/** A string, instead of replies, says what is wrong with the frame. */
export function decodeReplies(bytes: Uint8Array): readonly ClientReply[] | string {
  return readFrame(bytes, { plain: PLAIN, readItem: readReply });
}

function fieldsOf(reply: ClientReply): readonly unknown[] {
  switch (reply.type) {
    case 'hello': {
      const { protocolVersion, nodeId, clusterId, leader } = reply;
      return [KIND.hello, protocolVersion, nodeId, clusterId, leader];
    }
    case 'done':
      return [KIND.done, reply.id, reply.at.term, reply.at.index, reply.result];
    case 'failed':
      return failedFields(reply);
    case 'read':
      return [KIND.read, reply.id, CONSISTENCIES.indexOf(reply.served), reply.result];
    case 'watched':
      return [KIND.watched, reply.id, reply.revisions.map(revisionFields)];
    case 'part':
      return [KIND.part, reply.id, revisionFields(reply.revision)];
    case 'progress':
      return [KIND.progress, reply.id, reply.revision];
    case 'status':
      return [KIND.status, reply.id, reply.status];
    default:
      return unreachable(reply);
  }
}

function failedFields({ id, error, compactedRevision }: FailedReply): readonly unknown[] {
  const { code, message, retry, leader } = error;
  return [KIND.failed, id, code, message, RETRIES.indexOf(retry), leader, compactedRevision];
}

function keyValueFields(kv: KeyValue): readonly unknown[] {
  return [kv.key, kv.value, kv.createRevision, kv.modRevision, kv.version, kv.lease];
}

function revisionFields({ revision, events }: WatchRevision): readonly unknown[] {
  return [revision, events.map(eventFields)];
}

function eventFields(event: WatchEvent): readonly unknown[] {
  return event.type === 'put' ? keyValueFields(event) : [event.key, event.modRevision];
}

function readReply(fields: Fields): ClientReply {
  const kind = fields.whole('a kind of reply');
  if (kind === KIND.hello) return readHello(fields);
  const id = fields.whole('an id', 1);
  switch (kind) {
    case KIND.done:
      return { type: 'done', id, at: fields.entryId(), result: fields.bytes() };
    case KIND.failed:
      return readFailed(id, fields);
    case KIND.read: {
      const served = fields.choice('a consistency', CONSISTENCIES);
      return { type: 'read', id, served, result: fields.bytes() };
    }
    case KIND.watched:
      return { type: 'watched', id, revisions: fields.lists('revisions', readRevision) };
    case KIND.part:
      return { type: 'part', id, revision: readAll(fields.value(), readRevision) };
    case KIND.progress:
      return { type: 'progress', id, revision: fields.whole('a revision') };
    case KIND.status:
      return { type: 'status', id, status: fields.text('a status') };
    default:
      throw new BadField('the kind of a reply is not known');
  }
}

function readHello(fields: Fields): ClientReply {
  return {
    type: 'hello',
    protocolVersion: fields.whole('a protocol version', 1),
    nodeId: fields.text('a node id'),
    clusterId: fields.text('a cluster id'),
    leader: fields.orNull(() => fields.text('a leader')),
  };
}

function readFailed(id: number, fields: Fields): ClientReply {
  const code = fields.text('an error code');
  const message = fields.text('a message');
  const retry = fields.choice('an advice on retrying', RETRIES);
  const leader = fields.value();
  return {
    type: 'failed',
    id,
    error: errorOf(code, message, { retry, leader: isNodeId(leader) ? leader : null }),
    compactedRevision: fields.orNull(() => fields.whole('a revision')),
  };
}

/** A newer server may know more codes: then the advice on retrying, which is what counts, still holds. */
function errorOf(code: string, message: string, details: RaftErrorDetails): RaftError {
  if (isErrorCode(code)) return passingError(code, message, details);
  return passingError('RAFT_OUTCOME_UNKNOWN', `${code}: ${message}`, details);
}

function readKeyValue(fields: Fields): KeyValue {
  return {
    key: fields.bytes(),
    value: fields.bytes(),
    createRevision: fields.whole('a revision'),
    modRevision: fields.whole('a revision'),
    version: fields.whole('a version'),
    lease: fields.orNull(() => fields.whole('a lease')),
  };
}

function readRevision(fields: Fields): WatchRevision {
  return { revision: fields.whole('a revision', 1), events: fields.lists('events', readEvent) };
}

function readEvent(fields: Fields): WatchEvent {
  if (fields.left === KEY_VALUE_FIELDS) return { type: 'put', ...readKeyValue(fields) };
  const key = fields.bytes();
  return { type: 'delete', key, value: null, modRevision: fields.whole('a revision', 1) };
}
