/** Frames that no sound member sends, each with a few words: what the transport's tests throw at it. */
import { Packr } from 'msgpackr';
import { crc32 } from '../../core/checksum.ts';
import { type EntryRun, RUN_HEADER_BYTES } from '../../core/entry-run.ts';
import { PROTOCOL_VERSION } from '../../core/hello.ts';
import { encodeHello, encodeMessage } from '../../transport/codec.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND, sealFrame } from '../../transport/frames.ts';
import { MESSAGE_CODE } from '../../transport/message-fields.ts';
import { appendOf, EVERY_MESSAGE, helloOf, KIB, proposeOf, runOf } from './sample-messages.ts';

export interface Hostile {
  readonly name: string;
  /** Said behind a sound hello. */
  readonly frames: readonly Uint8Array[];
}

/** With every extension that MessagePack knows here, so that hostile values can be expressed. */
const packr = new Packr({ useRecords: false, moreTypes: true });

export const HELLO: Uint8Array = encodeHello(helloOf('a', 'b'));

function bodyOf(frame: Uint8Array): unknown[] {
  return packr.unpack(frame.subarray(FRAME_HEADER_BYTES));
}

interface RawHead {
  readonly kind?: number;
  readonly version?: number;
  readonly runCount?: number;
}

/** A sealed frame around any body, sound or not. */
export function rawFrame(body: unknown, head: RawHead = {}): Uint8Array {
  return sealed(packr.pack(body), head);
}

export function sealed(body: Uint8Array, head: RawHead = {}): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + body.length);
  bytes.set(body, FRAME_HEADER_BYTES);
  const { kind = FRAME_KIND.message, version = PROTOCOL_VERSION, runCount = 0 } = head;
  return sealFrame(bytes, { kind: kind as 1, version, runCount });
}

const HOSTILE_NUMBERS: readonly unknown[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  1.5,
  -1,
  2 ** 53,
  2n ** 53n,
  7n,
  '7',
  true,
  undefined,
  [7],
  { term: 7 },
  new Date(7),
];

/** Rounds and request ids may be any safe integer; everything else is a term or an index (TR4). */
const FREE_NUMBERS: Readonly<Record<number, number>> = {
  [MESSAGE_CODE.PreVote]: 4,
  [MESSAGE_CODE.PreVoteReply]: 2,
  [MESSAGE_CODE.AppendEntries]: 6,
  [MESSAGE_CODE.AppendEntriesReply]: 2,
  [MESSAGE_CODE.Propose]: 2,
  [MESSAGE_CODE.ProposeReply]: 2,
  [MESSAGE_CODE.ReadIndex]: 2,
  [MESSAGE_CODE.ReadIndexReply]: 2,
  [MESSAGE_CODE.TransferLeadership]: 2,
  [MESSAGE_CODE.TransferLeadershipReply]: 2,
};

/** Each number of each message, replaced by each value that is no such number. */
export function hostileNumbers(): readonly Hostile[] {
  return [...EVERY_MESSAGE, proposeOf(1, 1)].flatMap((message) => {
    const body = bodyOf(encodeMessage(message, 0));
    return body.flatMap((field, at) => {
      if (typeof field !== 'number') return [];
      const isFree = at === 0 || at === FREE_NUMBERS[Number(body[0])];
      const values = isFree ? HOSTILE_NUMBERS : [...HOSTILE_NUMBERS, 2 ** 48 + 1];
      const runCount = message.type === 'Propose' ? 1 : 0;
      return values.map((value) => ({
        name: `${message.type} with ${String(value)} as field ${at}`,
        frames: [rawFrame(body.with(at, value), { runCount })],
      }));
    });
  });
}

/** Each message with a field too few, one too many, and wrapped once more. */
export function hostileShapes(): readonly Hostile[] {
  return EVERY_MESSAGE.flatMap((message) => {
    const body = bodyOf(encodeMessage(message, 0));
    return [
      { name: `${message.type} without its last field`, frames: [rawFrame(body.slice(0, -1))] },
      { name: `${message.type} with a field more`, frames: [rawFrame([...body, 1])] },
      { name: `${message.type} inside a list`, frames: [rawFrame([body])] },
      { name: `${message.type} as a map`, frames: [rawFrame({ ...body })] },
    ];
  });
}

const { AppendEntries, AppendEntriesReply, PreVote, Propose, ProposeReply } = MESSAGE_CODE;
const { RequestVote, TimeoutNow, TransferLeadershipReply } = MESSAGE_CODE;

