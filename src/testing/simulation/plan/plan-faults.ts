/**
 * The faults of one run, drawn before it begins: what happens, to whom, when and for how long. The list is plain
 * data, so that a failing run can be tried again with parts of it (`shrink.ts`).
 */
import type { RaftTiming } from '../../../core/raft-state.ts';
import type { NodeId } from '../../../core/types.ts';
import { MESSAGE_CODE } from '../../../transport/message-fields.ts';
import type { SeededRandom } from '../runtime/random.ts';
import { isPort, SELDOM_PASSED, THROW_PLACES, type ThrowPlace } from '../runtime/trap.ts';

export interface Direction {
  readonly from: NodeId;
  readonly to: NodeId;
}

/** What a link does to messages for a while. */
interface Disorder {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
  readonly replayRate: number;
  readonly breakRate: number;
}

export type PartitionShape =
  | 'isolate'
  | 'split'
  | 'bridge'
  | 'chain'
  | 'ring'
  | 'oneWay'
  | 'random';

/** How a directory is damaged while its node is down. */
export type DamageKind =
  | 'flippedBit'
  | 'missingRecord'
  | 'misdirectedValue'
  | 'damagedFile'
  | 'missingFile';

/** `atMs` counts from the start of the run, `forMs` from there; both in simulated milliseconds. */
export type Fault = { readonly atMs: number; readonly forMs: number } & (
  | { readonly type: 'crash'; readonly node: NodeId; readonly power: boolean }
  | { readonly type: 'stop'; readonly node: NodeId }
  | { readonly type: 'crashAll'; readonly power: boolean }
  | { readonly type: 'freeze'; readonly node: NodeId }
  | {
      readonly type: 'partition';
      readonly shape: PartitionShape;
      readonly cuts: readonly Direction[];
      readonly isHard: boolean;
    }
  | { readonly type: 'deafTo'; readonly direction: Direction; readonly codes: readonly number[] }
  | { readonly type: 'clog'; readonly direction: Direction }
  | {
      readonly type: 'disorder';
      readonly directions: readonly Direction[];
      readonly disorder: Disorder;
    }
  | { readonly type: 'reset'; readonly direction: Direction }
  | { readonly type: 'diskStall'; readonly node: NodeId }
  | { readonly type: 'diskFull'; readonly node: NodeId }
  | { readonly type: 'writeError'; readonly node: NodeId; readonly outcome: 'absent' | 'maybe' }
  | { readonly type: 'readError'; readonly node: NodeId }
  | {
      readonly type: 'throws';
      readonly node: NodeId;
      readonly place: ThrowPlace;
      readonly isAfter: boolean;
    }
  | { readonly type: 'damage'; readonly node: NodeId; readonly kind: DamageKind }
  | { readonly type: 'wipe'; readonly node: NodeId }
  | { readonly type: 'rollback'; readonly node: NodeId }
);

interface FaultScope {
  readonly members: readonly NodeId[];
  readonly timing: RaftTiming;
  readonly troubleMs: number;
  readonly mode: 'safety' | 'liveness';
  readonly core: readonly NodeId[];
}

type Draw = (random: SeededRandom, scope: FaultScope) => Fault;

/** Each with how often it comes, on average, in one run in which it is switched on. */
const KINDS: readonly { readonly draw: Draw; readonly times: number; readonly sizeMin: number }[] =
  [
    { draw: drawCrash, times: 6, sizeMin: 1 },
    { draw: drawCrashAll, times: 2, sizeMin: 1 },
    { draw: drawStop, times: 3, sizeMin: 1 },
    { draw: drawFreeze, times: 5, sizeMin: 1 },
    { draw: drawPartition, times: 6, sizeMin: 2 },
    { draw: drawDeafness, times: 4, sizeMin: 2 },
    { draw: drawClog, times: 4, sizeMin: 2 },
    { draw: drawDisorder, times: 4, sizeMin: 2 },
    { draw: drawReset, times: 6, sizeMin: 2 },
    { draw: drawDiskStall, times: 4, sizeMin: 1 },
    { draw: drawDiskFull, times: 2, sizeMin: 1 },
    { draw: drawWriteError, times: 3, sizeMin: 1 },
    { draw: drawReadError, times: 2, sizeMin: 1 },
    { draw: drawDamage, times: 2, sizeMin: 1 },
    { draw: drawWipe, times: 1, sizeMin: 2 },
    { draw: drawRollback, times: 1, sizeMin: 2 },
    { draw: drawThrow, times: 5, sizeMin: 1 },
  ];

