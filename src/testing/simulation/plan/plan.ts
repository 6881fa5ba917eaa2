/**
 * What a seed stands for: how large the cluster is, how its clocks, disks and links behave, what its clients do,
 * and which faults come when. Everything is drawn here, before the run begins, so that a run can be repeated
 * with fewer faults and nothing else changed. Most runs leave out most kinds of faults: a fault that is always
 * there hides what happens without it (swarm testing).
 */
import { ENTRY_HEADER_BYTES, RUN_HEADER_BYTES } from '../../../core/entry-run.ts';
import { DEFAULT_LIMITS, HEADER_FRAME_BYTES_MAX, type Limits } from '../../../core/limits.ts';
import type { PerMember } from '../../../core/per-member.ts';
import type { RaftProtocol, RaftTiming } from '../../../core/raft-state.ts';
import { type NodeId, nodeId } from '../../../core/types.ts';
import { DEFAULT_PROTOCOL } from '../../../rules/timing.ts';
import type { ClockDrift } from '../runtime/process.ts';
import { SeededRandom } from '../runtime/random.ts';
import type { KeyValueWorkload } from '../subjects/key-value-subject.ts';
import { type Fault, planFaults } from './plan-faults.ts';
import { planLeaseCuts, planLeaseless, withLeaseRate } from './plan-leases.ts';
import { planChanges, planJoiners } from './plan-members.ts';
import { planStoreLeases, type StoreLeasePlan } from './plan-store-leases.ts';
import { planStreams, type StreamPlan } from './plan-streams.ts';
import { planTransfers } from './plan-transfers.ts';
import { PLAN_VERSION, type PlanVersion } from './plan-version.ts';

export { PLAN_VERSION, type PlanVersion };

export interface LinkPlan {
  readonly latencyMs: number;
  readonly jitterMs: number;
  readonly bytesPerMs: number;
}

/** Clients whose commands are in sessions, and are sent again if it is not known what became of them. */
export interface SessionPlan {
  readonly ttlMs: number;
  /** A session is opened so long after it was named, at the latest, in milliseconds. */
  readonly validMs: number;
  /** How often one command is sent, at most. */
  readonly attemptsMax: number;
  /** How likely a command that was answered is sent once more, in `[0, 1]`. */
  readonly repeats: number;
}

export interface WorkloadPlan extends KeyValueWorkload {
  /** Which of the machines that come with the simulator is run, unless the caller brings one. */
  readonly machine: 'keyValue' | 'appendList';
  readonly clients: number;
  /** The average pause between two calls of one client, in milliseconds. */
  readonly pauseMs: number;
  readonly timeoutMs: number;
  /** How likely a client asks another node than the last time. */
  readonly restlessness: number;
  /** `null`: commands are sent once. */
  readonly sessions: SessionPlan | null;
  /** How likely a client asks somebody for what it has just written, in `[0, 1]`. */
  readonly ownReads: number;
}

export interface SimulationPlan {
  readonly seed: string;
  readonly version: number;
  /** `safety`: anything may break, then all of it is mended. `liveness`: a core stays whole, the rest never heals. */
  readonly mode: 'safety' | 'liveness';
  readonly members: readonly NodeId[];
  /** Of them, those that begin outside, and wait to be added; the others found the cluster. */
  readonly joiners: readonly NodeId[];
  readonly timing: RaftTiming;
  readonly protocol: RaftProtocol;
  /** A member that has no leases where all others do; `null`: all have the same. */
  readonly leaseless: NodeId | null;
  /** Members that speak the oldest protocol version in their first so many lives, and then the newest; all others always do. */
  readonly older: PerMember<number>;
  readonly limits: Limits;
  readonly diskLatencyMs: number;
  /** Members whose disks take longer than the others', and how long, in milliseconds. */
  readonly slowDisks: Readonly<Record<string, number>>;
  readonly diskStallMs: number;
  /** A snapshot is taken after so many entries; `null`: none. */
  readonly snapshotEntries: number | null;
  /** So many entries stay in the log behind a snapshot; `null`: all. */
  readonly trailingEntries: number | null;
  readonly drifts: Readonly<Record<string, ClockDrift>>;
  readonly link: LinkPlan;
  readonly workload: WorkloadPlan;
  /** The average time between two looks at the past of the key-value store, of which many let go of some; `null`: none. */
  readonly pastEveryMs: number | null;
  /** Who holds leases, where the machine is the key-value store; `null`: nobody. */
  readonly storeLeases: StoreLeasePlan | null;
  /** Production clients besides, where the machine is the key-value store; `null`: none. */
  readonly streams: StreamPlan | null;
  /** The stretch in which faults come, in simulated milliseconds. */
  readonly troubleMs: number;
  readonly faults: readonly Fault[];
  /** Liveness runs: the members that stay connected; the faults outside of them are for ever. */
  readonly core: readonly NodeId[];
}

