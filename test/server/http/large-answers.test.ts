/** Large answers, counted byte by byte: how often they are made, of what size, for whom, and for whom not at all. */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResultReply } from '../../../src/client-protocol/frame-shapes.ts';
import { encodeLargeReply, encodeReplies } from '../../../src/client-protocol/reply-frame.ts';
import { encodeRequests } from '../../../src/client-protocol/request-frame.ts';
import { index, term } from '../../../src/core/types.ts';
import { encodeResult } from '../../../src/kv/commands/result-codec.ts';
import type { RangeResult } from '../../../src/kv/commands/results.ts';
import type { FrameSocket, FrameSocketListener } from '../../../src/ports/frame-socket.ts';
import { nobody } from '../../../src/server/access/visitor.ts';
import { ClientConnection } from '../../../src/server/client-port/client-connection.ts';
import { readOf } from '../client-port/raw-client.ts';
import { type LocalApi, localApi } from '../local-server.ts';

const MIB = 1024 * 1024;
const KEY = new TextEncoder().encode('large');

/** Takes what it is sent when a test says so; once it is closing, at once and for nothing, as a WebSocket does. */
class HandSocket implements FrameSocket {
  readonly sent: Uint8Array[] = [];
  readonly bufferedBytes = 0;
  isOpen = true;
  isTerminated = false;
  readonly #untaken: (() => void)[] = [];
  #listener: FrameSocketListener | null = null;

  listen(listener: FrameSocketListener): void {
    this.#listener = listener;
  }

  receive(frame: Uint8Array): void {
    this.#listener?.onFrame(frame);
  }

  send(frame: Uint8Array, taken: () => void = () => {}): void {
    this.sent.push(frame);
    if (this.isOpen) this.#untaken.push(taken);
    else process.nextTick(taken);
  }

