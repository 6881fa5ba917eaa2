/**
 * What every transport has to prove (`src/ports/transport.ts`, rules TR1–TR15 of docs/SPEC.md). An adapter
 * hands in how to make a pair of transports that can reach each other, and how to speak to the second
 * one in frames of the test's own making. What only sockets or only memory can do is tested beside.
 */
import { InvariantViolation } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { OLDEST_PROTOCOL_VERSION } from '../../core/hello.ts';
import { encodeMessage } from '../../transport/codec.ts';
import { FRAME_KIND } from '../../transport/frames.ts';
import {
  CONTRADICTIONS,
  GARBAGE,
  HELLO,
  HOSTILE_HELLOS,
  hostileNumbers,
  hostileShapes,
  MISFITS,
  rawFrame,
} from './hostile-frames.ts';
import { Recorder } from './recorder.ts';
import {
  appendOf,
  EVERY_MESSAGE,
  helloOf,
  KIB,
  LIMITS,
  proposeOf,
  runOf,
} from './sample-messages.ts';
import type { TestFramework } from './test-framework.ts';
import { type CreatePair, Stage } from './transport-stage.ts';

export interface TransportContract {
  /** As the tests are to call the transport. */
  readonly name: string;
  /** Two transports with these limits that can reach each other, and ways to disturb them. */
  readonly createPair: CreatePair;
}

/** Registers the tests that a `Transport` has to pass, under one `describe`; they close every pair that they took. */
export function transportContract(
  { name, createPair }: TransportContract,
  framework: TestFramework,
): void {
  framework.describe(`${name} keeps the transport contract`, () => {
    const stage = new Stage(createPair, framework);
    framework.afterEach(() => stage.clear());

    hellosComeFirst(stage, framework);
    nothingIsTrusted(stage, framework);
    messagesArrive(stage, framework);
    everythingIsBounded(stage, framework);
    endingsAreOrderly(stage, framework);
    failuresAreWords(stage, framework);
    addressesAreExclusive(stage, framework);
  });
}

function hellosComeFirst(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR1] each side hears the other side’s hello first, exactly as it was said', async () => {
    const { dialler, acceptor } = await stage.acquaint();
    expect(acceptor.heard).toEqual([{ type: 'hello', hello: helloOf('a', 'b') }]);
    expect(dialler.heard).toEqual([{ type: 'open' }, { type: 'hello', hello: helloOf('b', 'a') }]);
  });

  it('[TR1] who accepts may speak at once; the dialling side is told of the open socket first', async () => {
    const pair = await stage.pair();
    const address = await pair.listening.listen((connection) => {
      connection.sendHello(helloOf('b', 'a'));
      expect(connection.send(appendOf(1), [])).toBe(true);
      return new Recorder();
    });
    const dialler = stage.dial(pair.dialling, address);
    await dialler.until(() => dialler.heard.length === 3);
    expect(dialler.heard.map(({ type }) => type)).toEqual(['open', 'hello', 'message']);
  });

  it('[TR1] a message before the hello, or a second hello, closes the connection', async () => {
    const message = encodeMessage(appendOf(1), 0);
    await stage.expectRefused([{ name: 'a message before the hello', frames: [message] }], []);
    await stage.expectRefused([{ name: 'a second hello', frames: [HELLO] }], [HELLO]);
    const foreign = rawFrame(['later'], { kind: FRAME_KIND.hello, version: 2 });
    await stage.expectRefused(
      [{ name: 'a second hello of another version', frames: [foreign] }],
      [HELLO],
    );
  });

  it('[TR1] speaking out of turn is a broken rule of this node, not of its peer', async () => {
    const { pair, dialler } = await stage.acquaint();
    expect(() => dialler.sayHello(helloOf('a', 'b'))).toThrow(InvariantViolation);
    const { address } = await stage.listen(pair.dialling);
    const early = stage.dial(pair.listening, address);
    expect(early.send(appendOf(1))).toBe(false);
    await early.until(() => early.heard.length === 1);
    expect(() => early.send(appendOf(1))).toThrow(InvariantViolation);
  });

  it('[TR2] a hello of another version is refused on both sides in the same words', async () => {
    const pair = await stage.pair();
    const { address, accepted } = await stage.listen(pair.listening);
    const dialler = stage.dial(pair.dialling, address);
    await dialler.until(() => dialler.heard.length === 1);
    const tooOld = OLDEST_PROTOCOL_VERSION - 1;
    dialler.sayHello(helloOf('a', 'b', tooOld));
    const told = await dialler.closed();
    expect(told.kind).toBe('refused');
    expect(told.text).toContain(`protocol ${tooOld}, the other ${OLDEST_PROTOCOL_VERSION} to`);
    expect(told.text).toContain(`upgrade the one that speaks ${tooOld}`);
    expect(await accepted[0]?.closed()).toEqual(told);
    expect(accepted[0]?.heard.length).toBe(1);
    expect(pair.listening.badFrames()).toBe(0);
  });
}

