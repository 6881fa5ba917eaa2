/**
 * A cluster of one's own: production nodes under the simulator's clock, network and disks, with nothing wrong but what is
 * done by hand. What is done becomes an event of its own, so that the same deeds at the same steps give the same run.
 */
import { DEFAULT_LIMITS } from '../../../src/core/limits.ts';
import { type NodeId, nodeId } from '../../../src/core/types.ts';
import { DEFAULT_PROTOCOL } from '../../../src/rules/timing.ts';
import { FaultInjector } from '../../../src/testing/simulation/faults/fault-injector.ts';
import type { SimulationPlan } from '../../../src/testing/simulation/plan/plan.ts';
import type { Fault } from '../../../src/testing/simulation/plan/plan-faults.ts';
import { PLAN_VERSION } from '../../../src/testing/simulation/plan/plan-version.ts';
import { shutOutRealWorld } from '../../../src/testing/simulation/runtime/real-world.ts';
import { Supervisor } from '../../../src/testing/simulation/world/supervisor.ts';
import { World } from '../../../src/testing/simulation/world/world.ts';
import { type ClusterRun, type Deed, type FaultByHand, NODES_MAX } from '../run/run.ts';
import { deedInWords } from './deed-words.ts';
import { Gate } from './gate.ts';
import { encodePut, KeptKeys } from './kept-keys.ts';
import type { OnStage } from './stage-hand.ts';
import type { Note, SteppedRun } from './stepped-run.ts';
import { membersOf, Notes, tellTimeOf } from './world-on-stage.ts';

/** How long a write may take, in simulated milliseconds. */
const WRITE_TIMEOUT_MS = 5_000;
/** Clients of the simulator do not call here. */
const NO_CALLS = {
  machine: 'keyValue',
  clients: 0,
  pauseMs: 1_000,
  timeoutMs: WRITE_TIMEOUT_MS,
  restlessness: 0,
  keys: 1,
  reads: 0,
  valueBytesMax: 1,
  sessions: null,
  ownReads: 0,
} as const;
/** Without an end of its own: the hand that did it undoes it. In simulated milliseconds. */
const NOW = { atMs: 0, forMs: 1_000_000_000 };

export interface SteppedCluster extends SteppedRun {
  /** Does it before the next event. */
  readonly perform: (deed: Deed) => void;
}

/** Stands before its first event; moves as its gate lets it. */
export function startCluster(description: ClusterRun, look: () => void): SteppedCluster {
  return new ClusterOnStage(description, look);
}

class ClusterOnStage implements SteppedCluster {
  readonly gate: Gate;
  readonly finished: Promise<void>;
  readonly #world: World;
  readonly #notes = new Notes();
  readonly #supervisor: Supervisor;
  readonly #injector: FaultInjector;
  readonly #active = new Set<Fault>();
  /** Those that found the cluster, and those that were asked to join. The others wait unseen. */
  readonly #cast: Set<NodeId>;

  constructor(description: ClusterRun, look: () => void) {
    const plan = planFor(description);
    this.gate = new Gate(look);
    this.#cast = new Set(plan.core);
    this.#world = new World({ plan, createMachine: () => new KeptKeys(), isTraced: true });
    this.#supervisor = new Supervisor(this.#world);
    this.#injector = new FaultInjector(this.#world, this.#supervisor);
    this.#world.paced = () => {
      this.#performPlanned(description);
      return this.gate.passed();
    };
    this.finished = this.gate.carry(() => this.#run(description));
  }

