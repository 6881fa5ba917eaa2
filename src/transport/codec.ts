/**
 * Hellos, messages and refusals as header frames, and back (TR3, TR4). A body is a flat list of fields in a
 * fixed order, not a map: a third of the bytes and of the time, and no key can be missing, doubled or
 * hostile. Entry runs never pass through here; they are frames of their own, as they are. Nothing in
 * this file throws on what arrives: a string says what is wrong.
 */

import { Packr, RESERVE_START_SPACE } from 'msgpackr';
import { assert, unreachable } from '../core/assert.ts';
import { type Hello, PROTOCOL_VERSION } from '../core/hello.ts';
import type { AppendEntriesReply, Message } from '../core/message.ts';
import type { Term } from '../core/types.ts';
import { BadField, Fields } from '../wire/fields.ts';
import { isPlainList, type PlainBounds } from '../wire/plain-list.ts';
import { messageProblem } from './check.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND, type FrameHead, openFrame, sealFrame } from './frames.ts';
import { PROTOCOL_VERSION_MAX, REFUSAL_LENGTH_MAX } from './limits.ts';

/** A header is a list; a hello's lineage, of 256 words at most, is a list inside it. */
export const PLAIN: PlainBounds = { depthMax: 2, valuesMax: 300, hasBytes: false };

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
} as const satisfies Record<Message['type'], number>;

type DecodedFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'message'; readonly message: Message; readonly runCount: number }
  | { readonly type: 'refusal'; readonly text: string }
  /** A hello of another protocol version, its body unread. */
  | { readonly type: 'foreignHello'; readonly version: number };

/** One for all connections: it keeps a buffer between messages and hands out parts of it, each once. */
const packr = new Packr({ useRecords: false, structuredClone: false });

/** The protocol version travels in the head, where a node of any version finds it. */
export function encodeHello(hello: Hello): Uint8Array {
  const { clusterId, nodeId, incarnation, boots, lineage } = hello.identity;
  const body = [clusterId, nodeId, incarnation, boots, lineage, hello.to];
  const version = hello.protocolVersion;
  assert(version > 0 && version <= PROTOCOL_VERSION_MAX, 'TR2: a protocol version is 1 to 255');
  const proven = attempt(() => readHello(new Fields(body), version));
  assert(typeof proven !== 'string', `TR3: a hello is sound before it is sent: ${proven}`);
  return frameOf(body, { kind: FRAME_KIND.hello, version, runCount: 0 });
}

export function encodeMessage(message: Message, runCount: number): Uint8Array {
  const body = bodyOf(message);
  const proven = attempt(() => readMessage(new Fields(body)));
  assert(typeof proven !== 'string', `TR6: a message is sound before it is sent: ${proven}`);
  return frameOf(body, { kind: FRAME_KIND.message, version: PROTOCOL_VERSION, runCount });
}

export function encodeRefusal(text: string): Uint8Array {
  return frameOf([text.slice(0, REFUSAL_LENGTH_MAX)], {
    kind: FRAME_KIND.refuse,
    version: PROTOCOL_VERSION,
    runCount: 0,
  });
}

/** Reads a header frame. The message's fields are proven and fit each other; its runs are yet to come. */
export function decodeFrame(bytes: Uint8Array): DecodedFrame | string {
  const head = openFrame(bytes);
  if (typeof head === 'string') return head;
  const isCurrent = head.version === PROTOCOL_VERSION;
  if (head.kind === FRAME_KIND.hello && !isCurrent) {
    return { type: 'foreignHello', version: head.version };
  }
  if (head.kind === FRAME_KIND.message && !isCurrent) {
    return `a message of protocol version ${head.version} after a hello of ${PROTOCOL_VERSION}`;
  }
  if (!isPlainList(bytes, FRAME_HEADER_BYTES, PLAIN))
    return 'a header is not a plain list of fields';
  return attempt(() => readBody(bytes, head));
}

function frameOf(body: readonly unknown[], head: FrameHead): Uint8Array {
  return sealFrame(packr.pack(body, RESERVE_START_SPACE | FRAME_HEADER_BYTES), head);
}

/** Runs a reader of fields; its complaint, or that of the MessagePack decoder, becomes the answer. */
function attempt<Value>(read: () => Value): Value | string {
  try {
    return read();
  } catch (error) {
    return error instanceof BadField ? error.message : `a header cannot be decoded: ${error}`;
  }
}

function readBody(bytes: Uint8Array, head: FrameHead): DecodedFrame | string {
  const fields = new Fields(packr.unpack(bytes, { start: FRAME_HEADER_BYTES, end: bytes.length }));
  switch (head.kind) {
    case FRAME_KIND.hello:
      if (head.runCount !== 0) return 'entry runs beside a hello';
      return { type: 'hello', hello: readHello(fields, head.version) };
    case FRAME_KIND.message: {
      const message = readMessage(fields);
      return typeof message === 'string'
        ? message
        : { type: 'message', message, runCount: head.runCount };
    }
    case FRAME_KIND.refuse: {
      const text = fields.words();
      fields.end();
      return { type: 'refusal', text: text.slice(0, REFUSAL_LENGTH_MAX) };
    }
    default:
      return unreachable(head.kind);
  }
}