/** Faults come for this long, in simulated milliseconds; what follows is mended, and lasts at least another twenty seconds. */
const TROUBLE_MS = 40_000;

/**
 * Everything that a seed stands for; equal seeds of one version have equal plans. Version 1 had neither bugs that throw,
 * nor slow disks, nor small frames and commands, nor programs on the client library, and is otherwise the same; version 2 named
 * fewer places for bugs that throw; version 3 knew no transfers of leadership, no sessions,
 * no snapshots, no reads of what was just written, no leases and no changes of members; in version 4 nobody was deaf to
 * what is said of snapshots, and all spoke one protocol version; in version 5 nobody held leases in the store.
 */
export function planOf(seed: string, version: PlanVersion = PLAN_VERSION): SimulationPlan {
  const random = new SeededRandom(seed).fork('plan');
  const founders = planMembers(random);
  const timing = planTiming(random.fork('timing'), founders.length);
  const workload = planWorkload(random.fork('workload'), version);
  const mode = random.chance(0.5) ? 'safety' : 'liveness';
  const core = random.shuffle(founders).slice(0, Math.floor(founders.length / 2) + 1);
  const mayJoin = version > 3 && mode === 'safety';
  const joiners = mayJoin ? planJoiners(random.fork('joiners'), founders) : [];
  const members = [...founders, ...joiners];
  const protocol = withLeases(planProtocol(random.fork('protocol'), mode), random, version);
  return {
    seed,
    version,
    mode,
    members,
    joiners,
    timing,
    protocol,
    leaseless: planLeaseless(random.fork('leaseless'), members, protocol),
    older: version > 4 ? planOlder(random.fork('older'), members) : {},
    limits: planLimits(random, version),
    diskLatencyMs: random.pick([0.2, 0.5, 1, 3, 10]),
    slowDisks: version === 1 ? {} : planSlowDisks(random.fork('slow disks'), members, timing),
    diskStallMs: 2_000,
    snapshotEntries: version > 3 ? random.fork('snapshots').pick([null, 1, 10, 100]) : null,
    trailingEntries: version > 3 ? random.fork('trailing').pick([0, 0, 1, 20]) : null,
    drifts: planDrifts(random, members, protocol),
    link: planLink(random.fork('link'), timing),
    workload,
    pastEveryMs: version > 3 ? planPast(random.fork('past'), workload) : null,
    storeLeases: version > 5 ? planStoreLeases(random.fork('store leases'), workload) : null,
    // Programs that were told of servers which have gone are shown by processes.
    streams:
      version === 1 || joiners.length > 0
        ? null
        : planStreams(random.fork('streams'), workload, version > 3),
    troubleMs: TROUBLE_MS,
    faults: [
      ...planFaults(random.fork('faults'), {
        members,
        timing,
        troubleMs: TROUBLE_MS,
        mode,
        core,
        version,
      }).filter(({ type }) => mayHappen(type, version, joiners)),
      ...planChanges(random.fork('changes'), { founders, joiners, troubleMs: TROUBLE_MS }),
      ...(version > 3
        ? planTransfers(random.fork('transfers'), { members, troubleMs: TROUBLE_MS })
        : []),
      ...planLeaseCuts(random.fork('lease cuts'), { protocol, timing, troubleMs: TROUBLE_MS }),
    ].sort((left, right) => left.atMs - right.atMs),
    core,
  };
}

