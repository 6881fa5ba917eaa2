/** The secret of a cluster: who proves it, and what becomes of those who do not, or prove what they have overheard. */
import { createHmac, randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import { nodeId } from '../../src/core/types.ts';
import { dial, type Recorder } from '../../src/testing/contracts/recorder.ts';
import { appendOf, helloOf, LIMITS } from '../../src/testing/contracts/sample-messages.ts';
import { decodeFrame, encodeHello } from '../../src/transport/codec.ts';
import { webSocketTransport } from '../../src/transport/ws-transport.ts';
import { cleanUp, closing } from '../clean-up.ts';
import { eventually } from '../server/eventually.ts';
import { receive } from './reception.ts';

const SECRET = 'a secret of thirty-two characters';
const NONCE = 'ab'.repeat(32);
const CLUSTER = helloOf('a', 'b').identity.clusterId;

function member(listen: string | null, id: string, secret: string | null = SECRET) {
  const own = secret === null ? null : { secret, id: nodeId(id), clusterId: CLUSTER };
  return closing(webSocketTransport({ listen, limits: LIMITS, ...(own && { secret: own }) }));
}

const listening = (id: string, secret: string | null = SECRET) =>
  receive(member('127.0.0.1:0', id, secret));

function wordsOf(heard: Recorder['heard'][number]): string {
  return heard.type === 'close' ? `${heard.reason.kind}: ${heard.reason.text}` : heard.type;
}

function sum(secret: string, who: 'caller' | 'called', ...parts: readonly string[]): string {
  const all = ['raftchart-secret', who, ...parts].map((part) => `${part.length}:${part}`);
  return createHmac('sha256', secret).update(all.join('')).digest('hex');
}

/** Somebody with a WebSocket and no transport: says what it likes, and keeps what it hears. */
class Attacker {
  readonly heard: string[] = [];
  readonly #socket: WebSocket;
  isClosed = false;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data, isBinary) => {
      if (!isBinary) return this.heard.push(`${data}`);
      const frame = decodeFrame(data as Buffer);
      return this.heard.push(
        typeof frame !== 'string' && frame.type === 'refusal' ? `refusal: ${frame.text}` : `binary`,
      );
    });
    socket.on('close', () => {
      this.isClosed = true;
    });
    socket.on('error', () => {});
    cleanUp(() => socket.terminate());
  }

  static async to(address: string): Promise<Attacker> {
    const socket = new WebSocket(`ws://${address}`, 'raftchart-peer.4');
    const attacker = new Attacker(socket);
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    return attacker;
  }

  say(fields: object): void {
    this.#socket.send(JSON.stringify({ secret: 1, ...fields }));
  }

  send(frame: string | Uint8Array): void {
    this.#socket.send(frame);
  }

  /** What it hears as its n-th, from 0. */
  async hears(place: number): Promise<string> {
    await eventually(() => this.heard.length > place || this.isClosed).toBe(true);
    return this.heard[place] ?? 'nothing';
  }
}

async function expectTurnedAway(attacker: Attacker, accepted: readonly Recorder[], words: string) {
  await eventually(() => attacker.isClosed).toBe(true);
  expect(attacker.heard.at(-1)).toContain(`refusal: ${words}`);
  await eventually(() => accepted.at(-1)?.heard.map(wordsOf)).toEqual([`refused: ${words}`]);
}

const WRONG =
  'the secrets of the two members are not the same: give all the same --cluster-secret-file';
const NONE =
  'one of the two members proves the secret of the cluster, and the other has none: give all the same --cluster-secret-file';

