/** How long clients keep the event loop, on a clock that a test owns. */

import { expect, it } from 'vitest';
import { encodeRequests } from '../../../src/client-protocol/request-frame.ts';
import type { FrameSocket, FrameSocketListener } from '../../../src/ports/frame-socket.ts';
import { nobody } from '../../../src/server/access/visitor.ts';
import { ClientConnections } from '../../../src/server/client-port/client-connections.ts';
import { cleanUp } from '../../clean-up.ts';
import { type LocalOptions, localApi } from '../local-server.ts';

const FRAME = encodeRequests([{ type: 'status', id: 1 }]);

/** Keeps whether it is read, and in which order sockets are read again. */
class MemorySocket implements FrameSocket {
  readonly isOpen = true;
  readonly bufferedBytes = 0;
  readonly #resumed: MemorySocket[];
  isRead = true;
  #listener: FrameSocketListener | null = null;

  constructor(resumed: MemorySocket[]) {
    this.#resumed = resumed;
  }

  listen(listener: FrameSocketListener): void {
    this.#listener = listener;
  }

  hear(): void {
    this.#listener?.onFrame(FRAME);
  }

  send(_frame: Uint8Array, taken?: () => void): void {
    taken?.();
  }

  pause(): void {
    this.isRead = false;
  }

  resume(): void {
    this.isRead = true;
    this.#resumed.push(this);
  }

  close(): void {
    this.#listener?.onClose('it was closed');
  }

  ping(): void {}
  terminate(): void {}
}

interface Stage {
  readonly sockets: readonly [MemorySocket, MemorySocket, MemorySocket];
  readonly resumed: readonly MemorySocket[];
  isRead(): readonly boolean[];
  pass(ms: number): void;
  /** Everything else has its turn. */
  endTurn(): void;
}

function stage(options: LocalOptions = {}): Stage {
  const { context } = localApi(options);
  let nowMs = 0;
  const later: (() => void)[] = [];
  const clock = {
    ...context.clock,
    now: () => nowMs,
    yield: (callback: () => void) => void later.push(callback),
  };
  const connections = new ClientConnections({ ...context, clock });
  const resumed: MemorySocket[] = [];
  const sockets = [1, 2, 3].map(() => new MemorySocket(resumed));
  for (const socket of sockets) connections.admit(socket, nobody());
  const [first, second, third] = sockets;
  if (first === undefined || second === undefined || third === undefined) throw new Error('three');
  const endTurn = (): void => {
    for (const run of later.splice(0)) run();
  };
  cleanUp(() => {
    const closed = connections.close('the test is over');
    endTurn();
    return closed;
  });
  return {
    sockets: [first, second, third],
    resumed,
    isRead: () => sockets.map(({ isRead }) => isRead),
    pass: (ms) => {
      nowMs += ms;
    },
    endTurn,
  };
}

it('[SP14] after ten milliseconds of requests no client is read until all else has had its turn', () => {
  const { endTurn, isRead, pass, resumed, sockets } = stage();
  const [first, second] = sockets;
  first.hear();
  pass(9);
  second.hear();
  expect(isRead()).toEqual([true, true, true]);
  pass(1);
  first.hear();
  expect(isRead()).toEqual([false, false, false]);
  // It had arrived before; whoever was served comes behind the others.
  second.hear();
  endTurn();
  expect(isRead()).toEqual([true, true, true]);
  expect(resumed.map((socket) => sockets.indexOf(socket))).toEqual([2, 0, 1]);
});

it('[SP14] each turn has its own ten milliseconds', () => {
  const { endTurn, isRead, pass, sockets } = stage();
  for (let turn = 0; turn < 3; turn += 1) {
    sockets[0].hear();
    pass(9);
    sockets[1].hear();
    expect(isRead()).toEqual([true, true, true]);
    endTurn();
  }
});

it('[SP14] [SV22] who has too much under way is not read again because others are', () => {
  const { endTurn, isRead, pass, sockets } = stage({ limits: { requestsInFlightMax: 0 } });
  sockets[0].hear();
  pass(10);
  sockets[0].hear();
  endTurn();
  expect(isRead()[0]).toBe(false);
});
