/** The memory transport keeps the contract; what only a network in memory can do is proven here as well. */
import { afterEach, describe, expect, it } from 'vitest';
import type { TransportLimits } from '../../src/ports/transport.ts';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import { appendOf, helloOf, LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { transportContract } from '../../src/testing/contracts/transport-contract.ts';
import type { TransportPair } from '../../src/testing/contracts/transport-stage.ts';
import { type Delivery, MemoryNetwork } from '../../src/transport/memory-network.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';
import { receive } from './reception.ts';

const HUGE: TransportLimits = { frameBytesMax: 2 ** 30, socketBytesMax: 2 ** 30 };

transportContract({ name: 'MemoryTransport', createPair }, { describe, it, expect, afterEach });

async function createPair(limits: TransportLimits): Promise<TransportPair> {
  const script: Uint8Array[] = [];
  const network = new MemoryNetwork({
    defer: (deliver) => setImmediate(deliver),
    tamper: (frame, { from }) => (from === 'raw' ? (script.shift() ?? frame) : frame),
  });
  const join = (address: string, own = limits) =>
    memoryTransport({ network, address, limits: own });
  const dialling = join('a');
  const listening = join('b');
  const raw = join('raw', HUGE);
  return {
    dialling,
    listening,
    deadAddress: 'nowhere',
    rivalOf: (address) => join(address),
    sayRaw: async (address, frames) => {
      script.push(...frames);
      const recorder = dial(raw, address);
      await recorder.until(() => recorder.heard.length > 0);
      recorder.connection?.sendHello(helloOf('a', 'b'));
      for (let sent = 1; sent < frames.length; sent += 1)
        recorder.connection?.send(appendOf(sent), []);
      await recorder.closed();
      script.length = 0;
    },
    deafAddress: async () =>
      join('deaf').listen(() => {
        network.cut({ from: 'a', to: 'deaf' });
        return new Recorder();
      }),
    close: async () => {
      await Promise.all([dialling.close(), listening.close(), raw.close()]);
      await new Promise((resolve) => setImmediate(resolve));
    },
  };
}

describe('a network in memory', () => {
  /** Steps wait in `due` until the test takes them. */
  function steppedNetwork() {
    const due: { readonly deliver: () => void; readonly delivery: Delivery }[] = [];
    const network = new MemoryNetwork({
      defer: (deliver, delivery) => due.push({ deliver, delivery }),
    });
    const run = (): void => {
      for (let step = due.shift(); step !== undefined; step = due.shift()) step.deliver();
    };
    const a = memoryTransport({ network, address: 'a', limits: LIMITS });
    const b = memoryTransport({ network, address: 'b', limits: LIMITS });
    return { network, due, run, a, b };
  }

  async function acquainted() {
    const stepped = steppedNetwork();
    const { accepted } = await receive(stepped.b);
    const dialler = dial(stepped.a, 'b');
    stepped.run();
    const acceptor = accepted[0] as Recorder;
    dialler.connection?.sendHello(helloOf('a', 'b'));
    acceptor.connection?.sendHello(helloOf('b', 'a'));
    stepped.run();
    return { ...stepped, dialler, acceptor, accepted };
  }

  it('[TR18] nothing moves until the step that carries it is taken', async () => {
    const { due, run, dialler, acceptor } = await acquainted();
    dialler.connection?.send(appendOf(1), []);
    expect(acceptor.messages()).toEqual([]);
    expect(due.map(({ delivery }) => delivery)).toEqual([
      { from: 'a', to: 'b', what: 'frames', bytes: dialler.connection?.bufferedBytes() },
    ]);
    run();
    expect(acceptor.messages()).toEqual([appendOf(1)]);
    expect(dialler.connection?.bufferedBytes()).toBe(0);
  });

  it('[TR18] messages stay in order whatever order their steps are taken in', async () => {
    const { due, dialler, acceptor } = await acquainted();
    for (let round = 0; round < 5; round += 1) dialler.connection?.send(appendOf(round), []);
    for (const { deliver } of due.splice(0).reverse()) deliver();
    expect(acceptor.messages()).toEqual([0, 1, 2, 3, 4].map((round) => appendOf(round)));
  });

  it('[TR18] a cut direction holds what is sent, and mending lets it through', async () => {
    const { network, run, dialler, acceptor } = await acquainted();
    network.cut({ from: 'a', to: 'b' });
    for (const round of [1, 2, 3]) dialler.connection?.send(appendOf(round), []);
    acceptor.connection?.send(appendOf(9), []);
    run();
    expect(acceptor.messages()).toEqual([]);
    expect(dialler.messages()).toEqual([appendOf(9)]);
    network.mend({ from: 'a', to: 'b' });
    dialler.connection?.send(appendOf(4), []);
    run();
    expect(acceptor.messages()).toEqual([1, 2, 3, 4].map((round) => appendOf(round)));
    expect(acceptor.reason()).toBe(null);
  });

  it('[TR18] a dial into a cut hangs until it is mended or given up', async () => {
    const { network, run, a, accepted } = await acquainted();
    network.cut({ from: 'a', to: 'b' });
    const patient = dial(a, 'b');
    const hasty = dial(a, 'b');
    run();
    expect([patient.heard, hasty.heard]).toEqual([[], []]);
    hasty.connection?.close('local', 'no time');
    network.mend({ from: 'a', to: 'b' });
    run();
    expect(patient.heard).toEqual([{ type: 'open' }]);
    expect(hasty.reason()).toEqual({ kind: 'local', text: 'no time' });
    expect(accepted.length).toBe(2);
  });

  it('[TR18] a reset ends both ends, and what was under way is lost', async () => {
    const { network, run, dialler, acceptor } = await acquainted();
    dialler.connection?.send(appendOf(1), []);
    expect(network.reset('b', 'a')).toBe(1);
    run();
    expect(dialler.reason()).toEqual({ kind: 'closed', text: 'the connection was reset' });
    expect(acceptor.reason()).toEqual({ kind: 'closed', text: 'the connection was reset' });
    expect(acceptor.messages()).toEqual([]);
    expect(network.reset('a', 'b')).toBe(0);
  });
});