function nothingIsTrusted(stage: Stage, { it }: TestFramework): void {
  it('[TR3] bytes that are not a frame close the connection and reach nobody', async () => {
    await stage.expectRefused(GARBAGE, [HELLO]);
    await stage.expectRefused(HOSTILE_HELLOS, []);
  });

  it('[TR3] a sound frame with any one bit flipped closes the connection', async () => {
    const frame = encodeMessage(appendOf(1), 0);
    const flipped = Array.from({ length: frame.length }, (_, at) => {
      const bytes = Uint8Array.from(frame);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << (at % 8));
      return { name: `byte ${at} damaged`, frames: [bytes] };
    });
    await stage.expectRefused(flipped, [HELLO]);
  });

  it('[TR3] random bytes close the connection and reach nobody', async () => {
    const samples = Array.from({ length: 100 }, (_, at) => {
      const bytes = crypto.getRandomValues(new Uint8Array(2 * at));
      return { name: `random bytes ${bytes}`, frames: [bytes] };
    });
    await stage.expectRefused(samples, [HELLO]);
  });

  it('[TR4] hostile numbers in any field of any message close the connection', async () => {
    await stage.expectRefused(hostileNumbers(), [HELLO]);
    await stage.expectRefused(hostileShapes(), [HELLO]);
  });

  it('[TR5] runs that do not fit their message close the connection', async () => {
    await stage.expectRefused(MISFITS, [HELLO]);
  });

  it('[TR6] a message that contradicts itself closes the connection', async () => {
    await stage.expectRefused(CONTRADICTIONS, [HELLO]);
  });
}

function messagesArrive(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR5] a message with runs that do not fit it is never sent', async () => {
    const { dialler } = await stage.acquaint();
    const gap = [runOf({ firstIndex: 12 })];
    expect(() => dialler.send(appendOf(1, 12), gap)).toThrow(InvariantViolation);
    expect(() => dialler.send(appendOf(1, 12))).toThrow(InvariantViolation);
  });

  it('[TR6] a message of every type arrives as it was sent, in both directions', async () => {
    const { dialler, acceptor } = await stage.acquaint();
    for (const [from, to] of [
      [dialler, acceptor],
      [acceptor, dialler],
    ] as const) {
      for (const message of EVERY_MESSAGE) expect(from.send(message)).toBe(true);
      await to.until(() => to.messages().length === EVERY_MESSAGE.length);
      expect(to.messages()).toEqual(EVERY_MESSAGE);
    }
  });

  it('[TR7] entry runs arrive as the very bytes they were encoded to', async () => {
    const { dialler, acceptor } = await stage.acquaint();
    const runs = [
      runOf({ firstIndex: 11, term: 4, count: 3, bytes: 0 }),
      runOf({ firstIndex: 14, term: 5, bytes: 100 * KIB }),
      runOf({ firstIndex: 15, term: 5, count: 700, bytes: 100 }),
    ];
    dialler.send(appendOf(1, 714), runs);
    const proposal = [runOf({ firstIndex: 1, count: 5 })];
    dialler.send(proposeOf(7, 5), proposal);
    dialler.send(appendOf(2));
    await acceptor.until(() => acceptor.messages().length === 3);
    expect(acceptor.messages()).toEqual([appendOf(1, 714), proposeOf(7, 5), appendOf(2)]);
    const sent = [...runs, ...proposal];
    acceptor.runs().forEach((run, at) => {
      expect({ ...run, bytes: Uint8Array.from(run.bytes) }).toEqual(sent[at]);
    });
    expect(acceptor.runs().length).toBe(sent.length);
  });
}