function readHello(fields: Fields, protocolVersion: number): Hello {
  const identity = {
    clusterId: fields.clusterId(),
    nodeId: fields.nodeId(),
    incarnation: fields.incarnation(),
    boots: fields.whole('a count of boots', 1),
    lineage: fields.lineage(),
  };
  const to = fields.nodeId();
  fields.end();
  return { protocolVersion, identity, to };
}

function bodyOf(message: Message): readonly unknown[] {
  const code = MESSAGE_CODE[message.type];
  const { term } = message;
  switch (message.type) {
    case 'PreVote':
      return [code, term, message.lastLog.term, message.lastLog.index, message.round];
    case 'PreVoteReply':
      return [code, term, message.round, message.granted];
    case 'RequestVote':
      return [code, term, message.lastLog.term, message.lastLog.index];
    case 'RequestVoteReply':
      return [code, term, message.granted];
    case 'AppendEntries': {
      const { prevLog, lastIndex, commitIndex, round } = message;
      return [code, term, prevLog.term, prevLog.index, lastIndex, commitIndex, round];
    }
    case 'AppendEntriesReply':
      return [code, term, message.round, message.prevIndex, ...resultOf(message)];
    case 'Propose':
      return [code, term, message.requestId, message.count];
    case 'ProposeReply':
      return [code, term, message.requestId, message.firstIndex];
    case 'ReadIndex':
      return [code, term, message.requestId];
    case 'ReadIndexReply':
      return [code, term, message.requestId, message.readIndex];
    case 'Ping':
      return [code, term];
    default:
      return unreachable(message);
  }
}

function resultOf({ result }: AppendEntriesReply): readonly unknown[] {
  if (result.accepted) return [true, result.matchIndex];
  return [false, result.lastIndex, result.hint.term, result.hint.index];
}

function readMessage(fields: Fields): Message | string {
  const message = readFields(fields);
  fields.end();
  return messageProblem(message) ?? message;
}

/** In the order in which `bodyOf` wrote them. */
function readFields(fields: Fields): Message {
  const code = fields.whole('a message code');
  const term = fields.term();
  switch (code) {
    case MESSAGE_CODE.PreVote:
      return { type: 'PreVote', term, lastLog: fields.entryId(), round: fields.whole('a round') };
    case MESSAGE_CODE.PreVoteReply:
      return {
        type: 'PreVoteReply',
        term,
        round: fields.whole('a round'),
        granted: fields.flag(),
      };
    case MESSAGE_CODE.Ping:
      return { type: 'Ping', term };
    case MESSAGE_CODE.RequestVote:
      return { type: 'RequestVote', term, lastLog: fields.entryId() };
    case MESSAGE_CODE.RequestVoteReply:
      return { type: 'RequestVoteReply', term, granted: fields.flag() };
    case MESSAGE_CODE.AppendEntries:
      return {
        type: 'AppendEntries',
        term,
        prevLog: fields.entryId(),
        lastIndex: fields.index(),
        commitIndex: fields.index(),
        round: fields.whole('a round'),
      };
    case MESSAGE_CODE.AppendEntriesReply:
      return {
        type: 'AppendEntriesReply',
        term,
        round: fields.whole('a round'),
        prevIndex: fields.index(),
        result: readResult(fields),
      };
    case MESSAGE_CODE.Propose:
    case MESSAGE_CODE.ProposeReply:
    case MESSAGE_CODE.ReadIndex:
    case MESSAGE_CODE.ReadIndexReply:
      return readRequest(code, fields, { term, requestId: fields.whole('a request id') });
    default:
      throw new BadField(`message code ${code} is not known`);
  }
}

function readResult(fields: Fields): AppendEntriesReply['result'] {
  if (fields.flag()) return { accepted: true, matchIndex: fields.index() };
  return { accepted: false, lastIndex: fields.index(), hint: fields.entryId() };
}

/** What a follower asks of its leader, and the answers: all of them are numbered alike. */
function readRequest(
  code: RequestCode,
  fields: Fields,
  request: { readonly term: Term; readonly requestId: number },
): Message {
  switch (code) {
    case MESSAGE_CODE.Propose:
      return { type: 'Propose', ...request, count: fields.whole('a count') };
    case MESSAGE_CODE.ProposeReply:
      return { type: 'ProposeReply', ...request, firstIndex: fields.orNull(() => fields.index()) };
    case MESSAGE_CODE.ReadIndex:
      return { type: 'ReadIndex', ...request };
    case MESSAGE_CODE.ReadIndexReply:
      return { type: 'ReadIndexReply', ...request, readIndex: fields.orNull(() => fields.index()) };
    default:
      return unreachable(code);
  }
}

type RequestCode = (typeof MESSAGE_CODE)[
  | 'Propose'
  | 'ProposeReply'
  | 'ReadIndex'
  | 'ReadIndexReply'];
