/** What a seed stands for: clusters, links, faults; and which directions each shape of partition cuts. */
import { describe, expect, it } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { type NodeId, nodeId } from '../../../src/core/types.ts';
import { contradictionInLimits } from '../../../src/rules/contradictions.ts';
import { DEFAULT_PROTOCOL } from '../../../src/rules/timing.ts';
import { directionsOf } from '../../../src/testing/simulation/plan/directions.ts';
import {
  PLAN_VERSION,
  type PlanVersion,
  planOf,
  type SimulationPlan,
} from '../../../src/testing/simulation/plan/plan.ts';
import {
  cutsOf,
  type Fault,
  type PartitionShape,
  planFaults,
} from '../../../src/testing/simulation/plan/plan-faults.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';

const SIZES = [2, 3, 4, 5, 6, 7];
const PLANS = Array.from({ length: 400 }, (_, seed) => planOf(`${seed}`));

/** In the order in which they stand. */
function standing(size: number): readonly NodeId[] {
  return Array.from({ length: size }, (_, at) => nodeId(`n${at + 1}`));
}

function isSinceVersion4(fault: Fault): boolean {
  if (fault.type === 'throws') return /^transfer|^handOver$/.test(fault.place);
  return fault.type === 'deafTo' && fault.codes.some((code) => code > MESSAGE_CODE.Ping);
}

function isDeafness(fault: Fault): fault is Fault<'deafTo'> {
  return fault.type === 'deafTo';
}

/** True: the second hears the first. */
type Hears = (from: number, to: number) => boolean;

function partitioned(shape: PartitionShape, size: number): Hears {
  const members = standing(size);
  const cuts = cutsOf(shape, members, new SeededRandom('cuts'));
  const names = cuts.map(({ from, to }) => `${from} ${to}`);
  expect(new Set(names).size).toBe(names.length);
  for (const { from, to } of cuts) expect(from).not.toBe(to);
  return (from, to) => !names.includes(`${members[from]} ${members[to]}`);
}

/** Who hears whom in both directions; no shape but two is one-sided. */
function friendsOf(at: number, size: number, hears: Hears): readonly number[] {
  return [...Array(size).keys()].filter(
    (other) => other !== at && hears(at, other) && hears(other, at),
  );
}

function friends(shape: PartitionShape, size: number): readonly (readonly number[])[] {
  const hears = partitioned(shape, size);
  const places = [...Array(size).keys()];
  for (const from of places) {
    for (const to of places) expect(hears(from, to)).toBe(hears(to, from));
  }
  return places.map((at) => friendsOf(at, size, hears));
}

describe('a partition among members that stand in a row', () => {
  it.each(SIZES)('[SI4] of shape isolate cuts one of %i off from all the others', (size) => {
    const [first, ...others] = friends('isolate', size);
    expect(first).toEqual([]);
    for (const other of others) expect(other.length).toBe(size - 2);
  });

  it.each(SIZES)('[SI4] of shape split leaves two halves of %i, each whole', (size) => {
    const half = Math.floor(size / 2);
    const sizes = friends('split', size).map((others) => others.length + 1);
    expect(sizes).toEqual([
      ...Array<number>(half).fill(half),
      ...Array<number>(size - half).fill(size - half),
    ]);
  });

  it.each(SIZES)(
    '[SI4] of shape bridge leaves one in the middle of %i connected to both sides',
    (size) => {
      const half = Math.floor(size / 2);
      const all = friends('bridge', size);
      expect(all[half]?.length).toBe(size - 1);
      const left = [...Array(half).keys()];
      for (const at of left)
        expect(all[at]).toEqual([...left.filter((other) => other !== at), half]);
      const right = [...Array(size).keys()].slice(half + 1);
      for (const at of right)
        expect(all[at]).toEqual([half, ...right.filter((other) => other !== at)]);
    },
  );

  it.each(SIZES)('[SI4] of shape chain leaves each of %i its neighbours', (size) => {
    const chain = [...Array(size).keys()].map((at) =>
      [at - 1, at + 1].filter((to) => to >= 0 && to < size),
    );
    expect(friends('chain', size)).toEqual(chain);
  });

  it.each(SIZES.slice(1))(
    '[SI4] of shape ring leaves each of %i two neighbours, and closes',
    (size) => {
      const all = friends('ring', size);
      for (const [at, others] of all.entries()) {
        const ring = [(at + size - 1) % size, (at + 1) % size];
        expect(others).toEqual(ring.sort((left, right) => left - right));
      }
    },
  );

  it.each(SIZES)('[SI4] of shape oneWay lets one half of %i hear and not be heard', (size) => {
    const half = Math.floor(size / 2);
    const hears = partitioned('oneWay', size);
    for (const { from, to } of directionsOf(standing(size))) {
      const [left, right] = [from, to].map((id) => Number(id.slice(1)) - 1);
      const isCut = (left ?? 0) < half && (right ?? 0) >= half;
      expect(hears(left ?? 0, right ?? 0)).toBe(!isCut);
    }
  });

  it('[SI4] of shape random cuts some directions, not always the same', () => {
    const random = new SeededRandom('random');
    const all = Array.from({ length: 50 }, () => cutsOf('random', standing(5), random).length);
    expect(new Set(all).size).toBeGreaterThan(4);
    expect(Math.min(...all)).toBeGreaterThan(0);
    expect(Math.max(...all)).toBeLessThan(20);
  });

  it('[SI4] every two members have a direction each way', () => {
    for (const size of [1, ...SIZES]) {
      expect(directionsOf(standing(size)).length).toBe(size * (size - 1));
    }
  });
});

