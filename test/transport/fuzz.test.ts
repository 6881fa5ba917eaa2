/**
 * Random and hostile bytes against the codec and against a conversation, in memory and in one turn, so that
 * many thousands of them fit a test. The same frames go over sockets in the contract, in smaller numbers.
 */
import fc from 'fast-check';
import { Packr } from 'msgpackr';
import { describe, expect, it } from 'vitest';
import type { Message } from '../../src/core/message.ts';
import { COMMAND_VERSION } from '../../src/kv/commands/command-codec.ts';
import { HELLO, rawFrame, sealed } from '../../src/testing/contracts/hostile-frames.ts';
import { Recorder } from '../../src/testing/contracts/recorder.ts';
import { appendOf, helloOf, LIMITS, runOf } from '../../src/testing/contracts/sample-messages.ts';
import {
  decodeFrame,
  encodeHello,
  encodeMessage,
  encodeRefusal,
} from '../../src/transport/codec.ts';
import { Conversation, NO_WIRE } from '../../src/transport/conversation.ts';
import { FRAME_HEADER_BYTES } from '../../src/transport/frames.ts';
import { MESSAGE_CODE } from '../../src/transport/message-fields.ts';
import { anyBesideRun, anyMessage } from './arbitraries.ts';

const packr = new Packr({ useRecords: false });

/** What a conversation makes of frames that follow a sound hello. */
function listenTo(
  frames: readonly Uint8Array[],
  hello: Uint8Array = HELLO,
): { recorder: Recorder; badFrames: number } {
  const recorder = new Recorder();
  let badFrames = 0;
  const later: (() => void)[] = [];
  const conversation = new Conversation({
    wire: NO_WIRE,
    limits: LIMITS,
    defer: (callback) => later.push(callback),
    onBadFrame: () => {
      badFrames += 1;
    },
  });
  conversation.accepted(() => recorder);
  for (const frame of [hello, ...frames]) conversation.received(frame);
  for (const callback of later) callback();
  return { recorder, badFrames };
}

function expectUnheard(frames: readonly Uint8Array[]): void {
  const { recorder, badFrames } = listenTo(frames);
  expect(recorder.messages()).toEqual([]);
  expect(recorder.heard.length).toBe(2);
  expect(recorder.reason()?.kind).toBe('badFrame');
  expect(badFrames).toBe(1);
  expect(recorder.complaints).toEqual([]);
}

function decodedMessage(frame: Uint8Array): Message {
  const decoded = decodeFrame(frame);
  if (typeof decoded === 'string' || decoded.type !== 'message') throw new Error(`${decoded}`);
  return decoded.message;
}

/** With how many runs travel beside it. */
const anyFramed = fc.oneof(
  { weight: 4, arbitrary: anyMessage.map((message) => [message, 0] as const) },
  { weight: 1, arbitrary: anyBesideRun.map((message) => [message, 1] as const) },
);

