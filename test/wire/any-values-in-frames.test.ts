/** Frames whose values are of any kind in any place: each is read or refused in words, and nobody is ended by one. */
import { Packr, unpack } from 'msgpackr';
import { expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { ClientReply, ClientRequest } from '../../src/client-protocol/frame-shapes.ts';
import { decodeReplies, encodeReplies } from '../../src/client-protocol/reply-frame.ts';
import { decodeRequests, encodeRequests } from '../../src/client-protocol/request-frame.ts';
import { RaftError } from '../../src/core/errors.ts';
import { COUNTER_MAX } from '../../src/core/limits.ts';
import { index, term } from '../../src/core/types.ts';
import { encodeCommand } from '../../src/kv/commands/command-codec.ts';
import { readOf, watchOf } from '../server/client-port/raw-client.ts';
import { served } from '../server/local-server.ts';

const BYTES = new Uint8Array(16).fill(7);
const PLACE = { term: term(1), index: index(1) };
const KEY_VALUE = {
  key: BYTES,
  value: BYTES,
  createRevision: 1,
  modRevision: 1,
  version: 1,
  lease: 1,
};
const command = encodeCommand({ type: 'put', key: BYTES, value: BYTES });

const REQUESTS: readonly ClientRequest[] = [
  readOf(1, { limit: 1, revision: 1, atLeast: PLACE, selector: { key: BYTES } }),
  readOf(1, { timeoutMs: 5 }),
  watchOf(1, 1),
  { type: 'cancel', id: 1 },
  { type: 'status', id: 1 },
  { type: 'submit', id: 1, timeoutMs: 5, command, session: null },
  {
    type: 'submit',
    id: 1,
    timeoutMs: 5,
    command,
    session: {
      session: BYTES,
      sequence: 2,
      acknowledgedThrough: 1,
      opening: { ttlMs: 5_000, notAfterMs: 5_000 },
    },
  },
];

const REPLIES: readonly ClientReply[] = [
  { type: 'hello', protocolVersion: 2, nodeId: 'n1', clusterId: 'c', leader: 'n1' },
  { type: 'done', id: 1, at: PLACE, result: BYTES },
  { type: 'failed', id: 1, error: new RaftError('RAFT_ABORTED', 'x'), compactedRevision: 1 },
  { type: 'read', id: 1, served: 'local', result: BYTES },
  { type: 'watched', id: 1, revisions: [{ revision: 1, events: [{ type: 'put', ...KEY_VALUE }] }] },
  {
    type: 'part',
    id: 1,
    revision: {
      revision: 1,
      events: [{ type: 'delete', key: BYTES, value: null, modRevision: 1 }],
    },
  },
  { type: 'progress', id: 1, revision: 1 },
  { type: 'status', id: 1, status: '{}' },
];

const VALUES: readonly unknown[] = [
  ...[0, -0, 1, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY],
  ...[2 ** 31, 2 ** 32, COUNTER_MAX, COUNTER_MAX + 1, Number.MAX_SAFE_INTEGER, 2 ** 53, 1e308],
  ...[-(2 ** 53), 2n ** 63n, 2n ** 64n - 1n, -(2n ** 63n), true, false, null],
  ...['', 'x', '__proto__', 'constructor', '\u0000', 'x'.repeat(1_000)],
  ...[new Uint8Array(0), BYTES, new Uint8Array(10_000), [], [1], [[1]], [null], [BYTES, 1]],
];

const AT_ONCE = 50;
const packr = new Packr({ useRecords: false });

/** The same frame with another value in one place, however deep, with one too few and with one too many. */
function* changed(frame: unknown): Generator<unknown> {
  if (!Array.isArray(frame)) return;
  for (const [at, each] of frame.entries()) {
    for (const value of VALUES) yield frame.with(at, value);
    for (const within of changed(each)) yield frame.with(at, within);
  }
  yield frame.slice(0, -1);
  yield [...frame, 1];
}

const changedFrames = (frame: Uint8Array): readonly Uint8Array[] =>
  [...changed(unpack(frame))].map((each) => new Uint8Array(packr.pack(each)));

it('[SV20] a request with any value in any place is read, or refused in words', () => {
  for (const request of REQUESTS) {
    for (const frame of changedFrames(encodeRequests([request]))) {
      const read = decodeRequests(frame);
      expect(typeof read === 'string' || Array.isArray(read)).toBe(true);
    }
  }
});

it('[CL9] a reply with any value in any place is read, or refused in words', () => {
  for (const reply of REPLIES) {
    for (const frame of changedFrames(encodeReplies([reply]))) {
      const read = decodeReplies(frame);
      expect(typeof read === 'string' || Array.isArray(read)).toBe(true);
    }
  }
});

it('[SV20] no request with any value in any place ends a server, or makes it fail', async () => {
  const server = await served();
  const all = REQUESTS.flatMap((request) => changedFrames(encodeRequests([request])));
  const isRead = (frame: Uint8Array): boolean => typeof decodeRequests(frame) !== 'string';
  // Of those that are refused every fiftieth: no more is done with any of them.
  const frames = all.filter((frame, at) => at % AT_ONCE === 0 || isRead(frame));
  for (let at = 0; at < frames.length; at += AT_ONCE) {
    await Promise.all(frames.slice(at, at + AT_ONCE).map((frame) => said(server.url, frame)));
  }
  expect(server.faults).toEqual([]);
  expect((await fetch(`${server.url}/livez`)).status).toBe(200);
});

/** Resolves once the server has closed it, or has answered what was said behind it. */
function said(url: string, frame: Uint8Array): Promise<void> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/client`);
  return new Promise((resolve) => {
    socket.on('open', () => {
      socket.send(frame);
      socket.send(encodeRequests([{ type: 'status', id: 77 }]));
    });
    socket.on('message', (data: Buffer) => {
      const replies = decodeReplies(data);
      const isAnswered =
        typeof replies !== 'string' && replies.some((each) => 'id' in each && each.id === 77);
      if (isAnswered) socket.close();
    });
    socket.on('error', () => {});
    socket.on('close', () => resolve());
  });
}
