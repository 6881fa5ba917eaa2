/**
 * The faults of one run, drawn before it begins: what happens, to whom, when and for how long. The list is plain
 * data, so that a failing run can be tried again with parts of it (`shrink.ts`).
 */
import type { RaftTiming } from '../../../core/raft-state.ts';
import type { NodeId } from '../../../core/types.ts';
import { MESSAGE_CODE } from '../../../transport/message-fields.ts';
import type { SeededRandom } from '../runtime/random.ts';
import {
  isPort,
  MEMBERSHIP_PLACES,
  SELDOM_PASSED,
  THROW_PLACES,
  type ThrowPlace,
} from '../runtime/trap.ts';
import { type Direction, directionsOf } from './directions.ts';

/** What a link does to messages for a while. */
export interface Disorder {
  readonly lossRate: number;
  readonly duplicateRate: number;
  readonly reorderRate: number;
  readonly replayRate: number;
  readonly breakRate: number;
}

/** As often as they are drawn. */
const SHAPES = [
  'isolate',
  'isolate',
  'split',
  'bridge',
  'chain',
  'ring',
  'oneWay',
  'random',
] as const;
export type PartitionShape = (typeof SHAPES)[number];

/** How a directory is damaged while its node is down. */
export const DAMAGE_KINDS = [
  'flippedBit',
  'missingRecord',
  'misdirectedValue',
  'damagedFile',
  'missingFile',
] as const;
export type DamageKind = (typeof DAMAGE_KINDS)[number];

export interface OnNode {
  readonly node: NodeId;
}

export interface OnLink {
  readonly direction: Direction;
}

/** What each kind of fault says of itself, besides its time. */
export interface FaultKinds {
  readonly crash: OnNode & { readonly power: boolean };
  readonly stop: OnNode;
  readonly crashAll: { readonly power: boolean };
  readonly freeze: OnNode;
  readonly partition: {
    readonly shape: PartitionShape;
    readonly cuts: readonly Direction[];
    readonly isHard: boolean;
  };
  readonly deafTo: OnLink & { readonly codes: readonly number[] };
  readonly clog: OnLink;
  readonly disorder: { readonly directions: readonly Direction[]; readonly disorder: Disorder };
  readonly reset: OnLink;
  readonly diskStall: OnNode;
  readonly diskFull: OnNode;
  readonly writeError: OnNode & { readonly outcome: 'absent' | 'maybe' };
  readonly readError: OnNode;
  readonly throws: OnNode & { readonly place: ThrowPlace; readonly isAfter: boolean };
  readonly damage: OnNode & { readonly kind: DamageKind };
  readonly wipe: OnNode;
  readonly rollback: OnNode;
  /** Somebody asks a member to change who the members are. */
  readonly change: OnNode & {
    readonly add: readonly NodeId[];
    readonly promote: readonly NodeId[];
    readonly remove: readonly NodeId[];
  };
  /** Whoever is the next to get a lease is cut off from all others at once. */
  readonly cutLease: { readonly isHard: boolean };
  /** Somebody asks a member that another lead; `null`: whoever is fittest. */
  readonly transfer: OnNode & { readonly to: NodeId | null };
}

/** `atMs` counts from the start of the run, `forMs` from there; both in simulated milliseconds. */
export type Fault<Type extends keyof FaultKinds = keyof FaultKinds> = {
  [Each in Type]: FaultTime & { readonly type: Each } & FaultKinds[Each];
}[Type];

export interface FaultTime {
  readonly atMs: number;
  readonly forMs: number;
}

interface FaultScope {
  readonly members: readonly NodeId[];
  readonly timing: RaftTiming;
  readonly troubleMs: number;
  readonly mode: 'safety' | 'liveness';
  readonly core: readonly NodeId[];
  /** Of the plan: an older one knows fewer messages and places. */
  readonly version: number;
}

type Draw<Result> = (random: SeededRandom, scope: FaultScope) => Result;

interface Drawing {
  readonly draw: Draw<Fault>;
  /** How often it comes, on average, in one run in which it is switched on. */
  readonly times: number;
  /** How many members it takes. */
  readonly sizeMin: number;
}

/** Each draws from a generator that is named after its place here. */
const DRAWINGS: readonly Drawing[] = [
  { draw: drawCrash, times: 6, sizeMin: 1 },
  { draw: drawCrashAll, times: 2, sizeMin: 1 },
  { draw: onNode('stop', between(2_100, 5_000)), times: 3, sizeMin: 1 },
  { draw: onNode('freeze', spell), times: 5, sizeMin: 1 },
  { draw: drawPartition, times: 6, sizeMin: 2 },
  { draw: drawDeafness, times: 4, sizeMin: 2 },
  { draw: onLink('clog', between(10, 5_000)), times: 4, sizeMin: 2 },
  { draw: drawDisorder, times: 4, sizeMin: 2 },
  { draw: onLink('reset', () => 0), times: 6, sizeMin: 2 },
  { draw: onNode('diskStall', between(10, 4_000)), times: 4, sizeMin: 1 },
  { draw: onNode('diskFull', between(100, 8_000)), times: 2, sizeMin: 1 },
  { draw: drawWriteError, times: 3, sizeMin: 1 },
  { draw: onNode('readError', between(100, 3_000)), times: 2, sizeMin: 1 },
  { draw: drawDamage, times: 2, sizeMin: 1 },
  { draw: onNode('wipe', between(500, 10_000)), times: 1, sizeMin: 2 },
  { draw: onNode('rollback', between(500, 10_000)), times: 1, sizeMin: 2 },
  { draw: drawThrow, times: 5, sizeMin: 1 },
];

