/** Frames that no sound member sends, each with a few words: what the transport's tests throw at it. */
import { Packr } from 'msgpackr';
import { crc32 } from '../../core/bytes/checksum.ts';
import { type EntryRun, RUN_HEADER_BYTES } from '../../core/entry-run.ts';
import { PROTOCOL_VERSION } from '../../core/hello.ts';
import { encodeHello, encodeMessage } from '../../transport/codec.ts';
import { FRAME_HEADER_BYTES, FRAME_KIND, sealFrame } from '../../transport/frames.ts';
import { MESSAGE_CODE } from '../../transport/message-fields.ts';
import { configured, membersOf } from './log-operations.ts';
import { appendOf, EVERY_MESSAGE, helloOf, KIB, proposeOf, runOf } from './sample-messages.ts';

export interface Hostile {
  readonly name: string;
  /** Said behind a sound hello. */
  readonly frames: readonly Uint8Array[];
}

type Case = readonly [name: string, ...frames: Uint8Array[]];

function hostile(cases: readonly Case[]): readonly Hostile[] {
  return cases.map(([name, ...frames]) => ({ name, frames }));
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
  [MESSAGE_CODE.ChangeMembers]: 2,
  [MESSAGE_CODE.ChangeMembersReply]: 2,
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
    return hostile([
      [`${message.type} without its last field`, rawFrame(body.slice(0, -1))],
      [`${message.type} with a field more`, rawFrame([...body, 1])],
      [`${message.type} inside a list`, rawFrame([body])],
      [`${message.type} as a map`, rawFrame({ ...body })],
    ]);
  });
}

const { AppendEntries, AppendEntriesReply, PreVote, Propose, ProposeReply } = MESSAGE_CODE;
const { RequestVote, TimeoutNow, TransferLeadershipReply } = MESSAGE_CODE;
const { PullChunk, SnapshotChunk, SnapshotOffer } = MESSAGE_CODE;

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
  ['a snapshot whose last entry has no term', [PullChunk, 5, 0, 9, 1, 0]],
  ['a chunk of no bytes', [SnapshotChunk, 5, 0, 0, 0]],
  ['a chunk that is too large', [SnapshotChunk, 5, 0, 0, 2 ** 20]],
  ['a part of a chunk from behind its end', [SnapshotChunk, 5, 0, 9, 9]],
  ['a message of no known code', [99, 5, 1]],
].map(([name, body]) => ({ name: String(name), frames: [rawFrame(body)] }));

