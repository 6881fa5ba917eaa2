/** The arithmetic of budgets and flame graphs, on profiles that are made up. */
import { readdirSync } from 'node:fs';
import { expect, it } from 'vitest';
import { budgetOf, type Measured } from './budget.ts';
import { busyStacks, type CpuProfile, type Stack } from './cpu-profile.ts';
import { drawFlames } from './flame-graph.ts';
import { type Flame, FOLDED, flamesOf, folded } from './flame-tree.ts';
import { type CallFrame, type Frame, frameReader } from './places.ts';
import { OWN_PLACES, STAGE_NAMES, stageOf } from './stages.ts';
import { kindsOf, THREAD_KINDS, type Use } from './threads.ts';

function frame(words: string): Frame {
  const at = words.lastIndexOf(' ');
  return { name: words.slice(0, at), place: words.slice(at + 1) };
}

function stack(samples: number, ...frames: readonly string[]): Stack {
  return { frames: frames.map(frame), samples };
}

const TICK = 'processTicksAndRejections node:internal/process/task_queues';
const STACKS: readonly Stack[] = [
  stack(40, TICK, 'perform src/node/deeds.ts', 'send ws', 'writev '),
  stack(20, TICK, 'perform src/node/deeds.ts', 'assign xstate', 'crc32 src/core/bytes/checksum.ts'),
  stack(10, TICK, 'perform src/node/deeds.ts'),
  stack(
    15,
    '#writeChunks src/node/deeds/snapshots.ts',
    'put src/kv/store/mvcc-store.ts',
    'batch level',
  ),
  stack(10, '(garbage collector) '),
  stack(5, TICK),
];

function measured(ranUs: number, stacks = STACKS): Measured {
  const use: Use = { ranNs: ranUs * 1_000, waitedNs: 0 };
  const none: Use = { ranNs: 0, waitedNs: 0 };
  const uses = { main: use, helpers: use, pool: none, compaction: none, profiler: use };
  return { stacks, uses, calls: 10, lastedNs: 1e9 };
}

it('[EX6] every sample counts for the stage of its innermost function that is of one', () => {
  const told = STACKS.map(({ frames }) => stageOf(frames));
  expect(told).toEqual(['socket', 'charts', 'driver', 'snapshots', 'collector', 'loop']);
  const stages = [
    ['encode src/transport/codec.ts', 'pack msgpackr'],
    ['encode src/client-protocol/reply-frame.ts', 'pack msgpackr'],
    ['#encode src/client/request-client.ts', 'encodeCommand src/kv/commands/command-codec.ts'],
    ['append src/core/entry-run.ts'],
    ['append src/core/errors.ts'],
    ['load node:internal/modules/esm/loader', 'put src/kv/store/mvcc-store.ts'],
  ].map((frames) => stageOf(frames.map(frame)));
  expect(stages).toEqual(['replication', 'answer', 'request', 'log', 'rest', 'start']);
});

it('[EX6] every place of a stage is there', () => {
  const root = new URL('../../../../', import.meta.url);
  const paths = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' });
  const isThere = (place: string): boolean => paths.some((path) => `src/${path}`.startsWith(place));
  expect(OWN_PLACES).toContain('src/client/');
  expect(OWN_PLACES.filter((place) => !isThere(place.replace(/\/$/, '')))).toEqual([]);
});

it('[EX6] the stages add up to the processor time of their thread, whatever the samples say', () => {
  const busy = budgetOf(measured(50_000));
  expect(sumOf(busy.stages)).toBeCloseTo(5_000);
  expect(busy).toMatchObject({ main: 5_000, sampled: 10_000, process: 10_000, ran: 0.05 });
  expect(busy.stages).toMatchObject({ socket: 2_000, charts: 1_000, snapshots: 750, kernel: 0 });
  const quiet = budgetOf(measured(125_000));
  expect(sumOf(quiet.stages)).toBeCloseTo(12_500);
  expect(quiet.stages).toMatchObject({ socket: 4_000, kernel: 2_500 });
  const silent = budgetOf(measured(125_000, []));
  expect(silent.stages).toMatchObject({ socket: 0, kernel: 12_500 });
});