describe('the codec under random input', () => {
  it('[TR6] every sound message is read as it was written, and every kind is among them', () => {
    const kinds = new Set<string>();
    fc.assert(
      fc.property(anyFramed, ([message, runCount]) => {
        kinds.add(message.type);
        expect(decodedMessage(encodeMessage(message, runCount))).toEqual(message);
      }),
      { numRuns: 3000 },
    );
    expect([...kinds].sort()).toEqual(Object.keys(MESSAGE_CODE).sort());
  });

  it('[TR4] a sound message with any value as any field decodes to words or to something sound', () => {
    fc.assert(
      fc.property(anyFramed, fc.nat(), fc.anything(), ([message, runCount], at, hostile) => {
        const body = packr.unpack(encodeMessage(message, runCount).subarray(FRAME_HEADER_BYTES));
        body[at % body.length] = hostile;
        const decoded = decodeFrame(rawFrame(body, { runCount }));
        if (typeof decoded === 'string') expect(decoded).not.toBe('');
        else if (decoded.type === 'message') encodeMessage(decoded.message, decoded.runCount);
      }),
      { numRuns: 5000 },
    );
  });

  it('[TR3] random bytes under a right checksum decode to words or to something sound', () => {
    const head = { kind: fc.constantFrom(1, 2, 3), runCount: fc.constantFrom(0, 1, 65_535) };
    const body = fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 100 }),
      fc
        .array(fc.integer({ min: 0x90, max: 0xdf }), { maxLength: 60 })
        .map((one) => Uint8Array.from(one)),
      fc
        .array(fc.oneof(fc.nat(12), fc.double(), fc.boolean(), fc.constant(null)), {
          maxLength: 9,
        })
        .map((fields) => packr.pack(fields)),
      fc.anything().map((value) => packr.pack(value)),
    );
    fc.assert(
      fc.property(body, fc.record(head), (bytes, { kind, runCount }) => {
        const decoded = decodeFrame(sealed(bytes, { kind, runCount }));
        if (typeof decoded === 'string') expect(decoded).not.toBe('');
        else expectSound(decoded);
      }),
      { numRuns: 20_000 },
    );
  });

  /** What was let through can be said again: the sender's assertions hold for it. */
  function expectSound(decoded: Exclude<ReturnType<typeof decodeFrame>, string>): void {
    if (decoded.type === 'message') encodeMessage(decoded.message, 0);
    if (decoded.type === 'hello') encodeHello(decoded.hello);
    if (decoded.type === 'refusal') encodeRefusal(decoded.text);
  }
});