  /** As many frames as there are, and no more. */
  take(): void {
    for (const taken of this.#untaken.splice(0)) taken();
  }

  isGone(): void {
    this.#listener?.onClose('gone');
  }

  ping(): void {}
  pause(): void {}
  resume(): void {}

  close(): void {
    this.isOpen = false;
  }

  terminate(): void {
    this.isOpen = false;
    this.isTerminated = true;
  }
}

async function stage(): Promise<LocalApi> {
  const local = localApi();
  await local.commit({ type: 'put', key: KEY, value: new Uint8Array(MIB) });
  return local;
}

function clientOf({ context }: LocalApi): HandSocket {
  const socket = new HandSocket();
  new ClientConnection(
    socket,
    { ...context, visitor: nobody() },
    { closed: () => {}, served: () => {} },
  );
  return socket;
}

const reads = (count: number): Uint8Array =>
  encodeRequests(
    Array.from({ length: count }, (_, at) => readOf(at + 1, { selector: { key: KEY } })),
  );

/** After all that was deferred, and all that this deferred. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

const rangeOf = (value: Uint8Array): RangeResult => ({
  type: 'range',
  revision: 9,
  kvs: [{ key: KEY, value, createRevision: 1, modRevision: 2, version: 3, lease: null }],
  more: false,
  count: 1,
});

const id = fc.oneof(
  fc.integer({ min: 1, max: 70_000 }),
  fc.integer({ min: 2 ** 31, max: 2 ** 40 }),
);
const reply: fc.Arbitrary<ResultReply> = fc.oneof(
  fc.record({
    type: fc.constant('done' as const),
    id,
    at: fc.record({ term: id.map(term), index: id.map(index) }),
  }),
  fc.record({
    type: fc.constant('read' as const),
    id,
    served: fc.constantFrom('linearizable' as const, 'lease' as const, 'local' as const),
  }),
);

describe('a large answer', () => {
  it('[SP5] is one array of exactly its size, with the bytes that any frame has', () => {
    fc.assert(
      fc.property(reply, fc.integer({ min: 65_536, max: 100_000 }), (head, length) => {
        const range = rangeOf(new Uint8Array(length).fill(length));
        const frame = encodeLargeReply(head, range);
        expect(frame.buffer.byteLength).toBe(frame.length);
        const usual = encodeReplies([{ ...head, result: encodeResult(range) }]);
        expect(Buffer.compare(frame, usual)).toBe(0);
      }),
      { numRuns: 200 },
    );
  });

  it('[SP5] costs its own size in memory, and nothing near that besides', async () => {
    const local = await stage();
    const socket = clientOf(local);
    await settled();
    const before = process.memoryUsage().arrayBuffers;
    socket.receive(reads(7));
    await settled();
    const made = process.memoryUsage().arrayBuffers - before;
    const [, ...answers] = socket.sent;
    expect(answers.map(({ buffer }) => buffer.byteLength <= MIB + 1024)).toEqual(
      Array.from({ length: 7 }, () => true),
    );
    expect(made).toBeLessThan(7.5 * MIB);
  });

  it('[SP5] that waits behind others is not made: twenty readers of nothing hold what fits one bound', async () => {
    const local = await stage();
    const sockets = Array.from({ length: 20 }, () => clientOf(local));
    for (const socket of sockets) socket.receive(reads(12));
    await settled();
    const { outgoing } = local.context.held;
    expect(outgoing.total).toBeGreaterThan(20 * MIB);
    expect(outgoing.total).toBeLessThan(25 * MIB);
    expect(sockets.some(({ isTerminated }) => isTerminated)).toBe(false);
    for (let turn = 0; turn < 30; turn += 1) {
      for (const socket of sockets) socket.take();
      await settled();
    }
    const answered = sockets.map(({ sent }) => sent.filter(({ length }) => length > MIB).length);
    expect(answered).toEqual(Array.from({ length: 20 }, () => 12));
    expect(outgoing.total).toBe(0);
  });
});

it('[SP5] a large range over HTTP is not made before there is room for what it takes', async () => {
  const local = await stage();
  const { outgoing } = local.context.held;
  const other = outgoing.account(32 * MIB, () => {});
  other.hold(23.5 * MIB);
  let isAnswered = false;
  const answer = local.send('/kv?prefix=&consistency=local').then((response) => {
    isAnswered = true;
    return response;
  });
  await settled();
  expect([isAnswered, outgoing.total]).toEqual([false, 23.5 * MIB]);
  other.release(MIB);
  const { count } = (await (await answer).json()) as { count: number };
  expect(count).toBe(1);
});

describe('a connection that closes', () => {
  it('[SP5] is made no more answers, though its socket swallows each at once', async () => {
    const local = await stage();
    const socket = clientOf(local);
    const looks = local.replica.countLooks();
    socket.receive(reads(1_000));
    await settled();
    const before = { looks: looks(), sent: socket.sent.length };
    socket.close();
    socket.take();
    await settled();
    expect(before.sent).toBeLessThan(10);
    expect({ looks: looks(), sent: socket.sent.length }).toEqual(before);
    expect(local.context.held.outgoing.total).toBe(0);
  });

  it('[SP5] counts with what it was sent until its socket is gone, whatever it was closed for', async () => {
    const local = await stage();
    const socket = clientOf(local);
    const { outgoing } = local.context.held;
    socket.receive(reads(50));
    await settled();
    socket.receive(Uint8Array.of(0xc1));
    expect(socket.isOpen).toBe(false);
    expect(outgoing.total).toBeGreaterThan(6 * MIB);
    for (let tick = 0; tick < 200; tick += 1) outgoing.tick();
    expect([outgoing.total, socket.isTerminated]).toEqual([0, true]);
    const another = clientOf(local);
    another.receive(reads(2));
    await settled();
    another.receive(Uint8Array.of(0xc1));
    expect(outgoing.total).toBeGreaterThan(2 * MIB);
    another.isGone();
    expect(outgoing.total).toBe(0);
  });
});
