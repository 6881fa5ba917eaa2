/** How often a client dials, on a clock that a test owns. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import { encodeReplies } from '../../../src/client-protocol/reply-frame.ts';
import type { FrameSocket, FrameSocketListener } from '../../../src/ports/frame-socket.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { helloOf } from '../scripted-server.ts';
import { clockOf } from '../virtual-server.ts';

/** Says hello, and closes `afterMs` later. */
function shortLived(clock: VirtualClock, afterMs: number): FrameSocket {
  const nothing = (): void => {};
  return {
    isOpen: false,
    bufferedBytes: 0,
    listen: (listener: FrameSocketListener) => {
      clock.setTimeout(() => listener.onFrame(encodeReplies([helloOf('n1', 'n1')])), 1);
      clock.setTimeout(() => listener.onClose('it is tired'), 1 + afterMs);
    },
    send: nothing,
    ping: nothing,
    pause: nothing,
    resume: nothing,
    close: nothing,
    terminate: nothing,
  };
}

/** When a client of one server dialled, in ten seconds of its clock. */
function dialsIn(clock: VirtualClock, livesMs: number): readonly number[] {
  const dials: number[] = [];
  const client = new KvClient(clientSettings({ endpoints: ['http://n1.test'] }), {
    dial: () => {
      dials.push(clock.now());
      return shortLived(clock, livesMs);
    },
    clock: clockOf(clock),
    random: { next: () => 0.5 },
  });
  clock.advance(10_000);
  client.close();
  return dials;
}

describe('a server that closes what it accepts', () => {
  it('[CL6] is dialled again at once, and then ever more slowly', () => {
    const dials = dialsIn(new VirtualClock(), 1);
    expect(dials.slice(0, 2)).toEqual([0, 2]);
    expect(dials.length).toBeLessThan(25);
  });

  it('[CL6] is dialled again at once whenever its connection had lasted', () => {
    const dials = dialsIn(new VirtualClock(), 2_000);
    expect(dials).toEqual([0, 2_001, 4_002, 6_003, 8_004]);
  });
});