function appended(
  lastIndex: number,
  runs: readonly EntryRun[],
  runCount = runs.length,
): readonly Uint8Array[] {
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

/** A snapshot that ends there, with the members of index 3. */
function offered(ofTerm: number, at: number): readonly Uint8Array[] {
  const offer = rawFrame([SnapshotOffer, 5, ofTerm, at, 7, 1, 1, 1], { runCount: 1 });
  return [offer, configured(4, 4, membersOf(['a', 'b'])).bytes];
}

const PAIR = runOf({ firstIndex: 11, count: 2 });
const ONE_MESSAGE = encodeMessage(appendOf(1, 12), 1);

/** Runs that do not fit the message they follow (TR5). */
export const MISFITS: readonly Hostile[] = hostile([
  ['a gap before the run', ...appended(12, [runOf({ firstIndex: 12 })])],
  [
    'a run that overlaps the previous entry',
    ...appended(12, [runOf({ firstIndex: 10, count: 3 })]),
  ],
  ['a gap between runs', ...appended(13, [runOf({ firstIndex: 11 }), runOf({ firstIndex: 13 })])],
  [
    'runs in the wrong order',
    ...appended(12, [runOf({ firstIndex: 12 }), runOf({ firstIndex: 11 })]),
  ],
  [
    'terms that fall',
    ...appended(12, [runOf({ firstIndex: 11, term: 5 }), runOf({ firstIndex: 12, term: 4 })]),
  ],
  ['a term below the previous entry', ...appended(11, [runOf({ firstIndex: 11, term: 3 })])],
  ['a term above the leader', ...appended(11, [runOf({ firstIndex: 11, term: 6 })])],
  ['a run past the last index', ...appended(11, [PAIR])],
  ['runs that end early', ...appended(13, [PAIR])],
  ['more runs than entries', ...appended(11, [], 2)],
  ['runs beside a heartbeat', ...appended(10, [], 1)],
  ['entries without a run', ...appended(12, [], 0)],
  ['runs beside a vote', rawFrame([RequestVote, 5, 4, 7], { runCount: 1 })],
  ['a proposal without a run', rawFrame([Propose, 5, 1, 1])],
  ['a proposal with two runs', rawFrame([Propose, 5, 1, 2], { runCount: 2 })],
  [
    'a proposal of another count',
    rawFrame([Propose, 5, 1, 3], { runCount: 1 }),
    runOf({ firstIndex: 1, count: 2 }).bytes,
  ],
  [
    'a proposal numbered from 2',
    rawFrame([Propose, 5, 1, 2], { runCount: 1 }),
    runOf({ firstIndex: 2 }).bytes,
  ],
  ['a proposal that numbers itself', rawFrame([Propose, 5, 1, 2], { runCount: 1 }), PAIR.bytes],
  ['a snapshot of an empty log', ...offered(0, 0)],
  ['a snapshot of a later term than its leader', ...offered(6, 9)],
  ['a snapshot with members from behind its end', ...offered(4, 2)],
  ['a snapshot without its members', rawFrame([SnapshotOffer, 5, 4, 9, 7, 1, 1, 1])],
]);

/** A ReadIndex of term 5; our own packer would send a plain 0. */
const MINUS_ZERO = Uint8Array.of(0x93, MESSAGE_CODE.ReadIndex, 5, 0xcb, 0x80, 0, 0, 0, 0, 0, 0, 0);

/** Bytes that are not what they should be, whatever they would mean (TR3). */
export const GARBAGE: readonly Hostile[] = hostile([
  ['an empty frame', new Uint8Array(0)],
  ['a head without a body', sealed(new Uint8Array(0))],
  ['a frame of unknown kind', rawFrame([RequestVote, 5, 4, 7], { kind: 9 })],
  [
    'a message of another version',
    rawFrame([RequestVote, 5, 4, 7], { version: PROTOCOL_VERSION + 1 }),
  ],
  ['a message with a long body', rawFrame([RequestVote, 5, 4, 7, 'x'.repeat(200)])],
  ['a run without a message', PAIR.bytes],
  ['a message where a run is due', ONE_MESSAGE, encodeMessage(appendOf(1), 0)],
  ['random bytes where a run is due', ONE_MESSAGE, new Uint8Array(99).fill(7)],
  ['a run with a damaged head', ONE_MESSAGE, damaged(PAIR, 9)],
  ['a run with a damaged payload', ONE_MESSAGE, damaged(PAIR, PAIR.bytes.length - 1)],
  ['a run that was cut', ONE_MESSAGE, PAIR.bytes.subarray(0, -1)],
  ['an entry of unknown kind', ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES, 0xff)],
  ['an entry longer than its run', ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 1, 99)],
  [
    'a last entry longer than its run',
    ...appended(11, [], 1).concat(lying(runOf({ firstIndex: 11 }), RUN_HEADER_BYTES + 1, 9)),
  ],
  ['bytes behind the last entry', ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 14, 5)],
  ['fewer entries than counted', ONE_MESSAGE, lying(PAIR, RUN_HEADER_BYTES + 1, 21)],
  ['a run with a time past the safe integers', ONE_MESSAGE, lying(PAIR, 31, 1)],
  ['a body that is a number', rawFrame(7)],
  ['a body that is a text', rawFrame('RequestVote')],
  ['a body in bytes', rawFrame([RequestVote, 5, 4, new Uint8Array(3)])],
  ['a body cut in a number', sealed(Uint8Array.of(0x92, 0xce, 0, 0))],
  ['a request id of minus zero', sealed(MINUS_ZERO)],
  ['two bodies', sealed(Uint8Array.of(0x91, 1, 0x91, 1))],
  ['lists within lists', sealed(new Uint8Array(100).fill(0x91))],
  ['a list of four billion', sealed(Uint8Array.of(0xdd, 255, 255, 255, 255))],
  ['a record definition', sealed(Uint8Array.of(0xd4, 0x72, 0x40, 0x91, 0xa1, 0x61, 1))],
  ['a date', sealed(Uint8Array.of(0xd6, 0xff, 0, 0, 0, 1))],
]);

export const HOSTILE_HELLOS: readonly Hostile[] = hostile(hostileHellos());

function hostileHellos(): readonly Case[] {
  const sound = bodyOf(HELLO);
  const changed = (at: number, value: unknown): Uint8Array =>
    rawFrame(sound.with(at, value), { kind: FRAME_KIND.hello });
  const hellos: readonly Case[] = [
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
    ['with 257 boots in its lineage', changed(4, Array<string>(257).fill('ab'))],
    ['with a boot that is not hexadecimal', changed(4, ['xyz'])],
    ['with a boot of 33 digits', changed(4, ['a'.repeat(33)])],
    ['with a number as boot', changed(4, [7])],
    ['to no one', changed(5, null)],
    ['of a machine without a version', changed(9, 0)],
    ['of a machine past the last version', changed(9, 2 ** 32)],
    ['with a field more', rawFrame([...sound, 1], { kind: FRAME_KIND.hello })],
    ['with a field less', rawFrame(sound.slice(0, 9), { kind: FRAME_KIND.hello })],
    ['that promises nothing', changed(10, 0)],
    ['that promises half a millisecond', changed(10, 0.5)],
    ['as a map', rawFrame({ ...sound }, { kind: FRAME_KIND.hello })],
    ['with runs', rawFrame(sound, { kind: FRAME_KIND.hello, runCount: 1 })],
    ['of 17 KiB', rawFrame(sound.with(0, 'c'.repeat(17 * KIB)), { kind: FRAME_KIND.hello })],
  ];
  return hellos.map(([name, ...frames]) => [`a hello ${name}`, ...frames]);
}
