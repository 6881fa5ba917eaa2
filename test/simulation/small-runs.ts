/** Whole runs that cost a quarter of a second: three members, two clients, no faults but those that a test adds. */
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { nodeId } from '../../src/core/types.ts';
import { planOf, type SimulationPlan } from '../../src/testing/simulation/plan/plan.ts';

/** Faults come for so long, in simulated milliseconds. */
export const TROUBLE_MS = 3_000;

export const MEMBERS = ['n1', 'n2', 'n3'].map(nodeId);

/** A plan in which nothing goes wrong, but for `changes`. */
export function calmPlan(changes: Partial<SimulationPlan> = {}): SimulationPlan {
  const plan = planOf('small');
  return {
    ...plan,
    mode: 'safety',
    members: MEMBERS,
    joiners: [],
    core: MEMBERS.slice(0, 2),
    timing: {
      heartbeatIntervalMs: 100,
      electionTimeoutMinMs: 400,
      electionTimeoutMaxMs: 800,
      suspicionStepMs: 10,
    },
    protocol: { preVote: true, checkQuorum: true },
    leaseless: null,
    older: {},
    limits: DEFAULT_LIMITS,
    diskLatencyMs: 0.5,
    slowDisks: {},
    drifts: {},
    link: { latencyMs: 0.5, jitterMs: 0, bytesPerMs: 20_000 },
    workload: {
      machine: 'keyValue',
      clients: 2,
      pauseMs: 100,
      timeoutMs: 500,
      restlessness: 1,
      keys: 2,
      reads: 0.4,
      valueBytesMax: 8,
      sessions: null,
      ownReads: 0.5,
    },
    pastEveryMs: null,
    storeLeases: null,
    streams: null,
    troubleMs: TROUBLE_MS,
    faults: [],
    ...changes,
  };
}