function nodesOf(fault: Fault): readonly NodeId[] {
  switch (fault.type) {
    case 'crashAll':
    case 'cutLease':
      return [];
    case 'partition':
      return fault.cuts.flatMap(({ from, to }) => [from, to]);
    case 'disorder':
      return fault.directions.flatMap(({ from, to }) => [from, to]);
    case 'deafTo':
    case 'clog':
    case 'reset':
      return [fault.direction.from, fault.direction.to];
    default:
      return [fault.node];
  }
}

describe('a plan', () => {
  it('[SI12] is the same for the same seed, and plain data', () => {
    for (const { seed } of PLANS.slice(0, 40)) expect(planOf(seed)).toEqual(planOf(seed));
    expect(planOf('1').faults).not.toEqual(planOf('2').faults);
    expect(PLANS.every(({ version }) => version === PLAN_VERSION)).toBe(true);
    expect(structuredClone(PLANS)).toEqual(PLANS);
  });

  it('[SI12] names only its own members, in time, in order; a lone member has no links to break', () => {
    for (const { members, faults, troubleMs } of PLANS) {
      const times = faults.map(({ atMs }) => atMs);
      expect(times).toEqual([...times].sort((left, right) => left - right));
      for (const fault of faults) {
        expect(fault.atMs).toBeGreaterThanOrEqual(0);
        expect(fault.atMs).toBeLessThan(troubleMs);
        expect(fault.forMs).toBeGreaterThanOrEqual(0);
        for (const id of nodesOf(fault)) expect(members).toContain(id);
        if (members.length > 1) continue;
        expect(['partition', 'deafTo', 'clog', 'disorder', 'reset']).not.toContain(fault.type);
      }
    }
  });

  it('[SI12] has every size, mode, machine and fault now and then, and most runs leave most faults out', () => {
    const met = (of: (plan: SimulationPlan) => readonly unknown[]): number =>
      new Set(PLANS.flatMap(of)).size;
    expect(met(({ members }) => [members.length])).toBe(7);
    expect(met(({ mode }) => [mode])).toBe(2);
    expect(met(({ workload }) => [workload.machine])).toBe(2);
    expect(met(({ faults }) => faults.map(({ type }) => type))).toBe(20);
    const kinds = PLANS.map(({ faults }) => new Set(faults.map(({ type }) => type)).size);
    expect(kinds.filter((count) => count < 9).length).toBeGreaterThan(PLANS.length / 2);
  });

  it('[SI12] lets a cluster work: links well below the timeouts, timeouts above the heartbeat', () => {
    for (const { timing, link, core, joiners, members, mode, protocol } of PLANS) {
      const { electionTimeoutMinMs, electionTimeoutMaxMs, heartbeatIntervalMs } = timing;
      expect(link.latencyMs * 20).toBeLessThanOrEqual(electionTimeoutMinMs);
      expect(heartbeatIntervalMs * 3).toBeLessThanOrEqual(electionTimeoutMinMs);
      expect(electionTimeoutMinMs).toBeLessThan(electionTimeoutMaxMs);
      expect(core.length * 2).toBeGreaterThan(members.length - joiners.length);
      for (const id of core) expect(members).toContain(id);
      if (mode === 'liveness') expect(protocol).toMatchObject(DEFAULT_PROTOCOL);
    }
  });

  it('[SI12] has limits that contradict each other in nothing, and frames and commands of several sizes', () => {
    for (const { limits } of PLANS) expect(contradictionInLimits(limits)).toBeNull();
    const sizes = (of: (plan: SimulationPlan) => number) => new Set(PLANS.map(of)).size;
    expect(sizes(({ limits }) => limits.frameBytesMax)).toBe(3);
    expect(sizes(({ limits }) => limits.commandBytesMax)).toBeGreaterThanOrEqual(4);
  });

  it('[SI12] has a slow disk now and then, one that keeps up with elections', () => {
    const slow = PLANS.filter(({ slowDisks }) => Object.keys(slowDisks).length > 0);
    expect(slow.length).toBeGreaterThan(PLANS.length / 4);
    expect(slow.length).toBeLessThan(PLANS.length / 2);
    for (const { slowDisks, timing } of slow) {
      const [latencyMs = 0] = Object.values(slowDisks);
      expect(latencyMs * 10).toBeLessThanOrEqual(timing.electionTimeoutMinMs);
    }
  });

  it('[SI12] asks that others lead in half of the runs: members by name, anybody, strangers', () => {
    const requests = PLANS.map(({ faults }) => faults.filter((fault) => fault.type === 'transfer'));
    const requesting = requests.filter((each) => each.length > 0).length;
    expect(requesting).toBeGreaterThan(PLANS.length / 3);
    expect(requesting).toBeLessThan((PLANS.length * 2) / 3);
    const targets = new Set(requests.flat().map(({ to }) => to));
    for (const to of [null, 'nobody', 'n1']) expect(targets).toContain(to);
  });

  it('[SI12] every kind of message is one to which somebody may be deaf, and those of earlier versions stay those', () => {
    const codesOf = (version: PlanVersion): readonly number[] => {
      const plans = PLANS.map(({ seed }) => planOf(seed, version));
      const faults = plans.flatMap((plan) => plan.faults.filter(isDeafness));
      return [...new Set(faults.flatMap(({ codes }) => codes))].sort((a, b) => a - b);
    };
    const all = Object.values(MESSAGE_CODE);
    expect(codesOf(PLAN_VERSION)).toEqual(all);
    expect(codesOf(4)).toEqual(all.filter((code) => code <= 16));
    expect(codesOf(3)).toEqual(all.filter((code) => code <= 11));
  });

  it('[SI12] lets members of two builds meet in some runs: for one life, for some, for good', () => {
    const older = PLANS.map((plan) => plan.older).filter((each) => Object.keys(each).length > 0);
    expect(older.length).toBeGreaterThan(PLANS.length / 8);
    expect(older.length).toBeLessThan(PLANS.length / 3);
    const lives = new Set(older.flatMap((each) => Object.values(each)));
    expect([...lives].sort((a, b) => a - b)).toEqual([1, 2, 4, 1_000]);
    expect(PLANS.every(({ seed }) => Object.keys(planOf(seed, 4).older).length === 0)).toBe(true);
  });

  it('[SI12] of an earlier version is what it was: without what later versions add', () => {
    // Where members come and go, faults come to them as well.
    for (const { seed, limits, faults } of PLANS.filter(({ joiners }) => joiners.length === 0)) {
      const first = planOf(seed, 1);
      const third = planOf(seed, 3);
      expect(first.faults).toEqual(third.faults.filter(({ type }) => type !== 'throws'));
      expect(third.faults.filter(isSinceVersion4)).toEqual([]);
      expect(first.faults.filter(({ type }) => type !== 'deafTo')).toEqual(
        faults.filter(({ type }) => !['throws', 'deafTo', 'transfer', 'cutLease'].includes(type)),
      );
      expect([third.protocol.leaseReads, third.workload.ownReads]).toEqual([undefined, 0]);
      expect(first.slowDisks).toEqual({});
      expect(first.limits.frameBytesMax).toBe(DEFAULT_LIMITS.frameBytesMax);
      expect(first.limits.cacheBytesMax).toBe(limits.cacheBytesMax);
    }
  });

  it('[SI12] a kind of fault that is left out changes nothing about the others', () => {
    const [plan] = PLANS;
    if (plan === undefined) throw new Error('there are plans');
    const faultsOf = (members: readonly NodeId[]) =>
      planFaults(new SeededRandom('same'), { ...plan, members, core: [] });
    const alone = faultsOf(standing(1));
    const timesOf = (faults: readonly Fault[]) =>
      faults
        .filter(({ type }) => alone.some((fault) => fault.type === type))
        .map(({ atMs }) => atMs);
    expect(timesOf(faultsOf(standing(5)))).toEqual(timesOf(alone));
    expect(alone.length).toBeGreaterThan(0);
  });
});