/** In order of time. About every second kind is switched on in a run. */
export function planFaults(random: SeededRandom, scope: FaultScope): readonly Fault[] {
  const share = random.pick([0.1, 0.3, 0.6]);
  const faults = KINDS.flatMap(({ draw, times, sizeMin }, at) => {
    const own = random.fork(at);
    if (scope.members.length < sizeMin || !own.chance(share)) return [];
    return Array.from({ length: own.integer(1, times * 2 - 1) }, () => draw(own, scope));
  });
  return faults.sort((left, right) => left.atMs - right.atMs);
}

function when(
  random: SeededRandom,
  { troubleMs }: FaultScope,
  forMs: number,
): { atMs: number; forMs: number } {
  return { atMs: Math.floor(random.between(0, troubleMs)), forMs: Math.floor(forMs) };
}

/** From a blink to many election timeouts. */
function spell(random: SeededRandom, { timing }: FaultScope): number {
  return (
    timing.electionTimeoutMaxMs * random.pick([0.1, 0.5, 1, 2, 5, 10]) * random.between(0.5, 1.5)
  );
}

function anyNode(random: SeededRandom, { members }: FaultScope): NodeId {
  return random.pick(members);
}

function anyDirection(random: SeededRandom, { members }: FaultScope): Direction {
  const [from, to] = random.shuffle(members);
  if (from === undefined || to === undefined) throw new RangeError('a link takes two members');
  return { from, to };
}

function drawCrash(random: SeededRandom, scope: FaultScope): Fault {
  const forMs = random.chance(0.5) ? random.between(1, 300) : spell(random, scope);
  return {
    ...when(random, scope, forMs),
    type: 'crash',
    node: anyNode(random, scope),
    power: random.chance(0.4),
  };
}

function drawStop(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(2_100, 5_000));
  return { ...time, type: 'stop', node: anyNode(random, scope) };
}

function drawCrashAll(random: SeededRandom, scope: FaultScope): Fault {
  const forMs = random.between(1, 1_000);
  return { ...when(random, scope, forMs), type: 'crashAll', power: random.chance(0.5) };
}

function drawFreeze(random: SeededRandom, scope: FaultScope): Fault {
  return {
    ...when(random, scope, spell(random, scope)),
    type: 'freeze',
    node: anyNode(random, scope),
  };
}

function drawPartition(random: SeededRandom, scope: FaultScope): Fault {
  const shapes = [
    'isolate',
    'isolate',
    'split',
    'bridge',
    'chain',
    'ring',
    'oneWay',
    'random',
  ] as const;
  const shape = random.pick(shapes);
  const cuts = cutsOf(shape, random.shuffle(scope.members), random);
  const time = when(random, scope, spell(random, scope));
  return { ...time, type: 'partition', shape, cuts, isHard: random.chance(0.3) };
}

function drawDeafness(random: SeededRandom, scope: FaultScope): Fault {
  const codes = random.shuffle(Object.values(MESSAGE_CODE)).slice(0, random.integer(1, 3));
  const time = when(random, scope, spell(random, scope));
  return { ...time, type: 'deafTo', direction: anyDirection(random, scope), codes };
}

function drawClog(random: SeededRandom, scope: FaultScope): Fault {
  const forMs = random.between(10, 5_000);
  return { ...when(random, scope, forMs), type: 'clog', direction: anyDirection(random, scope) };
}