describe('a conversation under random input', () => {
  it('[TR3] a sound message with bytes changed, cut or added is closed on, unheard', () => {
    const damage = fc.oneof(
      fc.record({
        how: fc.constant('flip' as const),
        at: fc.nat(),
        bits: fc.integer({ min: 1, max: 255 }),
      }),
      fc.record({ how: fc.constant('cut' as const), at: fc.nat(), bits: fc.constant(0) }),
      fc.record({ how: fc.constant('add' as const), at: fc.nat(), bits: fc.nat(255) }),
    );
    fc.assert(
      fc.property(anyMessage, damage, (message, { how, at, bits }) => {
        const frame = [...encodeMessage(message, 0)];
        const place = at % frame.length;
        if (how === 'flip') frame[place] = (frame[place] ?? 0) ^ bits;
        if (how === 'cut') frame.length = place;
        if (how === 'add') frame.splice(place, 0, bits);
        expectUnheard([Uint8Array.from(frame)]);
      }),
      { numRuns: 5000 },
    );
  });

  it('[TR4] a sound message with any value as any field is heard only if it is sound as well', () => {
    const value = fc.oneof(
      fc.double(),
      fc.maxSafeInteger(),
      fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
      fc.anything({ maxDepth: 2 }),
    );
    fc.assert(
      fc.property(anyMessage, fc.nat(), value, (message, at, hostile) => {
        const body = packr.unpack(encodeMessage(message, 0).subarray(FRAME_HEADER_BYTES));
        body[at % body.length] = hostile;
        const frame = rawFrame(body);
        const { recorder, badFrames } = listenTo([frame]);
        const [heard] = recorder.messages();
        expect(badFrames).toBe(heard === undefined && recorder.reason() !== null ? 1 : 0);
        if (heard !== undefined) expect(decodedMessage(encodeMessage(heard, 0))).toEqual(heard);
      }),
      { numRuns: 5000 },
    );
  });

  it('[TR5] of random runs behind a message, exactly the fitting ones are heard', () => {
    const run = fc.record({
      term: fc.integer({ min: 3, max: 6 }),
      firstIndex: fc.integer({ min: 10, max: 14 }),
      count: fc.integer({ min: 1, max: 3 }),
    });
    const sample = fc.record({
      lastIndex: fc.integer({ min: 10, max: 16 }),
      runs: fc.array(run, { maxLength: 4 }),
    });
    let fitting = 0;
    fc.assert(
      fc.property(fc.oneof(sample, sample.map(madeToFit)), ({ lastIndex, runs }) => {
        const frames = runs.map((one) => runOf(one).bytes);
        const { recorder } = listenTo([
          encodeMessage(appendOf(1, lastIndex), runs.length),
          ...frames,
        ]);
        const isFit = fits(lastIndex, runs);
        if (isFit) fitting += 1;
        expect(recorder.messages().length).toBe(isFit ? 1 : 0);
        expect(recorder.runs().map(({ firstIndex }) => firstIndex)).toEqual(
          isFit ? runs.map(({ firstIndex }) => firstIndex) : [],
        );
      }),
      { numRuns: 2000 },
    );
    expect(fitting).toBeGreaterThan(100);
  });

  interface RunShape {
    readonly term: number;
    readonly firstIndex: number;
    readonly count: number;
  }

  /** The rule in the simplest words: entry by entry, from the previous one to the last. */
  function fits(lastIndex: number, runs: readonly RunShape[]): boolean {
    const entries = runs.flatMap(({ term, firstIndex, count }) =>
      Array.from({ length: count }, (_, at) => ({ term, index: firstIndex + at })),
    );
    const terms = [4, ...entries.map(({ term }) => term), 5];
    return (
      entries.length === lastIndex - 10 &&
      entries.every(({ index }, at) => index === 11 + at) &&
      terms.every((term, at) => at === 0 || term >= (terms[at - 1] ?? 0))
    );
  }

  function madeToFit({ runs }: { readonly runs: readonly RunShape[] }) {
    let index = 10;
    const contiguous = runs.map((run) => {
      const firstIndex = index + 1;
      index += run.count;
      return { ...run, firstIndex, term: run.term < 5 ? 4 : 5 };
    });
    contiguous.sort((left, right) => left.firstIndex - right.firstIndex);
    return { lastIndex: index, runs: contiguous };
  }

  it('[TR10] whatever is said after a bad frame, a refusal or a close is not heard', () => {
    const message = encodeMessage(appendOf(1), 0);
    const after = [message, HELLO, new Uint8Array(3), encodeRefusal('no')];
    for (const last of [new Uint8Array(0), encodeRefusal('no')]) {
      const { recorder, badFrames } = listenTo([message, last, ...after]);
      expect(recorder.heard.map(({ type }) => type)).toEqual(['hello', 'message', 'close']);
      expect(badFrames).toBe(last.length === 0 ? 1 : 0);
    }
  });

  it('[TR11] words of refusal are bounded, and cannot forge a line of a log', () => {
    const { recorder } = listenTo([encodeRefusal('first\nsecond\u0007')]);
    expect(recorder.reason()).toEqual({ kind: 'refused', text: 'first second ' });
    const long = rawFrame(['y'.repeat(1500)], { kind: 3 });
    expect(listenTo([long]).recorder.reason()?.text.length).toBe(500);
    expectUnheard([rawFrame(['y'.repeat(3000)], { kind: 3 })]);
    const wide = '✗'.repeat(1000);
    expect(listenTo([encodeRefusal(wide)]).recorder.reason()?.text).toBe('✗'.repeat(500));
  });

  it('[TR2] a hello is bound to the version in its head, and carries no other', () => {
    const { recorder } = listenTo([]);
    expect(recorder.heard).toEqual([{ type: 'hello', hello: helloOf('a', 'b') }]);
    expect(() => encodeHello(helloOf('a', 'b', 256))).toThrow('TR2');
    expect(decodeFrame(encodeHello(helloOf('a', 'b', 255)))).toEqual({
      type: 'foreignHello',
      version: 255,
    });
  });

  it('[TR2] members that stop at commands of version 2 are foreign: they speak version 1', () => {
    expect(COMMAND_VERSION).toBe(2);
    const { recorder } = listenTo([], encodeHello(helloOf('a', 'b', 1)));
    const text = 'one node speaks peer protocol 1, the other 3 to 4: upgrade the one that speaks 1';
    expect(recorder.heard).toEqual([{ type: 'close', reason: { kind: 'refused', text } }]);
  });
});