describe('members with the same secret', () => {
  it('[TL7] prove it to each other, and then speak as ever', async () => {
    const { address, accepted } = await listening('b');
    const caller = dial(member(null, 'a'), address);
    await caller.until(() => caller.heard.length === 1);
    caller.connection?.sendHello(helloOf('a', 'b'));
    await accepted[0]?.until(() => accepted[0]?.heard.length === 1);
    accepted[0]?.connection?.release();
    accepted[0]?.connection?.sendHello(helloOf('b', 'a'));
    caller.connection?.send(appendOf(0), []);
    await accepted[0]?.until(() => accepted[0]?.messages().length === 1);
    await caller.until(() => caller.heard.length === 2);
    expect(caller.heard.map(({ type }) => type)).toEqual(['open', 'hello']);
    expect(accepted[0]?.heard.map(({ type }) => type)).toEqual(['hello', 'message']);
  });

  it('[TL7] cannot say a hello under a name other than the one they have proven', async () => {
    const { address, accepted } = await listening('b');
    const caller = dial(member(null, 'c'), address);
    await caller.until(() => caller.heard.length === 1);
    caller.connection?.sendHello(helloOf('a', 'b'));
    expect((await caller.closed()).text).toContain(
      'c has proven the secret of the cluster, and not a',
    );
    expect(accepted[0]?.heard.map(({ type }) => type)).toEqual(['close']);
  });

  it('[TL7] say no hello to a member that is not the one they mean', async () => {
    const { address, accepted } = await listening('c');
    const caller = dial(member(null, 'a'), address);
    await caller.until(() => caller.heard.length === 1);
    caller.connection?.sendHello(helloOf('a', 'b'));
    expect((await caller.closed()).text).toContain(
      'c has proven the secret of the cluster, and not b',
    );
    await accepted[0]?.closed();
    expect(accepted[0]?.heard.map(({ type }) => type)).toEqual(['close']);
  });
});

describe('members whose secrets are not the same', () => {
  it.each([
    ['another', `${SECRET}!`, SECRET, WRONG],
    ['none, and is called', SECRET, null, NONE],
    ['none, and calls', null, SECRET, NONE],
  ])('[TL7] one has %s: both say so, and no hello is heard', async (_, callers, called, words) => {
    const { address, accepted } = await listening('b', called);
    const caller = dial(member(null, 'a', callers), address);
    await caller.until(() => caller.heard.length > 0);
    if (caller.heard[0]?.type === 'open') caller.connection?.sendHello(helloOf('a', 'b'));
    const { kind, text } = await caller.closed();
    expect([kind, text]).toEqual(['refused', words]);
    await eventually(() => accepted[0]?.heard.map(wordsOf)).toEqual([`refused: ${words}`]);
  });

  it('[TL7] a secret that is short, or a name that is mistyped, is a misuse, and is not told', () => {
    const id = nodeId('a');
    const own = { secret: 'guess', id, clusterId: CLUSTER };
    const make = () => webSocketTransport({ listen: null, limits: LIMITS, secret: own });
    expect(make).toThrow(/at least 32 characters/);
    expect(make).not.toThrow(/guess/);
  });
});

