/**
 * The election experiment itself: five production members on the simulator, a leader whose last entry reached only two
 * of the others, its crash at a moment that is uniform within its heartbeat interval, and the time until another member
 * leads. Heartbeats leave for all four at once, so their clocks start together, as published.
 */
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { type NodeId, nodeId } from '../../../src/core/types.ts';
import { encodeCommand } from '../../../src/kv/commands/command-codec.ts';
import { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import type { ReplicaStatus } from '../../../src/ports/replica.ts';
import { DEFAULT_TIMING } from '../../../src/rules/timing.ts';
import { planOf, type SimulationPlan } from '../../../src/testing/simulation/plan/plan.ts';
import type { LinkQuality } from '../../../src/testing/simulation/runtime/network.ts';
import { shutOutRealWorld } from '../../../src/testing/simulation/runtime/real-world.ts';
import type { SimulatedMember } from '../../../src/testing/simulation/world/member.ts';
import { leaderIn, roleOf, World } from '../../../src/testing/simulation/world/world.ts';
import { MESSAGE_CODE } from '../../../src/transport/message-fields.ts';
import type { Crash, TimeoutRange, Variant } from './settings.ts';

interface StageOptions {
  readonly range: TimeoutRange;
  readonly variant: Variant;
  /** Names the stage; the same seed gives the same trials. */
  readonly seed: string;
  /** How many trials at most, one after the other. */
  readonly trials: number;
  /** Bound: how long a trial waits for a leader, in simulated milliseconds. */
  readonly patienceMs: number;
}

export interface Trial {
  /** From the crash until another member leads, in milliseconds; `null`: nobody did within the bound. */
  readonly leaderlessMs: number | null;
  readonly winner: NodeId | null;
  /** The members that hold the last entry of the old leader. */
  readonly eligible: readonly NodeId[];
  /** By how much the term rose: 1 if the first campaign won. */
  readonly terms: number;
}

/** Bound: preparations of one trial; then the stage is given up, since these timeouts keep no leader. */
const PREPARATIONS_MAX = 100;
/** Members start one after the other, further apart than an election takes: even without chance someone leads. */
const START_APART_MS = 40;
/** Links are as fast as this until the situation is prepared, in milliseconds for one way. */
const FAST_LINK_MS = 0.1;
/** Then they slow down in so many steps, one for each heartbeat, so that nobody misses one. */
const SLOWING_STEPS = 4;
const SETTLED_WITHIN_MS = 10_000;
const WRITE_TIMEOUT_MS = 1_000;
/** A write is on three disks and known to be committed by then, in milliseconds. */
const COMMITTED_WITHIN_MS = 40;
const MEMBERS = ['n1', 'n2', 'n3', 'n4', 'n5'].map(nodeId);
const COMMAND = encodeCommand({ type: 'put', key: Uint8Array.of(1), value: Uint8Array.of(1) });

/**
 * Trials with the same five members, until there are enough of them or nobody was elected. None at all if the first
 * leader was lost before it could be crashed and there was no chance of another. Throws if an invariant breaks, or
 * if a member leads that lacks what was committed.
 */
export async function runStage(options: StageOptions): Promise<readonly Trial[]> {
  const letIn = shutOutRealWorld();
  try {
    const stage = new Stage(options);
    const trials: Trial[] = [];
    while (trials.length < options.trials && trials.at(-1)?.leaderlessMs !== null) {
      const trial = await stage.nextTrial();
      if (trial === null) break;
      trials.push(trial);
    }
    return trials;
  } finally {
    letIn();
  }
}

class Stage {
  readonly #options: StageOptions;
  readonly #world: World;
  #eligible: readonly NodeId[] = [];

  constructor(options: StageOptions) {
    this.#options = options;
    const createMachine = (): KvStateMachine => new KvStateMachine();
    this.#world = new World({ plan: planFor(options), createMachine, isTraced: false });
    for (const [at, member] of this.#world.all.entries()) {
      const { syncMs, asksAtOnce } = options.variant.broadcast;
      member.disk.latencyMs = () => (asksAtOnce && isCandidate(member) ? 0 : syncMs);
      this.#world.clock.setTimeout(() => member.boot(), at * START_APART_MS);
    }
  }

  /** `null` if no leader lasts long enough to be crashed. */
  async nextTrial(): Promise<Trial | null> {
    for (let count = 0; count < PREPARATIONS_MAX; count += 1) {
      const leader = await this.#prepare();
      if (leader === null) continue;
      const trial = await this.#lose(leader);
      this.#regain(leader);
      return trial;
    }
    return null;
  }

  /** `null` if the leader was lost on the way, as happens where timeouts are close to a broadcast. */
  async #prepare(): Promise<SimulatedMember | null> {
    const leader = await this.#settle();
    if (leader === null) return null;
    const { term } = statusOf(leader);
    const others = this.#world.all.filter((member) => member !== leader);
    const shuffled = this.#world.random.shuffle(others);
    this.#eligible = shuffled.slice(0, 2).map(({ id }) => id);
    await this.#write(leader, shuffled.slice(2));
    await this.#slowDown();
    await this.#waitWithinHeartbeats();
    const isLed = this.#world.all.every((member) => statusOf(member).term === term);
    return isLed && roleOf(leader) === 'leader' && this.#isAsMeant(leader) ? leader : null;
  }

  /** The experiment. */
  async #lose(leader: SimulatedMember): Promise<Trial> {
    const world = this.#world;
    const { term } = statusOf(leader);
    const wins: Win[] = [];
    const crashedAtMs = world.now;
    const others = world.all.filter((member) => member !== leader);
    const deafen = others.map((member) =>
      member.node?.onRole(({ role }) => {
        if (role === 'leader') wins.push({ member, afterMs: world.now - crashedAtMs });
      }),
    );
    crash(leader, this.#options.variant.crash);
    await world.runUntilReached(this.#options.patienceMs, () => wins.length > 0);
    for (const stop of deafen) stop?.();
    return this.#judge(wins[0] ?? null, term);
  }

  #judge(win: Win | null, termBefore: number): Trial {
    const eligible = this.#eligible;
    const { violation } = this.#world;
    if (violation !== null) throw this.#broken(`${violation.property}: ${violation.message}`);
    if (win === null) return { leaderlessMs: null, winner: null, eligible, terms: 0 };
    const { id } = win.member;
    if (!eligible.includes(id)) throw this.#broken(`${id} leads without what was committed`);
    const terms = statusOf(win.member).term - termBefore;
    return { leaderlessMs: win.afterMs, winner: id, eligible, terms };
  }

  /** The old leader comes back, on links that are fast and whole again. */
  #regain(leader: SimulatedMember): void {
    const { process } = leader;
    if (process === null) leader.boot();
    else process.thaw();
  }

  /** `null` if nobody came to lead all of them. */
  async #settle(): Promise<SimulatedMember | null> {
    const world = this.#world;
    this.#setLinks(FAST_LINK_MS, 0);
    this.#eachLink((link) => link.blockedCodes.clear());
    const isLed = (): boolean => {
      const id = leaderIn(world)?.id;
      if (id === undefined) return false;
      return world.all.every(({ node }) => node?.status().leader === id && isEven(node.status()));
    };
    return (await world.runUntilReached(SETTLED_WITHIN_MS, isLed)) ? leaderIn(world) : null;
  }

  /** One more entry, which never reaches those who are `left`; nor does the leader hear that it did not. */
  async #write(leader: SimulatedMember, left: readonly SimulatedMember[]): Promise<void> {
    const { network, now } = this.#world;
    const { process, node } = leader;
    for (const { address } of left) {
      network.quality(leader.address, address).blockedCodes.add(MESSAGE_CODE.AppendEntries);
      network.quality(address, leader.address).blockedCodes.add(MESSAGE_CODE.AppendEntriesReply);
    }
    process?.run('input', () => node?.submit(COMMAND, { timeoutMs: WRITE_TIMEOUT_MS }, () => {}));
    await this.#world.runUntil(now);
    for (const { address } of left) {
      network.quality(leader.address, address).blockedCodes.delete(MESSAGE_CODE.AppendEntries);
    }
    await this.#world.runUntil(now + COMMITTED_WITHIN_MS);
  }

  async #slowDown(): Promise<void> {
    const { latencyMs, jitterMs } = this.#options.variant.broadcast;
    for (let step = 1; step <= SLOWING_STEPS; step += 1) {
      const share = step / SLOWING_STEPS;
      this.#setLinks(FAST_LINK_MS + (latencyMs - FAST_LINK_MS) * share, jitterMs * share);
      await this.#world.runUntil(this.#world.now + heartbeatIntervalOf(this.#options.range));
    }
  }

  /** Heartbeats come at a steady pace; so after one of them this moment is uniform within the interval. */
  async #waitWithinHeartbeats(): Promise<void> {
    const { random, now } = this.#world;
    const intervalMs = heartbeatIntervalOf(this.#options.range);
    await this.#world.runUntil(now + intervalMs + random.between(0, intervalMs));
  }

  /** Two of the four have what the leader has, and the other two what it had before. */
  #isAsMeant(leader: SimulatedMember): boolean {
    const { lastIndex, commitIndex } = statusOf(leader);
    if (commitIndex !== lastIndex) return false;
    return this.#world.all.every(({ id, durable }) => {
      const isWhole = id === leader.id || this.#eligible.includes(id);
      return durable.lastIndex === (isWhole ? lastIndex : lastIndex - 1);
    });
  }

  #setLinks(latencyMs: number, jitterMs: number): void {
    this.#eachLink((link) => Object.assign(link, { latencyMs, jitterMs }));
  }

  #eachLink(change: (link: LinkQuality) => void): void {
    const { all, network } = this.#world;
    for (const from of all) {
      for (const to of all) if (from !== to) change(network.quality(from.address, to.address));
    }
  }

  #broken(text: string): Error {
    return new Error(`${this.#options.seed}: ${text}`);
  }
}