function drawDisorder(random: SeededRandom, scope: FaultScope): Fault {
  const rate = (): number => (random.chance(0.5) ? 0 : random.pick([0.01, 0.1, 0.3]));
  const disorder = {
    lossRate: rate(),
    duplicateRate: rate(),
    reorderRate: rate(),
    replayRate: rate(),
    breakRate: rate() / 20,
  };
  const all = directionsOf(scope.members);
  const directions = random.chance(0.5) ? all : [anyDirection(random, scope)];
  return {
    ...when(random, scope, random.between(1_000, 20_000)),
    type: 'disorder',
    directions,
    disorder,
  };
}

function drawReset(random: SeededRandom, scope: FaultScope): Fault {
  return { ...when(random, scope, 0), type: 'reset', direction: anyDirection(random, scope) };
}

function drawDiskStall(random: SeededRandom, scope: FaultScope): Fault {
  const forMs = random.between(10, 4_000);
  return { ...when(random, scope, forMs), type: 'diskStall', node: anyNode(random, scope) };
}

function drawDiskFull(random: SeededRandom, scope: FaultScope): Fault {
  return {
    ...when(random, scope, random.between(100, 8_000)),
    type: 'diskFull',
    node: anyNode(random, scope),
  };
}

function drawWriteError(random: SeededRandom, scope: FaultScope): Fault {
  const outcome = random.pick(['absent', 'maybe'] as const);
  const time = when(random, scope, random.between(100, 3_000));
  return { ...time, type: 'writeError', node: anyNode(random, scope), outcome };
}

function drawReadError(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(100, 3_000));
  return { ...time, type: 'readError', node: anyNode(random, scope) };
}

function drawDamage(random: SeededRandom, scope: FaultScope): Fault {
  const kinds = [
    'flippedBit',
    'missingRecord',
    'misdirectedValue',
    'damagedFile',
    'missingFile',
  ] as const;
  const time = when(random, scope, random.between(500, 10_000));
  return { ...time, type: 'damage', node: anyNode(random, scope), kind: random.pick(kinds) };
}

function drawWipe(random: SeededRandom, scope: FaultScope): Fault {
  return {
    ...when(random, scope, random.between(500, 10_000)),
    type: 'wipe',
    node: anyNode(random, scope),
  };
}

function drawRollback(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(500, 10_000));
  return { ...time, type: 'rollback', node: anyNode(random, scope) };
}

/** It lies in wait for so long: some places are come to many times a second, others once in a life. */
function drawThrow(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(1_000, 20_000));
  const place = random.pick(random.chance(0.5) ? THROW_PLACES : SELDOM_PASSED);
  const isAfter = isPort(place) && random.chance(0.5);
  return { ...time, type: 'throws', node: anyNode(random, scope), place, isAfter };
}

export function directionsOf(members: readonly NodeId[]): readonly Direction[] {
  return members.flatMap((from) => members.filter((to) => to !== from).map((to) => ({ from, to })));
}

/** Which directions a partition cuts among members that stand in a random order. */
export function cutsOf(
  shape: PartitionShape,
  members: readonly NodeId[],
  random: SeededRandom,
): readonly Direction[] {
  const place = new Map(members.map((id, at) => [id, at]));
  const half = Math.floor(members.length / 2);
  const isCut = (from: number, to: number): boolean => {
    switch (shape) {
      case 'isolate':
        return from === 0 || to === 0;
      case 'split':
        return from < half !== to < half;
      case 'bridge':
        return from !== half && to !== half && from < half !== to < half;
      case 'chain':
        return Math.abs(from - to) > 1;
      case 'ring':
        return ![1, members.length - 1].includes(Math.abs(from - to));
      case 'oneWay':
        return from < half && to >= half;
      case 'random':
        return random.chance(0.4);
    }
  };
  return directionsOf(members).filter(({ from, to }) =>
    isCut(place.get(from) ?? 0, place.get(to) ?? 0),
  );
}