function everythingIsBounded(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR8] a peer that stops reading costs a bounded number of bytes', async () => {
    const pair = await stage.pair();
    const dialler = stage.dial(pair.dialling, await pair.deafAddress());
    await dialler.until(() => dialler.heard.length === 1);
    dialler.sayHello(helloOf('a', 'b'));
    const runs = [runOf({ firstIndex: 11, bytes: 64 * KIB })];
    const bytesMax = LIMITS.socketBytesMax + 65 * KIB;
    let refusedInARow = 0;
    for (let attempt = 0; refusedInARow < 100; attempt += 1) {
      if (attempt > 50_000) throw new Error('a deaf peer takes no end of bytes');
      const isSent = dialler.send(appendOf(1, 11), runs);
      refusedInARow = isSent ? 0 : refusedInARow + 1;
      expect(dialler.call((connection) => connection.bufferedBytes())).toBeLessThan(bytesMax);
      if (!isSent) await new Promise((resolve) => setTimeout(resolve));
    }
    const buffered = dialler.call((connection) => connection.bufferedBytes());
    expect(buffered).toBeGreaterThan(LIMITS.socketBytesMax);
    dialler.call((connection) => connection.close('local', 'enough'));
    expect(await dialler.closed()).toEqual({ kind: 'local', text: 'enough' });
    expect(dialler.send(appendOf(1, 11), runs)).toBe(false);
  });

  it('[TR9] a frame, or the runs of one message, past frameBytesMax close the connection', async () => {
    const big = runOf({ firstIndex: 11, bytes: LIMITS.frameBytesMax });
    const half = (firstIndex: number): Uint8Array =>
      runOf({ firstIndex, bytes: LIMITS.frameBytesMax / 2 }).bytes;
    await stage.expectRefused(
      [
        { name: 'a large run', frames: [encodeMessage(appendOf(1, 11), 1), big.bytes] },
        {
          name: 'two halves',
          frames: [encodeMessage(appendOf(1, 12), 2), half(11), half(12)],
        },
      ],
      [HELLO],
    );
    const { dialler } = await stage.acquaint();
    expect(() => dialler.send(appendOf(1, 11), [big])).toThrow(InvariantViolation);
  });
}

function endingsAreOrderly(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR10] a thousand messages arrive in order, and none after the close', async () => {
    const { dialler, acceptor } = await stage.acquaint();
    acceptor.react = (heard) => {
      if (heard.type !== 'message' || acceptor.messages().length !== 500) return;
      acceptor.call((connection) => connection.close('local', 'that will do'));
    };
    for (let round = 0; round < 1000; round += 1) dialler.send(appendOf(round));
    expect(await acceptor.closed()).toEqual({ kind: 'local', text: 'that will do' });
    expect(acceptor.messages()).toEqual(Array.from({ length: 500 }, (_, at) => appendOf(at)));
    const reason = await dialler.closed();
    expect(reason.kind).toBe('closed');
    expect(reason.text).toContain('that will do');
  });

  it('[TR10] closing twice, or closing while the other closes, is one close on each side', async () => {
    const { dialler, acceptor } = await stage.acquaint();
    for (const side of [dialler, acceptor, dialler, acceptor]) {
      side.call((connection) => connection.close('local', 'both of us'));
    }
    expect(await dialler.closed()).toEqual({ kind: 'local', text: 'both of us' });
    expect(await acceptor.closed()).toEqual({ kind: 'local', text: 'both of us' });
    expect(dialler.send(appendOf(1))).toBe(false);
  });

  it('[TR11] a refusal reaches the other side in the words it was given, cut to a bound', async () => {
    for (const text of ['wrong cluster: run `raftchart serve` on n2 ✗', 'x'.repeat(10_000)]) {
      const { dialler, acceptor } = await stage.acquaint();
      acceptor.call((connection) => connection.close('refused', text));
      expect(await dialler.closed()).toEqual({ kind: 'refused', text: text.slice(0, 500) });
      expect((await acceptor.closed()).kind).toBe('local');
    }
  });
}

