/**
 * The stages of a write, and what belongs to each. A sample belongs to the innermost of its functions that is of a stage; what is
 * of none (buffers, checksums, what all parts share) counts for its caller. Snapshots and the start own whatever they call.
 */
import type { Frame } from './places.ts';

const OWNERS = {
  start: ['node:internal/modules/', 'node:internal/bootstrap/', 'node:internal/main/'],
  snapshots: [
    ...['src/storage/snapshots/', 'src/node/snapshots/', 'src/node/deeds/snapshots.ts'],
    ...['src/kv/snapshots/snapshot-codec.ts', 'src/sessions/snapshot-chunks.ts'],
    'src/sessions/table-codec.ts',
  ],
} as const;

const STAGES_BY_PLACE = {
  socket: [
    ...['ws', 'node:net', 'node:stream', 'node:internal/stream_base_commons'],
    ...['node:internal/streams/', 'src/wire/ws-', 'src/transport/ws-wire.ts'],
  ],
  answer: [
    ...['src/client-protocol/reply-frame.ts', 'src/server/client-port/client-outbox.ts'],
    ...['src/server/client-port/answer-times.ts', 'src/server/store/result-bytes.ts'],
    ...['src/kv/commands/result-codec.ts', 'src/client/values/reply-reading.ts'],
  ],
  request: ['src/client-protocol/', 'src/server/', 'src/node/requests/', 'src/client/'],
  charts: ['xstate', 'machines/'],
  rules: ['src/rules/'],
  log: [
    ...['src/storage/log/', 'src/storage/records/', 'src/storage/store-'],
    ...['src/storage/level-log-store.ts', 'src/storage/disk-log-store.ts'],
    ...['src/core/entry-run.ts', 'src/core/run-list.ts', 'src/core/term-runs.ts'],
    ...['src/core/log-', 'src/node/deeds/log-'],
  ],
  disk: [
    ...['src/storage/', 'level', 'classic-level', 'abstract-level', 'level-', 'node:fs'],
    ...['node:internal/fs/', 'src/node/deeds/disk.ts'],
  ],
  replication: [
    ...['src/transport/', 'src/node/peers/', 'src/node/deeds/replicating.ts'],
    'src/node/receive.ts',
  ],
  sessions: ['src/sessions/'],
  store: ['src/kv/', 'src/node/deeds/apply-', 'src/node/deeds/applying.ts'],
  driver: ['src/node/'],
  caller: ['test/'],
} as const;

/** Of these, no more than their caller says. */
const SHARED = [
  ...['msgpackr', 'src/kv/commands/byte-', 'src/kv/commands/command-', 'src/storage/promised.ts'],
  ...['src/core/bytes/', 'src/wire/fields.ts', 'src/node/system-clock.ts'],
];

export type Stage =
  | keyof typeof STAGES_BY_PLACE
  | keyof typeof OWNERS
  | 'collector'
  | 'kernel'
  | 'loop'
  | 'rest';

/** In the order of the table, each with what it is. */
export const STAGES: Readonly<Record<Stage, string>> = {
  socket: 'socket: `ws`, `node:net`, writes to the kernel',
  request: 'request: client protocol, admission, what waits for an answer',
  charts: 'charts: XState and `machines/`',
  rules: 'rules',
  driver: 'driver: steps, effects, reads of state',
  log: 'log: runs, encoding, checksums',
  disk: 'disk: `classic-level` and files, the part before the thread pool',
  replication: 'replication: messages to and from peers',
  sessions: 'sessions',
  store: 'store: applying, `src/kv`',
  answer: 'answer: results, reply frames',
  snapshots: 'snapshots, with all that they call',
  collector: 'garbage collector, on this thread',
  loop: 'event loop: ticks, timers, what is no JavaScript',
  kernel: 'kernel: waking up, reading sockets, which no sample sees',
  start: 'start: loading modules',
  caller: 'whoever calls',
  rest: 'the rest',
};

export const STAGE_NAMES = Object.keys(STAGES) as readonly Stage[];

/** Files and folders of this repository, or beginnings of their names. */
export const OWN_PLACES = [OWNERS, STAGES_BY_PLACE, { SHARED }]
  .flatMap((table) => Object.values<readonly string[]>(table).flat())
  .filter((place) => place.startsWith('src/'));

export function stageOf(frames: readonly Frame[]): Stage {
  if (frames.at(-1)?.name === '(garbage collector)') return 'collector';
  const owner = frames.map(({ place }) => found(OWNERS, place)).find((stage) => stage !== null);
  if (owner !== undefined) return owner;
  const inner = frames
    .map(({ place }) => (isIn(SHARED, place) ? null : found(STAGES_BY_PLACE, place)))
    .findLast((stage) => stage !== null);
  if (inner !== undefined) return inner;
  return frames.every(({ place }) => place === '' || place.startsWith('node:')) ? 'loop' : 'rest';
}

function found<Name extends string>(
  table: Readonly<Record<Name, readonly string[]>>,
  place: string,
): Name | null {
  for (const [name, places] of Object.entries(table) as [Name, readonly string[]][]) {
    if (isIn(places, place)) return name;
  }
  return null;
}

/** A folder or the beginning of names, or a whole name. */
function isIn(places: readonly string[], place: string): boolean {
  return places.some((each) => (/[/-]$/.test(each) ? place.startsWith(each) : place === each));
}