  readonly nowMs = (): number => this.#world.now;
  readonly members = (): readonly OnStage[] =>
    membersOf(this.#world).filter(({ id }) => this.#cast.has(id));
  readonly takeNotes = (): readonly Note[] =>
    this.#notes.take(this.#world).filter(({ node }) => node === null || this.#cast.has(node));
  readonly broken = (): string | null => this.#world.violation?.message ?? null;
  readonly hash = (): string => this.#world.trace.hash;

  readonly perform = (deed: Deed): void => {
    this.#world.clock.setTimeout(() => this.#carryOut(deed), 0);
  };

  async #run(description: ClusterRun): Promise<void> {
    const letIn = shutOutRealWorld();
    tellTimeOf(this.#world);
    try {
      this.#supervisor.bootAll();
      this.#performPlanned(description);
      await this.#world.runUntil(Number.POSITIVE_INFINITY);
    } finally {
      letIn();
    }
  }

  #performPlanned({ deeds }: ClusterRun): void {
    for (const { step, deed } of deeds) if (step === this.#world.events) this.perform(deed);
  }

  #carryOut(deed: Deed): void {
    switch (deed.type) {
      case 'put':
        this.#tell(deed);
        return this.#put(deed);
      case 'restart':
        return this.#endFaults(deed, (fault) => 'node' in fault && fault.node === deed.node);
      case 'mend':
        return this.#endFaults(deed, (fault) => !('node' in fault));
      default:
        return this.#begin(deed);
    }
  }

  #begin(deed: FaultByHand): void {
    const fault: Fault = { ...NOW, ...deed };
    this.#tell(deed, this.#isInVain(deed));
    if (deed.type === 'change') for (const id of deed.add) this.#cast.add(id);
    this.#active.add(fault);
    this.#injector.beginForEver(fault);
  }

  /** Who is down cannot be killed, nor stand still. */
  #isInVain(deed: FaultByHand): boolean {
    const needsProcess = deed.type === 'crash' || deed.type === 'freeze';
    return needsProcess && this.#world.member(deed.node).state === 'down';
  }

  #endFaults(deed: Deed, isMeant: (fault: Fault) => boolean): void {
    const ended = [...this.#active].filter(isMeant);
    this.#tell(deed, ended.length === 0);
    for (const fault of ended) {
      this.#active.delete(fault);
      this.#injector.end(fault);
    }
  }

  /** Whoever takes one step after a deed sees that it was done, whatever comes of it. */
  #tell(deed: Deed, isInVain = false): void {
    const { node, text } = deedInWords(deed, isInVain);
    this.#world.note(node, text);
  }

  #put({ node: id, key, value }: Deed & { readonly type: 'put' }): void {
    const { node, process, state } = this.#world.member(id);
    if (node === null || process === null || state !== 'up') {
      return this.#world.note(id, `is down, and so takes no write of ${key}`);
    }
    process.run('input', () => {
      node.submit(encodePut(key, value), { timeoutMs: WRITE_TIMEOUT_MS }, (outcome) => {
        const heard = outcome.type === 'failed' ? outcome.error.message : 'it is committed';
        this.#world.note(id, `answers the write of ${key}: ${heard}`);
      });
    });
  }
}

function planFor(description: ClusterRun): SimulationPlan {
  const { nodes, seed, electionTimeoutMinMs, electionTimeoutMaxMs } = description;
  const { heartbeatIntervalMs, latencyMs, jitterMs } = description;
  const members = Array.from({ length: NODES_MAX }, (_, at) => nodeId(`n${at + 1}`));
  return {
    seed,
    version: PLAN_VERSION,
    mode: 'safety',
    members,
    joiners: members.slice(nodes),
    timing: {
      electionTimeoutMinMs,
      electionTimeoutMaxMs,
      heartbeatIntervalMs,
      suspicionStepMs: heartbeatIntervalMs / 2,
    },
    protocol: DEFAULT_PROTOCOL,
    leaseless: null,
    older: {},
    limits: DEFAULT_LIMITS,
    diskLatencyMs: 1,
    slowDisks: {},
    diskStallMs: 2_000,
    snapshotEntries: null,
    trailingEntries: null,
    drifts: {},
    link: { latencyMs, jitterMs, bytesPerMs: Number.POSITIVE_INFINITY },
    workload: NO_CALLS,
    pastEveryMs: null,
    storeLeases: null,
    streams: null,
    troubleMs: 0,
    faults: [],
    core: members.slice(0, nodes),
  };
}