/** In order of time. About every second kind is switched on in a run. */
export function planFaults(random: SeededRandom, scope: FaultScope): readonly Fault[] {
  const share = random.pick([0.1, 0.3, 0.6]);
  const faults = DRAWINGS.flatMap(({ draw, times, sizeMin }, at) => {
    const own = random.fork(at);
    if (scope.members.length < sizeMin || !own.chance(share)) return [];
    return Array.from({ length: own.integer(1, times * 2 - 1) }, () => draw(own, scope));
  });
  return faults.sort((left, right) => left.atMs - right.atMs);
}

function onNode(
  type: 'stop' | 'freeze' | 'diskStall' | 'diskFull' | 'readError' | 'wipe' | 'rollback',
  lasts: Draw<number>,
): Draw<Fault> {
  return (random, scope) => ({
    ...when(random, scope, lasts(random, scope)),
    type,
    node: random.pick(scope.members),
  });
}

function onLink(type: 'clog' | 'reset', lasts: Draw<number>): Draw<Fault> {
  return (random, scope) => ({
    ...when(random, scope, lasts(random, scope)),
    type,
    direction: anyDirection(random, scope),
  });
}

function when(random: SeededRandom, { troubleMs }: FaultScope, forMs: number): FaultTime {
  return { atMs: Math.floor(random.between(0, troubleMs)), forMs: Math.floor(forMs) };
}

function between(fromMs: number, toMs: number): Draw<number> {
  return (random) => random.between(fromMs, toMs);
}

/** From a blink to many election timeouts. */
function spell(random: SeededRandom, { timing }: FaultScope): number {
  return (
    timing.electionTimeoutMaxMs * random.pick([0.1, 0.5, 1, 2, 5, 10]) * random.between(0.5, 1.5)
  );
}

function anyDirection(random: SeededRandom, { members }: FaultScope): Direction {
  const [from, to] = random.shuffle(members);
  if (from === undefined || to === undefined) throw new RangeError('a link takes two members');
  return { from, to };
}

function drawCrash(random: SeededRandom, scope: FaultScope): Fault {
  const forMs = random.chance(0.5) ? random.between(1, 300) : spell(random, scope);
  const time = when(random, scope, forMs);
  const node = random.pick(scope.members);
  return { ...time, type: 'crash', node, power: random.chance(0.4) };
}

function drawCrashAll(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(1, 1_000));
  return { ...time, type: 'crashAll', power: random.chance(0.5) };
}

function drawPartition(random: SeededRandom, scope: FaultScope): Fault {
  const shape = random.pick(SHAPES);
  const cuts = cutsOf(shape, random.shuffle(scope.members), random);
  const time = when(random, scope, spell(random, scope));
  return { ...time, type: 'partition', shape, cuts, isHard: random.chance(0.3) };
}

function drawDeafness(random: SeededRandom, scope: FaultScope): Fault {
  const newest = NEWEST[scope.version] ?? Number.POSITIVE_INFINITY;
  const known = Object.values(MESSAGE_CODE).filter((code) => code <= newest);
  const codes = random.shuffle(known).slice(0, random.integer(1, 3));
  const time = when(random, scope, spell(random, scope));
  return { ...time, type: 'deafTo', direction: anyDirection(random, scope), codes };
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
  const time = when(random, scope, random.between(1_000, 20_000));
  return { ...time, type: 'disorder', directions, disorder };
}

function drawWriteError(random: SeededRandom, scope: FaultScope): Fault {
  const outcome = random.pick(['absent', 'maybe'] as const);
  const time = when(random, scope, random.between(100, 3_000));
  return { ...time, type: 'writeError', node: random.pick(scope.members), outcome };
}

function drawDamage(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(500, 10_000));
  const node = random.pick(scope.members);
  return { ...time, type: 'damage', node, kind: random.pick(DAMAGE_KINDS) };
}

/** The newest messages that plans of older versions knew; those of the present one know all. */
const NEWEST: Readonly<Record<number, number>> = {
  1: MESSAGE_CODE.Ping,
  3: MESSAGE_CODE.Ping,
  4: MESSAGE_CODE.ChangeMembersReply,
};

/** Beside those of transfers. */
const NEW_PLACES: readonly ThrowPlace[] = [
  ...MEMBERSHIP_PLACES,
  'captureSnapshot',
  'storeSnapshot',
  'compactLog',
  'moveBase',
  'offerSnapshot',
  'pullSnapshot',
  'endPull',
  'installSnapshot',
  'restore',
  'snapshotEnded',
  'handOver',
];

/** No plan knows them so far, or plans of old would draw others. */
const UNPLANNED_PLACES: readonly ThrowPlace[] = ['leadExpected'];
const PLANNED_PLACES = THROW_PLACES.filter((place) => !UNPLANNED_PLACES.includes(place));

function isKnownToVersion3(place: ThrowPlace): boolean {
  return !place.startsWith('transfer') && !NEW_PLACES.includes(place);
}

/** It lies in wait for so long: some places are come to many times a second, others once in a life. */
function drawThrow(random: SeededRandom, scope: FaultScope): Fault {
  const time = when(random, scope, random.between(1_000, 20_000));
  const known = scope.version > 3 ? PLANNED_PLACES : PLANNED_PLACES.filter(isKnownToVersion3);
  const place = random.pick(random.chance(0.5) ? known : SELDOM_PASSED);
  const isAfter = isPort(place) && random.chance(0.5);
  return { ...time, type: 'throws', node: random.pick(scope.members), place, isAfter };
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