/** Every field sound, the whole impossible. */
export const CONTRADICTIONS: readonly Hostile[] = [
  ['a pre-vote by someone with entries of that term', [PreVote, 5, 5, 7, 1]],
  ['a candidate with entries of its own term', [RequestVote, 5, 5, 7, false]],
  ['a candidate whose last entry has no term', [RequestVote, 5, 0, 7, true]],
  ['a candidate whose last entry has no index', [RequestVote, 5, 4, 0, false]],
  ['a leader of term 0', [AppendEntries, 0, 0, 0, 0, 0, 1]],
  ['a previous entry of a later term', [AppendEntries, 5, 6, 10, 10, 9, 1]],
  ['a previous entry without a term', [AppendEntries, 5, 0, 10, 10, 9, 1]],
  ['a previous entry without an index', [AppendEntries, 5, 4, 0, 0, 0, 1]],
  ['entries that end before they begin', [AppendEntries, 5, 4, 10, 9, 9, 1]],
  ['a hint past the previous entry', [AppendEntriesReply, 5, 1, 10, false, 20, 4, 11]],
  ['a hint past the end of the log', [AppendEntriesReply, 5, 1, 10, false, 8, 4, 9]],
  ['a hint of a later term', [AppendEntriesReply, 5, 1, 10, false, 20, 6, 9]],
  ['a hint without a term', [AppendEntriesReply, 5, 1, 10, false, 20, 0, 9]],
  ['an empty proposal', [Propose, 5, 1, 0]],
  ['a proposal of more than a run can count', [Propose, 5, 1, 2 ** 32]],
  ['a proposal that stands before the log', [ProposeReply, 5, 1, 0]],
  ['a lead handed over by a leader that ends in a later term', [TimeoutNow, 5, 6, 7]],
  ['a lead handed over at an entry without a term', [TimeoutNow, 5, 0, 7]],
  ['a refusal for no known reason', [TransferLeadershipReply, 5, 1, 7]],
  ['a message of no known code', [99, 5, 1]],
].map(([name, body]) => ({ name: String(name), frames: [rawFrame(body)] }));

function appended(
  lastIndex: number,
  runs: readonly EntryRun[],
  runCount = runs.length,
): Hostile['frames'] {
  return [encodeMessage(appendOf(1, lastIndex), runCount), ...runs.map(({ bytes }) => bytes)];
}

function damaged(run: EntryRun, at: number): Uint8Array {
  const bytes = run.bytes.slice();
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  return bytes;
}

/** A run whose payload contradicts its header, under a checksum that is right. */
function lying(run: EntryRun, at: number, value: number): Uint8Array {
  const bytes = run.bytes.slice();
  bytes[at] = value;
  new DataView(bytes.buffer).setUint32(4, crc32(bytes, 8), true);
  return bytes;
}

const PAIR = runOf({ firstIndex: 11, count: 2 });
const ONE_MESSAGE = encodeMessage(appendOf(1, 12), 1);

/** Runs that do not fit the message they follow (TR5). */
export const MISFITS: readonly Hostile[] = [
  { name: 'a gap before the run', frames: appended(12, [runOf({ firstIndex: 12 })]) },
  {
    name: 'a run that overlaps the previous entry',
    frames: appended(12, [runOf({ firstIndex: 10, count: 3 })]),
  },
  {
    name: 'a gap between runs',
    frames: appended(13, [runOf({ firstIndex: 11 }), runOf({ firstIndex: 13 })]),
  },
  {
    name: 'runs in the wrong order',
    frames: appended(12, [runOf({ firstIndex: 12 }), runOf({ firstIndex: 11 })]),
  },
  {
    name: 'terms that fall',
    frames: appended(12, [runOf({ firstIndex: 11, term: 5 }), runOf({ firstIndex: 12, term: 4 })]),
  },
  {
    name: 'a term below the previous entry',
    frames: appended(11, [runOf({ firstIndex: 11, term: 3 })]),
  },
  { name: 'a term above the leader', frames: appended(11, [runOf({ firstIndex: 11, term: 6 })]) },
  { name: 'a run past the last index', frames: appended(11, [PAIR]) },
  { name: 'runs that end early', frames: appended(13, [PAIR]) },
  { name: 'more runs than entries', frames: appended(11, [], 2) },
  { name: 'runs beside a heartbeat', frames: appended(10, [], 1) },
  { name: 'entries without a run', frames: appended(12, [], 0) },
  { name: 'runs beside a vote', frames: [rawFrame([RequestVote, 5, 4, 7], { runCount: 1 })] },
  { name: 'a proposal without a run', frames: [rawFrame([Propose, 5, 1, 1])] },
  { name: 'a proposal with two runs', frames: [rawFrame([Propose, 5, 1, 2], { runCount: 2 })] },
  {
    name: 'a proposal of another count',
    frames: [
      rawFrame([Propose, 5, 1, 3], { runCount: 1 }),
      runOf({ firstIndex: 1, count: 2 }).bytes,
    ],
  },
  {
    name: 'a proposal numbered from 2',
    frames: [rawFrame([Propose, 5, 1, 2], { runCount: 1 }), runOf({ firstIndex: 2 }).bytes],
  },
  {
    name: 'a proposal that numbers itself',
    frames: [rawFrame([Propose, 5, 1, 2], { runCount: 1 }), PAIR.bytes],
  },
];

/** A ReadIndex of term 5; our own packer would send a plain 0. */
const MINUS_ZERO = Uint8Array.of(0x93, MESSAGE_CODE.ReadIndex, 5, 0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);

