/**
 * What a stranger may send to the client port: garbage, halves of frames, frames that are almost right, numbers
 * that no program means, more than anyone reads. Nothing of it may change the keys of the workload: whatever
 * could be carried out is about other keys.
 */

import { pack } from 'msgpackr';
import type { ClientRequest } from '../../../client-protocol/frame-shapes.ts';
import { CLIENT_FRAME_BYTES_MAX } from '../../../client-protocol/limits.ts';
import { encodeRequests } from '../../../client-protocol/request-frame.ts';
import { encodeCommand } from '../../../kv/commands/command-codec.ts';
import type { SeededRandom } from '../runtime/random.ts';

const encoder = new TextEncoder();
/** No key of the workload begins so. */
const HOSTILE = encoder.encode('\u007fhostile');
/** Watches that one attack begins, at most. */
export const HOSTILE_WATCHES_MAX = 12;
const ALL = { prefix: new Uint8Array() };
const NUMBERS = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  -1,
  0,
  0.5,
  2 ** 40 + 1,
  2 ** 53,
  2 ** 64,
  -(2 ** 63),
] as const;
const SUBMIT = 1;
const READ = 2;
const WATCH = 3;
const CANCEL = 4;

let tooLong: Uint8Array | null = null;

/** One attack: frames that are sent one after the other. */
export function hostileFrames(random: SeededRandom): readonly Uint8Array[] {
  const draw = random.pick([
    garbage,
    half,
    almost,
    strangeNumbers,
    extensions,
    oversize,
    sameIds,
    flood,
    greedyWatches,
    brokenCommands,
    deep,
  ]);
  return draw(random);
}

function garbage(random: SeededRandom): readonly Uint8Array[] {
  return [bytesOf(random, random.integer(0, 60))];
}

function half(random: SeededRandom): readonly Uint8Array[] {
  const whole = encodeRequests([read(1), watch(2), put(3, 40)]);
  return [whole.slice(0, random.integer(0, whole.length - 1))];
}

/** A sound frame of requests that only read, with some of its bytes changed. */
function almost(random: SeededRandom): readonly Uint8Array[] {
  const frame = encodeRequests([read(1), watch(2), { type: 'cancel', id: 2 }, read(3)]).slice();
  const changes = random.integer(1, 4);
  for (let count = 0; count < changes; count += 1) {
    frame[random.integer(0, frame.length - 1)] = random.integer(0, 255);
  }
  return isWriting(frame) ? [] : [frame];
}

/** Its first byte after the array's head would have to say so; rather too many are left out than too few. */
function isWriting(frame: Uint8Array): boolean {
  return frame.some((byte, at) => byte === SUBMIT && (frame[at - 1] ?? 0) >= 0x90 && at < 4);
}

function strangeNumbers(random: SeededRandom): readonly Uint8Array[] {
  const number = random.pick(NUMBERS);
  const command = encodeCommand({ type: 'put', key: HOSTILE, value: HOSTILE });
  const range = [null, ALL.prefix, null, null] as const;
  return [
    pack([
      random.pick([
        [SUBMIT, number, 1_000, command],
        [SUBMIT, 1, number, command],
        [READ, 1, number, 0, ...range, null, null, false],
        [READ, 1, 1_000, number, ...range, null, null, false],
        [READ, 1, 1_000, 0, ...range, number, null, false],
        [READ, 1, 1_000, 0, ...range, null, number, false],
        [WATCH, number, ...range, null],
        [WATCH, 1, ...range, number],
        [CANCEL, number],
        [number, 1],
      ]),
    ]),
  ];
}

/** MessagePack extensions: ids, pointers to them, dates, sets, and types that nobody has defined. */
function extensions(random: SeededRandom): readonly Uint8Array[] {
  const type = random.pick([0x69, 0x70, 0x72, 0x73, 0x78, 0xff, random.integer(0, 255)]);
  const sizes = [0xd4, 0xd5, 0xd6, 0xd7, 0xd8] as const;
  const at = random.integer(0, sizes.length - 1);
  const body = bytesOf(random, 2 ** at);
  return [Uint8Array.from([0x91, 0x92, CANCEL, sizes[at] ?? 0xd4, type, ...body])];
}

/** Longer than the protocol allows; the same bytes for all of them. */
function oversize(): readonly Uint8Array[] {
  tooLong ??= new Uint8Array(CLIENT_FRAME_BYTES_MAX + 1);
  return [tooLong];
}

function sameIds(): readonly Uint8Array[] {
  return [
    encodeRequests([read(7), read(7), put(7, 10), put(7, 10), { type: 'status', id: 7 }]),
    encodeRequests([watch(7), watch(7)]),
  ];
}

/** Many at once; what is asked for is a multiple of what asks for it. */
function flood(random: SeededRandom): readonly Uint8Array[] {
  const each = random.pick([
    (id: number) => read(id),
    (id: number) => put(id, 200),
    (id: number) => read(id, 'local'),
  ]);
  const frames = random.integer(1, 8);
  const requests = random.integer(1, 40);
  return Array.from({ length: frames }, (_, frame) =>
    encodeRequests(Array.from({ length: requests }, (_, at) => each(1 + frame * requests + at))),
  );
}

/** All of the past, again and again, and something large that all of them have to be told. */
function greedyWatches(random: SeededRandom): readonly Uint8Array[] {
  const count = random.integer(1, HOSTILE_WATCHES_MAX);
  const watches = Array.from({ length: count }, (_, at) => watch(at + 1, 1));
  return [encodeRequests(watches), encodeRequests([put(100, 3_000)])];
}

/** Commands that the store does not understand: the frame is sound. */
function brokenCommands(random: SeededRandom): readonly Uint8Array[] {
  const sound = encodeCommand({ type: 'put', key: HOSTILE, value: HOSTILE });
  const command = random.pick([
    new Uint8Array(),
    sound.slice(0, random.integer(0, sound.length - 1)),
    Uint8Array.from([0xff, ...sound]),
    Uint8Array.from([...sound, 0]),
  ]);
  return [encodeRequests([{ type: 'submit', id: 1, timeoutMs: 1_000, command, session: null }])];
}

/** Arrays in arrays. */
function deep(random: SeededRandom): readonly Uint8Array[] {
  return [new Uint8Array(random.integer(10, 3_000)).fill(0x91)];
}

function put(id: number, valueBytes: number): ClientRequest {
  const value = new Uint8Array(valueBytes);
  const command = encodeCommand({ type: 'put', key: HOSTILE, value });
  return { type: 'submit', id, timeoutMs: 1_000, command, session: null };
}

function read(id: number, consistency: 'linearizable' | 'local' = 'linearizable'): ClientRequest {
  const rest = { limit: null, revision: null, keysOnly: false, atLeast: null };
  return { type: 'read', id, timeoutMs: 1_000, consistency, selector: ALL, ...rest };
}

function watch(id: number, from: number | null = null): ClientRequest {
  return { type: 'watch', id, selector: ALL, from };
}

function bytesOf(random: SeededRandom, length: number): Uint8Array {
  return Uint8Array.from({ length }, () => random.integer(0, 255));
}
