/**
 * Hellos, messages and refusals as header frames, and back (TR3, TR4); entry runs are frames of their own. A body is a flat
 * list, not a map: a third of the bytes and of the time, and no key can be missing, doubled or hostile. Nothing here
 * throws on what arrives: a string says what is wrong.
 */

import { Packr, RESERVE_START_SPACE } from 'msgpackr';
import { assert, unreachable } from '../core/assert.ts';
import { type Hello, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, PURPOSES } from '../core/hello.ts';
import { MACHINE_VERSION_MAX } from '../core/limits.ts';
import type { Message } from '../core/message.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import { BadField, Fields } from '../wire/fields.ts';
import { isPlainList, type PlainBounds } from '../wire/plain-list.ts';
import { messageProblem } from './check.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND, type FrameHead, openFrame, sealFrame } from './frames.ts';
import { PROTOCOL_VERSION_MAX, REFUSAL_LENGTH_MAX } from './limits.ts';
import { bodyOf, messageOf } from './message-fields.ts';

/** A header is a list; a hello's lineage, of 256 words at most, is a list inside it. */
export const PLAIN: PlainBounds = { depthMax: 2, valuesMax: 300, hasBytes: false };

type DecodedFrame =
  | { readonly type: 'hello'; readonly hello: Hello }
  | { readonly type: 'message'; readonly message: Message; readonly runCount: number }
  | { readonly type: 'refusal'; readonly text: string }
  /** A hello of a protocol version that is not spoken here, its body unread. */
  | { readonly type: 'foreignHello'; readonly version: number };

/** One for all connections: it keeps a buffer between messages and hands out parts of it, each once. */
const packr = new Packr({ useRecords: false, structuredClone: false });

/** The protocol version travels in the head, where a node of any version finds it. */
export function encodeHello(hello: Hello): Uint8Array {
  const { clusterId, nodeId, incarnation, boots, lineage } = hello.identity;
  const { address, configurationIndex, loyalMs, machineVersion, purpose, to } = hello;
  const place = PURPOSES.indexOf(purpose);
  const version = hello.protocolVersion;
  const who = [clusterId, nodeId, incarnation, boots, lineage];
  const body = [...who, to, configurationIndex, place, address ?? ''];
  if (saysVersions(version)) {
    body.push(machineVersion);
    if (loyalMs !== undefined) body.push(loyalMs);
  }
  assert(version > 0 && version <= PROTOCOL_VERSION_MAX, 'TR2: a protocol version is 1 to 255');
  const proven = attempt(() => readHello(new Fields(body), version));
  assert(typeof proven !== 'string', `TR3: a hello is sound before it is sent: ${proven}`);
  return frameOf(body, { kind: FRAME_KIND.hello, version, runCount: 0 });
}

/** `version`: what is spoken on the connection. */
export function encodeMessage(
  message: Message,
  runCount: number,
  version: number = PROTOCOL_VERSION,
): Uint8Array {
  const body = bodyOf(message);
  const proven = attempt(() => readMessage(new Fields(body)));
  assert(typeof proven !== 'string', `TR6: a message is sound before it is sent: ${proven}`);
  return frameOf(body, { kind: FRAME_KIND.message, version, runCount });
}

export function encodeRefusal(text: string): Uint8Array {
  return frameOf([text.slice(0, REFUSAL_LENGTH_MAX)], {
    kind: FRAME_KIND.refuse,
    version: PROTOCOL_VERSION,
    runCount: 0,
  });
}

/**
 * Reads a header frame of a connection on which that version is spoken. The message's fields are proven and fit each
 * other; its runs are yet to come.
 */
export function decodeFrame(
  bytes: Uint8Array,
  version: number = PROTOCOL_VERSION,
): DecodedFrame | string {
  const head = openFrame(bytes);
  if (typeof head === 'string') return head;
  if (head.kind === FRAME_KIND.hello && !isSpoken(head.version)) {
    return { type: 'foreignHello', version: head.version };
  }
  if (head.kind !== FRAME_KIND.refuse && head.version !== version) {
    return `a frame of protocol version ${head.version} where ${version} is spoken`;
  }
  if (!isPlainList(bytes, FRAME_HEADER_BYTES, PLAIN))
    return 'a header is not a plain list of fields';
  return attempt(() => readBody(bytes, head));
}

function isSpoken(version: number): boolean {
  return version >= OLDEST_PROTOCOL_VERSION && version <= PROTOCOL_VERSION;
}

/** Version 3 knew no versions of the machine. */
function saysVersions(protocolVersion: number): boolean {
  return protocolVersion > 3;
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
  const configurationIndex = fields.index();
  const purpose = fields.choice('a purpose', PURPOSES);
  const address = fields.address();
  const says = saysVersions(protocolVersion);
  const machineVersion = says
    ? fields.whole('a version of a machine', FIRST_MACHINE_VERSION, MACHINE_VERSION_MAX)
    : FIRST_MACHINE_VERSION;
  const promises = says && fields.left > 0;
  const promise = promises ? { loyalMs: fields.whole('a promise of loyalty', 1) } : {};
  fields.end();
  const who = { protocolVersion, machineVersion, identity, ...promise };
  return { ...who, to, configurationIndex, purpose, address };
}

function readMessage(fields: Fields): Message | string {
  const message = messageOf(fields);
  return messageProblem(message) ?? message;
}