/** Where members come and go, one that has not met another yet cannot know that it has another disk than before. */
/** Members of two builds in one cluster, which is as upgrades leave it (UP1): one of them after the other, or none for long. */
function planOlder(random: SeededRandom, members: readonly NodeId[]): PerMember<number> {
  if (random.chance(0.75)) return {};
  const older = members.filter(() => random.chance(0.5));
  return Object.fromEntries(older.map((id) => [id, random.pick([1, 2, 4, 1_000])]));
}

function mayHappen(type: Fault['type'], version: PlanVersion, joiners: readonly NodeId[]): boolean {
  if (type === 'throws') return version > 1;
  return joiners.length === 0 || (type !== 'wipe' && type !== 'rollback');
}

function planMembers(random: SeededRandom): readonly NodeId[] {
  const size = random.pick([1, 2, 3, 3, 3, 3, 4, 5, 5, 5, 6, 7]);
  return Array.from({ length: size }, (_, at) => nodeId(`n${at + 1}`));
}

/** Large clusters get slower hearts: what a simulated second costs grows with the square of the size. */
function planTiming(random: SeededRandom, size: number): RaftTiming {
  const heartbeatIntervalMs = random.pick([50, 100, 150, 250]) * (size > 4 ? 2 : 1);
  const electionTimeoutMinMs = heartbeatIntervalMs * random.pick([3, 4, 6]);
  const spread = random.pick([1.3, 1.6, 2, 2, 3]);
  return {
    heartbeatIntervalMs,
    electionTimeoutMinMs,
    electionTimeoutMaxMs: Math.floor(electionTimeoutMinMs * spread),
    suspicionStepMs: random.pick([1, 10, 25, 100]),
  };
}

/** What keeps a cluster alive under lasting faults is left out only where nothing of the kind is asked of it. */
function planProtocol(random: SeededRandom, mode: 'safety' | 'liveness'): RaftProtocol {
  if (mode === 'liveness') return DEFAULT_PROTOCOL;
  return { preVote: !random.chance(0.15), checkQuorum: !random.chance(0.15) };
}

/** Clocks differ by less than leases bear (`planDrift`, `LEASE_CLOCK_BOUND`). */
function withLeases(
  protocol: RaftProtocol,
  random: SeededRandom,
  version: PlanVersion,
): RaftProtocol {
  if (version < 4 || !random.fork('leases').chance(0.4)) return protocol;
  return { ...protocol, leaseReads: true };
}

/** Half of the runs have the limits that users get, the others some that are reached all the time. */
function planLimits(whole: SeededRandom, version: PlanVersion): Limits {
  const random = whole.fork('limits');
  if (random.chance(0.5)) return DEFAULT_LIMITS;
  const limits = drawLimits(random);
  return version === 1 ? limits : withSmallFrames(limits, whole.fork('frames'));
}

function drawLimits(random: SeededRandom): Limits {
  return {
    ...DEFAULT_LIMITS,
    runBytesMax: random.pick([1, 100, DEFAULT_LIMITS.runBytesMax]),
    messageBytesMax: random.pick([1, 200, DEFAULT_LIMITS.messageBytesMax]),
    inflightMessagesMax: random.pick([1, 2, 16]),
    inflightBytesMax: random.pick([1, 500, DEFAULT_LIMITS.inflightBytesMax]),
    cacheBytesMax: random.pick([1, 2_000, DEFAULT_LIMITS.cacheBytesMax]),
    applyBytesMax: random.pick([1, 300, DEFAULT_LIMITS.applyBytesMax]),
    proposalBytesMax: random.pick([200, DEFAULT_LIMITS.proposalBytesMax]),
    unappliedBytesMax: random.pick([500, DEFAULT_LIMITS.unappliedBytesMax]),
    socketBytesMax: random.pick([300, 5_000, DEFAULT_LIMITS.socketBytesMax]),
    pendingReadsMax: random.pick([1, DEFAULT_LIMITS.pendingReadsMax]),
  };
}