/** Bytes that are not what they should be, whatever they would mean (TR3). */
export const GARBAGE: readonly Hostile[] = [
  { name: 'an empty frame', frames: [new Uint8Array(0)] },
  { name: 'a head without a body', frames: [sealed(new Uint8Array(0))] },
  { name: 'a frame of unknown kind', frames: [rawFrame([RequestVote, 5, 4, 7], { kind: 9 })] },
  {
    name: 'a message of another version',
    frames: [rawFrame([RequestVote, 5, 4, 7], { version: PROTOCOL_VERSION + 1 })],
  },
  {
    name: 'a message with a long body',
    frames: [rawFrame([RequestVote, 5, 4, 7, 'x'.repeat(200)])],
  },
  { name: 'a run without a message', frames: [PAIR.bytes] },
  { name: 'a message where a run is due', frames: [ONE_MESSAGE, encodeMessage(appendOf(1), 0)] },
  { name: 'random bytes where a run is due', frames: [ONE_MESSAGE, new Uint8Array(99).fill(7)] },
  { name: 'a run with a damaged head', frames: [ONE_MESSAGE, damaged(PAIR, 9)] },
  {
    name: 'a run with a damaged payload',
    frames: [ONE_MESSAGE, damaged(PAIR, PAIR.bytes.length - 1)],
  },
  { name: 'a run that was cut', frames: [ONE_MESSAGE, PAIR.bytes.subarray(0, -1)] },
  { name: 'an entry of unknown kind', frames: [ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES, 0xff)] },
  {
    name: 'an entry longer than its run',
    frames: [ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 1, 99)],
  },
  {
    name: 'a last entry longer than its run',
    frames: appended(11, [], 1).concat(lying(runOf({ firstIndex: 11 }), RUN_HEADER_BYTES + 1, 9)),
  },
  {
    name: 'bytes behind the last entry',
    frames: [ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 14, 5)],
  },
  {
    name: 'fewer entries than counted',
    frames: [ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 1, 21)],
  },
  { name: 'a run with a time past the safe integers', frames: [ONE_MESSAGE, lying(PAIR, 31, 1)] },
  { name: 'a body that is a number', frames: [rawFrame(7)] },
  { name: 'a body that is a text', frames: [rawFrame('RequestVote')] },
  { name: 'a body in bytes', frames: [rawFrame([RequestVote, 5, 4, new Uint8Array(3)])] },
  { name: 'a body cut in a number', frames: [sealed(Uint8Array.of(0x92, 0xce, 0, 0))] },
  { name: 'a request id of minus zero', frames: [sealed(MINUS_ZERO)] },
  { name: 'two bodies', frames: [sealed(Uint8Array.of(0x91, 1, 0x91, 1))] },
  { name: 'lists within lists', frames: [sealed(new Uint8Array(100).fill(0x91))] },
  { name: 'a list of four billion', frames: [sealed(Uint8Array.of(0xdd, 255, 255, 255, 255))] },
  {
    name: 'a record definition',
    frames: [sealed(Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1))],
  },
  { name: 'a date', frames: [sealed(Uint8Array.of(0xd6, 0xff, 0, 0, 0, 1))] },
];

export const HOSTILE_HELLOS: readonly Hostile[] = hostileHellos();

function hostileHellos(): readonly Hostile[] {
  const sound = bodyOf(HELLO);
  const changed = (at: number, value: unknown): Uint8Array =>
    rawFrame(sound.with(at, value), { kind: FRAME_KIND.hello });
  return [
    ['without a cluster', changed(0, '')],
    ['with a cluster of 129 characters', changed(0, 'c'.repeat(129))],
    ['with a line break in its cluster', changed(0, 'a\nb')],
    ['with a number as cluster', changed(0, 7)],
    ['with a node id that is none', changed(1, '../a')],
    ['with an incarnation of 65 characters', changed(2, 'a'.repeat(65))],
    ['with an empty incarnation', changed(2, '')],
    ['that never started', changed(3, 0)],
    ['with half a boot', changed(3, 0.5)],
    ['without a lineage', changed(4, [])],
    ['with a text as lineage', changed(4, '0a1b')],
    [
      'with 257 boots in its lineage',
      changed(
        4,
        Array.from({ length: 257 }, () => 'ab'),
      ),
    ],
    ['with a boot that is not hexadecimal', changed(4, ['xyz'])],
    ['with a boot of 33 digits', changed(4, ['a'.repeat(33)])],
    ['with a number as boot', changed(4, [7])],
    ['to no one', changed(5, null)],
    ['with a field more', rawFrame([...sound, 1], { kind: FRAME_KIND.hello })],
    ['with a field less', rawFrame(sound.slice(0, -1), { kind: FRAME_KIND.hello })],
    ['as a map', rawFrame({ ...sound }, { kind: FRAME_KIND.hello })],
    ['with runs', rawFrame(sound, { kind: FRAME_KIND.hello, runCount: 1 })],
    ['of 17 KiB', rawFrame(sound.with(0, 'c'.repeat(17 * KIB)), { kind: FRAME_KIND.hello })],
  ].map(([name, frame]) => ({ name: `a hello ${name}`, frames: [frame as Uint8Array] }));
}
