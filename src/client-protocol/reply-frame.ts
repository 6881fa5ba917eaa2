/** Replies as frames: written by the server, read by the client, which trusts none of it (CL9). */
import { unreachable } from '../core/assert.ts';
import {
  ERROR_CODES,
  RaftError,
  type RaftErrorCode,
  type RaftErrorDetails,
  type Retry,
} from '../core/errors.ts';
import { isNodeId } from '../core/types.ts';
import { encodeResult, type KvAnswer } from '../kv/result-codec.ts';
import type { KeyValue } from '../kv/results.ts';
import type { WatchEvent, WatchRevision } from '../kv/watch-event.ts';
import type { PlainBounds } from '../wire/plain-list.ts';
import {
  BadFrame,
  bytesOf,
  fields,
  list,
  oneOf,
  orNull,
  packFrame,
  readFrame,
  textOf,
  whole,
} from './frame-codec.ts';
import type { ClientReply, Consistency, FailedReply, ResultReply } from './frame-shapes.ts';

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
const CONSISTENCIES: readonly Consistency[] = ['linearizable', 'lease', 'local'];
const RETRIES: readonly Retry[] = ['safe', 'redirect', 'outcomeUnknown', 'never'];
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
      return [KIND.done, reply.id, reply.result];
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

function readReply(item: readonly unknown[]): ClientReply {
  switch (item[0]) {
    case KIND.hello:
      return readHello(item);
    case KIND.done:
      fields(item, 3);
      return { type: 'done', id: whole(item[1], 1), result: bytesOf(item[2]) };
    case KIND.failed:
      return readFailed(item);
    case KIND.read:
      fields(item, 4);
      return {
        type: 'read',
        id: whole(item[1], 1),
        served: oneOf(item[2], CONSISTENCIES),
        result: bytesOf(item[3]),
      };
    case KIND.watched:
      fields(item, 3);
      return { type: 'watched', id: whole(item[1], 1), revisions: list(item[2]).map(readRevision) };
    case KIND.part:
      fields(item, 3);
      return { type: 'part', id: whole(item[1], 1), revision: readRevision(item[2]) };
    case KIND.progress:
      fields(item, 3);
      return { type: 'progress', id: whole(item[1], 1), revision: whole(item[2], 0) };
    case KIND.status:
      fields(item, 3);
      return { type: 'status', id: whole(item[1], 1), status: textOf(item[2]) };
    default:
      throw new BadFrame('the kind of a reply is not known');
  }
}

function readHello(item: readonly unknown[]): ClientReply {
  fields(item, 5);
  return {
    type: 'hello',
    protocolVersion: whole(item[1], 1),
    nodeId: textOf(item[2]),
    clusterId: textOf(item[3]),
    leader: orNull(item[4], textOf),
  };
}

function readFailed(item: readonly unknown[]): ClientReply {
  fields(item, 7);
  const leader = isNodeId(item[5]) ? item[5] : null;
  const retry = oneOf(item[4], RETRIES);
  return {
    type: 'failed',
    id: whole(item[1], 1),
    error: errorOf(textOf(item[2]), textOf(item[3]), { retry, leader }),
    compactedRevision: orNull(item[6], (value) => whole(value, 0)),
  };
}

/** A newer server may know more codes: then the advice on retrying, which is what counts, still holds. */
function errorOf(code: string, message: string, details: RaftErrorDetails): RaftError {
  if (isErrorCode(code)) return new RaftError(code, message, details);
  return new RaftError('RAFT_OUTCOME_UNKNOWN', `${code}: ${message}`, details);
}

function isErrorCode(code: string): code is RaftErrorCode {
  return Object.hasOwn(ERROR_CODES, code);
}

function readKeyValue(value: unknown): KeyValue {
  const item = list(value);
  fields(item, KEY_VALUE_FIELDS);
  return {
    key: bytesOf(item[0]),
    value: bytesOf(item[1]),
    createRevision: whole(item[2], 0),
    modRevision: whole(item[3], 0),
    version: whole(item[4], 0),
    lease: orNull(item[5], (lease) => whole(lease, 0)),
  };
}

function readRevision(value: unknown): WatchRevision {
  const item = list(value);
  fields(item, 2);
  return { revision: whole(item[0], 1), events: list(item[1]).map(readEvent) };
}

function readEvent(value: unknown): WatchEvent {
  const item = list(value);
  if (item.length === KEY_VALUE_FIELDS) return { type: 'put', ...readKeyValue(item) };
  fields(item, 2);
  return { type: 'delete', key: bytesOf(item[0]), value: null, modRevision: whole(item[1], 1) };
}