function sumOf(stages: Readonly<Record<string, number>>): number {
  return STAGE_NAMES.reduce((sum, stage) => sum + (stages[stage] ?? Number.NaN), 0);
}

it('[EX6] folding what is small keeps every total', () => {
  const whole = flamesOf(STACKS);
  expect(totalsOf(whole)).toEqual([100, 75, 70, 40, 40, 20, 20, 15, 15, 15, 10]);
  const small = folded(whole, 16);
  expect(small.map(({ name, samples }) => [name, samples])).toEqual([
    ['processTicksAndRejections', 75],
    [FOLDED, 25],
  ]);
  expect(totalsOf(small)).toEqual([100, 75, 70, 40, 40, 20, 20, 25]);
});

/** Of all, and of each with what it calls. */
function totalsOf(flames: readonly Flame[]): readonly number[] {
  const each = (flame: Flame): readonly number[] => [flame.samples, ...flame.callees.flatMap(each)];
  return [flames.reduce((sum, { samples }) => sum + samples, 0), ...flames.flatMap(each)];
}

it('[EX6] a picture holds a box for whatever is wide, and no name wider than its box', () => {
  const panel = { title: 'a < b', main: 10, unseen: 2, flames: flamesOf(STACKS) };
  const svg = drawFlames('Title', [panel], 'light');
  expect(svg).toContain('a &lt; b');
  expect(svg).toContain('>kernel 2.00 µs<');
  expect(svg).toContain('>writev 3.20 µs<');
  const boxes = [...svg.matchAll(/width="([\d.]+)" height="18"/g)].map(([, each]) => Number(each));
  expect(Math.max(...boxes)).toBeCloseTo(936 * 0.8 * 0.75, 0);
  expect(svg).toContain('<title>#writeChunks · snapshots 1.20 µs</title>');
  expect(svg).toContain('>#writeChunks<');
  expect(svg).toContain('>garbage c…<');
});

it('[EX6] a profile is cut by the clock, and functions are found where they were written', () => {
  const bundle = ['// src/a.ts', 'function send2() {}', '// src/b.ts', 'function u8() {}'];
  const texts: Readonly<Record<string, string>> = {
    'file:///dist/main.js': bundle.join('\n'),
    [new URL('../../../../src/a.ts', import.meta.url).href]: 'function send() {}',
    [new URL('../../../../src/b.ts', import.meta.url).href]: 'function u8() {}',
  };
  const read = frameReader((url) => texts[url] ?? '');
  const call = (functionName: string, url: string, lineNumber = 0): CallFrame => ({
    ...{ functionName, url, lineNumber },
  });
  const profile: CpuProfile = {
    nodes: [
      { id: 1, callFrame: call('(root)', ''), children: [2, 3] },
      { id: 2, callFrame: call('(idle)', '') },
      { id: 3, callFrame: call('send2', 'file:///dist/main.js', 1), children: [4, 5] },
      { id: 4, callFrame: call('', 'file:///x/node_modules/@a/ws/lib/y.js') },
      { id: 5, callFrame: call('u8', 'file:///dist/main.js', 3) },
    ],
    startTime: 1_000,
    samples: [4, 2, 5, 5, 4],
    timeDeltas: [0, 1_000, 1_000, 1_000, 1_000],
  };
  expect(busyStacks(profile, { fromNs: 2e6, toNs: 5e6 }, read)).toEqual([
    stack(2, 'send src/a.ts', 'u8 src/b.ts'),
  ]);
  expect(busyStacks(profile, { fromNs: 5e6, toNs: 9e6 }, read)).toEqual([
    stack(1, 'send src/a.ts', '(anonymous) @a/ws'),
  ]);
});

it('[EX6] threads are told apart by the order in which they begin', () => {
  const names = ['node', 'node', 'node', 'v8:ProfEvntProc', 'a', 'b', 'c', 'd', 'node'];
  const [main, helpers, pool, compaction, profiler] = THREAD_KINDS;
  expect(kindsOf(names)).toEqual([
    ...[main, helpers, helpers, profiler],
    ...[pool, pool, pool, pool, compaction],
  ]);
});