interface Win {
  readonly member: SimulatedMember;
  readonly afterMs: number;
}

/** Half of the shortest timeout, as published. */
function heartbeatIntervalOf({ minMs }: TimeoutRange): number {
  return minMs / 2;
}

function crash(member: SimulatedMember, how: Crash): void {
  if (how === 'freeze') member.process?.freeze();
  else member.kill(how);
}

function planFor({ range, variant, seed }: StageOptions): SimulationPlan {
  return {
    ...planOf(seed),
    members: MEMBERS,
    timing: {
      ...DEFAULT_TIMING,
      electionTimeoutMinMs: range.minMs,
      electionTimeoutMaxMs: range.maxMs,
      heartbeatIntervalMs: heartbeatIntervalOf(range),
    },
    protocol: variant.protocol,
    limits: DEFAULT_LIMITS,
    diskLatencyMs: variant.broadcast.syncMs,
    drifts: {},
    link: { latencyMs: FAST_LINK_MS, jitterMs: 0, bytesPerMs: Number.POSITIVE_INFINITY },
    faults: [],
  };
}

function isCandidate({ id, node }: SimulatedMember): boolean {
  return node?.inspection().raft?.votedFor === id;
}

function statusOf({ id, node }: SimulatedMember): ReplicaStatus {
  if (node === null) throw new Error(`${id} is not up`);
  return node.status();
}

function isEven({ lastApplied, lastIndex }: ReplicaStatus): boolean {
  return lastApplied === lastIndex;
}
