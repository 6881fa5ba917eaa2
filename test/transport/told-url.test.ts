/** Members tell each other where they serve clients while they connect. */
import { describe, expect, it } from 'vitest';
import { dial, Recorder } from '../../src/testing/contracts/recorder.ts';
import { helloOf, LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { closing } from '../clean-up.ts';
import { receive } from './reception.ts';

type Options = Parameters<typeof webSocketTransport>[0];

function member(own: string | null, options: Partial<Options> = {}) {
  const heard: (readonly [string, string | null])[] = [];
  const clientUrls = { own, heard: (id: string, url: string | null) => heard.push([id, url]) };
  const limits = LIMITS;
  const transport = webSocketTransport({ listen: null, limits, clientUrls, ...options });
  return { heard, transport: closing(transport) };
}

/** Says nothing of whether it believes whom it hears. */
class Doubter extends Recorder {
  override onHello(): void {}
}

const LISTEN = { listen: '127.0.0.1:0' };
const [A, B] = ['http://a.test:4100', 'https://[2001:db8::1]:4100'];

/** `a` and `b` say hello to each other. */
async function introduced(
  caller: ReturnType<typeof member>,
  called: ReturnType<typeof member>,
  Hearer = Recorder,
): Promise<void> {
  const { address, accepted } = await receive(called.transport, Hearer);
  const dialler = dial(caller.transport, address);
  await dialler.until(() => dialler.heard.length === 1);
  dialler.sayHello(helloOf('a', 'b'));
  await expect.poll(() => accepted.length).toBe(1);
  accepted[0]?.sayHello(helloOf('b', 'a'));
  await dialler.until(() => dialler.heard.length === 2);
}

describe('where members serve clients', () => {
  it('[CG9] is told by both ends of a connection', async () => {
    const [caller, called] = [member(A), member(B, LISTEN)];
    await introduced(caller, called);
    await expect.poll(() => [caller.heard, called.heard]).toEqual([[['b', B]], [['a', A]]]);
  });

  it('[CG9] is heeded of whoever is believed to be that member, and of nobody else', async () => {
    const [caller, called] = [member(A), member(B, LISTEN)];
    await introduced(caller, called, Doubter);
    await expect.poll(() => caller.heard).toEqual([['b', B]]);
    expect(called.heard).toEqual([]);
  });

  it('[CG9] need not be told, and is nothing to who does not ask', async () => {
    const silent = member(null, LISTEN);
    const caller = member(A);
    await introduced(caller, silent);
    await expect.poll(() => [caller.heard, silent.heard]).toEqual([[['b', null]], [['a', A]]]);
    const deaf = {
      heard: [],
      transport: closing(webSocketTransport({ limits: LIMITS, ...LISTEN })),
    };
    await introduced(caller, deaf);
    await expect.poll(() => caller.heard.at(-1)).toEqual(['b', null]);
  });

  it('[CG9] is nothing unless it is the address of a server', async () => {
    const [caller, called] = [member('http://a.test:4100/x'), member('javascript:1', LISTEN)];
    await introduced(caller, called);
    await expect.poll(() => [caller.heard, called.heard]).toEqual([[['b', null]], [['a', null]]]);
  });
});