function failuresAreWords(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR12] a listener that throws loses its connection, and no other', async () => {
    const { pair, dialler, acceptor } = await stage.acquaint();
    const throwAt = (type: string): Recorder['react'] => {
      return (heard) => {
        if (heard.type === type) throw new Error(`failed in ${type}`);
      };
    };
    acceptor.react = throwAt('message');
    dialler.react = throwAt('close');
    dialler.send(appendOf(1));
    const reason = await acceptor.closed();
    expect(reason.kind).toBe('local');
    expect(reason.text).toContain('failed in message');
    expect((await dialler.closed()).kind).toBe('closed');
    const { address, accepted } = await stage.listen(pair.dialling, () => throwAt('hello'));
    const second = stage.dial(pair.listening, address);
    second.react = throwAt('open');
    expect((await second.closed()).text).toContain('failed in open');
    await pair.sayRaw(address, [HELLO]);
    expect((await accepted.at(-1)?.closed())?.text).toContain('failed in hello');
  });

  it('[TR12] whoever throws while accepting accepts nothing', async () => {
    const pair = await stage.pair();
    const address = await pair.listening.listen(() => {
      throw new Error('no room');
    });
    const dialler = stage.dial(pair.dialling, address);
    const reason = await dialler.closed();
    expect(reason.kind).toBe('closed');
    expect(reason.text.includes('no room')).toBe(false);
  });

  it('[TR13] an address where nobody listens is unreachable, in words', async () => {
    const pair = await stage.pair();
    const dialler = stage.dial(pair.dialling, pair.deadAddress);
    expect(dialler.heard).toEqual([]);
    const reason = await dialler.closed();
    expect(reason).toEqual({
      kind: 'unreachable',
      text: `${pair.deadAddress}: nobody listens there`,
    });
    expect(dialler.heard.length).toBe(1);
  });

  it('[TR13] a dial that is given up before it opens ends as local', async () => {
    const pair = await stage.pair();
    const { address } = await stage.listen(pair.listening);
    const dialler = stage.dial(pair.dialling, address);
    dialler.call((connection) => connection.close('local', 'changed my mind'));
    expect(await dialler.closed()).toEqual({ kind: 'local', text: 'changed my mind' });
    expect(dialler.heard.length).toBe(1);
  });
}

function addressesAreExclusive(stage: Stage, { it, expect }: TestFramework): void {
  it('[TR14] closing a transport ends all its connections and frees its address', async () => {
    const { pair, dialler, acceptor } = await stage.acquaint();
    const { address } = await stage.listen(pair.dialling);
    await pair.listening.close();
    await pair.listening.close();
    expect((await acceptor.closed()).kind).toBe('local');
    expect((await dialler.closed()).kind).toBe('closed');
    const late = stage.dial(pair.listening, address);
    expect((await late.closed()).kind).toBe('unreachable');
    const unborn = pair.rivalOf('127.0.0.1:0');
    await unborn.close();
    const afterwards = unborn.listen(() => new Recorder());
    await expect(afterwards).rejects.toMatchObject({ code: 'RAFT_STOPPED' });
  });

  it('[TR15] an address that is taken is RAFT_CONFLICT, in a sentence that names it', async () => {
    const pair = await stage.pair();
    const { address } = await stage.listen(pair.listening);
    const rival = pair.rivalOf(address);
    const error = await rival.listen(() => new Recorder()).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(RaftError);
    expect(error).toMatchObject({ code: 'RAFT_CONFLICT' });
    expect(String(error)).toContain(address);
    await rival.close();
    await expect(pair.listening.listen(() => new Recorder())).rejects.toThrow(TypeError);
    await pair.listening.close();
    const heir = pair.rivalOf(address);
    expect(await heir.listen(() => new Recorder())).toBe(address);
    await heir.close();
  });
}