describe('an attacker that calls', () => {
  it('[TL7] without the secret gets no hello through, and nothing to guess at', async () => {
    const { address, accepted } = await listening('b');
    const attacker = await Attacker.to(address);
    attacker.send(encodeHello(helloOf('a', 'b')));
    await expectTurnedAway(attacker, accepted, NONE);
    const guesser = await Attacker.to(address);
    guesser.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
    expect(Object.keys(JSON.parse(await guesser.hears(0)))).toEqual(['secret', 'nonce', 'id']);
    guesser.say({ proof: sum('guessed', 'caller', NONCE, NONCE, 'a', 'b', CLUSTER) });
    await expectTurnedAway(guesser, accepted, WRONG);
  });

  it('[TL7] learns neither name nor number of a cluster that it does not know', async () => {
    const { address, accepted } = await listening('b');
    const attacker = await Attacker.to(address);
    attacker.say({ nonce: NONCE, id: 'a', clusterId: 'another' });
    await expectTurnedAway(attacker, accepted, 'the two members are of different clusters');
    expect(attacker.heard).toHaveLength(1);
  });

  it('[TL7] gains nothing by what it has overheard: each connection has numbers of its own', async () => {
    const { address, accepted } = await listening('b');
    const honest = await Attacker.to(address);
    honest.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
    const { nonce } = JSON.parse(await honest.hears(0));
    const proof = sum(SECRET, 'caller', NONCE, nonce, 'a', 'b', CLUSTER);
    honest.say({ proof });
    expect(JSON.parse(await honest.hears(1)).proof).toBe(
      sum(SECRET, 'called', NONCE, nonce, 'a', 'b', CLUSTER),
    );
    honest.send(encodeHello(helloOf('a', 'b')));
    await eventually(() => accepted[0]?.heard[0]?.type).toBe('hello');
    const replayer = await Attacker.to(address);
    replayer.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
    expect(JSON.parse(await replayer.hears(0)).nonce).not.toBe(nonce);
    replayer.say({ proof });
    await expectTurnedAway(replayer, accepted, WRONG);
  });

  it('[TL7] cannot give a proof back: that of the other direction is another, and its own name is refused', async () => {
    const { address, accepted } = await listening('b');
    const reflector = await Attacker.to(address);
    reflector.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
    const { nonce } = JSON.parse(await reflector.hears(0));
    reflector.say({ proof: sum(SECRET, 'called', NONCE, nonce, 'a', 'b', CLUSTER) });
    await expectTurnedAway(reflector, accepted, WRONG);
    const mirror = await Attacker.to(address);
    mirror.say({ nonce: NONCE, id: 'b', clusterId: CLUSTER });
    await expectTurnedAway(mirror, accepted, 'the caller has the name of the member that it calls');
    for (const [nonces, ids, clusterId] of [
      [[NONCE, NONCE], ['a', 'b'], CLUSTER],
      [null, ['c', 'b'], CLUSTER],
      [null, ['a', 'c'], CLUSTER],
      [null, ['a', 'b'], 'another'],
    ] as const) {
      const forger = await Attacker.to(address);
      forger.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
      const said = JSON.parse(await forger.hears(0));
      const numbers = nonces ?? [NONCE, said.nonce];
      forger.say({ proof: sum(SECRET, 'caller', ...numbers, ...ids, clusterId) });
      await expectTurnedAway(forger, accepted, WRONG);
    }
  });

  it('[TL7] gets no further with what is no proof at all', async () => {
    const { address, accepted } = await listening('b');
    for (const text of [
      '',
      '{}',
      '[]',
      'null',
      '{"secret":2}',
      'x'.repeat(10_000),
      '{"secret":1}',
    ]) {
      const attacker = await Attacker.to(address);
      attacker.send(text);
      await expectTurnedAway(attacker, accepted, 'the proof of the secret broke its protocol');
    }
    const late = await Attacker.to(address);
    late.say({ nonce: NONCE, id: 'a', clusterId: CLUSTER });
    await late.hears(0);
    late.send(encodeHello(helloOf('a', 'b')));
    await expectTurnedAway(late, accepted, NONE);
  });
});

describe('an attacker that is called, at the address of a member', () => {
  async function impostor(answer: (attacker: Attacker) => void | Promise<void>) {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1' });
    cleanUp(() => server.close());
    await new Promise((resolve) => server.once('listening', resolve));
    const met = new Promise<Attacker>((resolve) => {
      server.once('connection', (socket) => {
        const attacker = new Attacker(socket);
        resolve(attacker);
        void answer(attacker);
      });
    });
    const bound = server.address();
    const port = bound instanceof Object ? bound.port : 0;
    const caller = dial(member(null, 'a'), `127.0.0.1:${port}`);
    const { kind, text } = await caller.closed();
    return { attacker: await met, caller, said: `${kind}: ${text}` };
  }

  it('[TL7] is told no hello if it sends back what it was sent', async () => {
    const { attacker, caller, said } = await impostor(async (each) => {
      const first = JSON.parse(await each.hears(0));
      each.say({ nonce: first.nonce, id: 'b' });
      each.say({ proof: JSON.parse(await each.hears(1)).proof });
    });
    expect(said).toBe(`refused: ${WRONG}`);
    expect(caller.heard.map(({ type }) => type)).toEqual(['close']);
    expect(attacker.heard.filter((each) => each === 'binary')).toEqual([]);
  });

  it('[TL7] nor if it has no secret, or takes the name of the caller', async () => {
    const guess = await impostor(async (each) => {
      await each.hears(0);
      each.say({ nonce: randomBytes(32).toString('hex'), id: 'b' });
      await each.hears(1);
      each.say({ proof: NONCE });
    });
    expect(guess.said).toBe(`refused: ${WRONG}`);
    const mirror = await impostor((each) => each.say({ nonce: NONCE, id: 'a' }));
    expect(mirror.said).toContain('the caller has the name of the member that it calls');
    const plain = await impostor((each) => each.send(encodeHello(helloOf('b', 'a'))));
    expect(plain.said).toBe(`refused: ${NONE}`);
    for (const { attacker } of [guess, mirror, plain]) {
      expect(attacker.heard.filter((each) => each === 'binary')).toEqual([]);
    }
  });
});