/** What one frame, and one command, may hold; the other limits give way, so that none contradict each other. */
function withSmallFrames(limits: Limits, random: SeededRandom): Limits {
  const frameBytesMax = random.pick([HEADER_FRAME_BYTES_MAX, 50_000, DEFAULT_LIMITS.frameBytesMax]);
  const runBytesMax = frameBytesMax - RUN_HEADER_BYTES;
  const commandBytesMax = random.pick([200, 2_000, DEFAULT_LIMITS.commandBytesMax]);
  return {
    ...limits,
    frameBytesMax,
    commandBytesMax: Math.min(
      commandBytesMax,
      limits.proposalBytesMax,
      runBytesMax - ENTRY_HEADER_BYTES,
    ),
    runBytesMax: Math.min(limits.runBytesMax, runBytesMax),
    messageBytesMax: Math.min(limits.messageBytesMax, runBytesMax),
  };
}

/** One that is slower than the rest: what it holds lags behind what is committed. It still keeps up with elections. */
function planSlowDisks(
  random: SeededRandom,
  members: readonly NodeId[],
  { electionTimeoutMinMs }: RaftTiming,
): Readonly<Record<string, number>> {
  if (!random.chance(0.4)) return {};
  return { [random.pick(members)]: electionTimeoutMinMs / random.pick([10, 20]) };
}

function planDrifts(
  random: SeededRandom,
  members: readonly NodeId[],
  protocol: RaftProtocol,
): SimulationPlan['drifts'] {
  const drifts = members.map((id) => {
    const own = random.fork(`drift ${id}`);
    return [id, withLeaseRate(planDrift(own), own, protocol)] as const;
  });
  return Object.fromEntries(drifts);
}

function planDrift(random: SeededRandom): ClockDrift {
  return {
    startMs: random.between(0, 1_000_000),
    rate: random.chance(0.3) ? random.between(0.95, 1.05) : 1,
    wallSkewMs: random.chance(0.3) ? random.between(-3_600_000, 3_600_000) : 0,
  };
}

/** A round trip stays well below the shortest election timeout; without that no cluster can work. */
function planLink(random: SeededRandom, { electionTimeoutMinMs }: RaftTiming): LinkPlan {
  const latencyMs = Math.min(random.pick([0.1, 0.5, 2, 10]), electionTimeoutMinMs / 20);
  return {
    latencyMs,
    jitterMs: random.pick([0, latencyMs / 2, latencyMs * 2]),
    bytesPerMs: random.pick([2_000, 20_000, Number.POSITIVE_INFINITY]),
  };
}

function planWorkload(random: SeededRandom, version: PlanVersion): WorkloadPlan {
  return {
    machine: random.fork('machine').chance(0.25) ? 'appendList' : 'keyValue',
    clients: random.pick([1, 2, 4, 8]),
    pauseMs: random.pick([200, 500, 1_000, 3_000]),
    timeoutMs: random.pick([500, 2_000, 5_000]),
    restlessness: random.pick([0, 0.1, 1]),
    keys: random.pick([1, 2, 5, 20]),
    reads: random.pick([0.1, 0.4, 0.8]),
    valueBytesMax: random.pick([8, 100, 4_000]),
    sessions: version < 4 ? null : planSessions(random.fork('sessions')),
    ownReads: version < 4 ? 0 : random.fork('own reads').pick([0, 0.2, 1]),
  };
}

/** What it is made of would be gone in most runs, if it were let go of in all. */
function planPast(random: SeededRandom, { machine }: WorkloadPlan): number | null {
  if (machine !== 'keyValue' || random.chance(0.5)) return null;
  return random.pick([100, 500, 3_000]);
}

/** Half of the runs have them, and many of those sessions are over soon. */
function planSessions(random: SeededRandom): SessionPlan | null {
  if (random.chance(0.5)) return null;
  return {
    ttlMs: random.pick([1_000, 3_000, 60_000]),
    validMs: random.pick([500, 5_000, 60_000]),
    attemptsMax: random.pick([2, 5, 20]),
    repeats: random.pick([0, 0.2]),
  };
}
