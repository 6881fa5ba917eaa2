/**
 * One run, from a plan to a verdict. First everything that the plan names goes wrong; a liveness run then mends a
 * core of the members for good and nothing else, and the core must serve; then all of it is mended, and the
 * cluster must come together, serve every caller at every member, agree to the last byte, and hold everything it ever
 * acknowledged through one more loss of power everywhere.
 */

import type { NodeId } from '../../core/types.ts';
import type { NodeInstruments } from '../../node/raft-node.ts';
import type { StateMachine } from '../../ports/state-machine.ts';
import { requireBoundedLogs } from './checks/bounded-logs.ts';
import type { CallBook } from './checks/call-book.ts';
import type { Violation } from './checks/violation.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { isolateOutsiders } from './faults/outsiders.ts';
import type { SimulationPlan } from './plan/plan.ts';
import type { TraceLine } from './report/trace.ts';
import { differenceOf } from './runtime/plain-text.ts';
import { shutOutRealWorld } from './runtime/real-world.ts';
import type { Sometimes } from './runtime/sometimes.ts';
import type { Remote } from './streams/remote.ts';
import type { Subject } from './subjects/subject.ts';
import { allEntriesMs } from './world/all-entries.ts';
import { Clients } from './world/clients.ts';
import { moveLead } from './world/hand-over.ts';
import { Supervisor } from './world/supervisor.ts';
import { describeMembers, isJoint, leaderIn, presentIn, roleOf, World } from './world/world.ts';

export interface SimulateOptions<Input, Output, Machine extends StateMachine> {
  readonly plan: SimulationPlan;
  readonly subject: Subject<Input, Output, Machine>;
  /** Keeps a trace for people; costs time. */
  readonly isTraced?: boolean;
  /** Clients in programs of their own, besides those that call members directly. */
  readonly remote?: (parts: RemoteParts<Input, Output>) => Remote;
  readonly instruments?: NodeInstruments;
  /** Called before the run begins: the place for planted bugs. */
  readonly prepare?: (world: World) => void;
}

/** What such clients are made of. */
export interface RemoteParts<Input, Output> {
  readonly world: World;
  readonly book: CallBook<Input, Output>;
}

export interface SimulationReport {
  readonly seed: string;
  readonly version: number;
  /** Equal exactly for equal runs. */
  readonly hash: string;
  readonly events: number;
  readonly simulatedMs: number;
  readonly crashes: number;
  readonly partitions: number;
  readonly halts: number;
  readonly refusals: number;
  readonly messages: number;
  readonly operations: number;
  readonly succeeded: number;
  readonly committed: number;
  readonly terms: number;
  /** False: the history was too hard to judge within its bound. */
  readonly isDecided: boolean;
  /** `null`: every property held. */
  readonly violation: Violation | null;
  /** What happened of the things that must happen now and then. */
  readonly sometimes: readonly Sometimes[];
  readonly lines: readonly TraceLine[];
}

/** A connection that died without a word is given up after so long, and dialled again (TR19), in milliseconds. */
const RECONNECT_MS = 4_500;
/** A watch of a whole cluster is told something new within so long, in milliseconds. */
const WATCHED_MS = 15_000;
/** Bound: so many times in a row something may be new, and still not all that is waited for. */
const PATIENCE_MAX = 20;
const IN_VAIN = 'a member outside of the core keeps campaigning in vain';
const SURVIVED = 'everyone loses power and nothing acknowledged is lost';
/** How long a run lasts at least, in simulated milliseconds. */
const RUN_MS_MIN = 60_000;

/** Resolves with what was found; rejects only if the simulation itself is broken. */
export async function simulate<Input, Output, Machine extends StateMachine>(
  options: SimulateOptions<Input, Output, Machine>,
): Promise<SimulationReport> {
  const letIn = shutOutRealWorld();
  try {
    return await new Run(options).run();
  } finally {
    letIn();
  }
}

class Run<Input, Output, Machine extends StateMachine> {
  readonly #options: SimulateOptions<Input, Output, Machine>;
  readonly #world: World;
  readonly #supervisor: Supervisor;
  readonly #injector: FaultInjector;
  readonly #clients: Clients<Input, Output, Machine>;
  readonly #remote: Remote | null;

  #isDecided = true;

  constructor(options: SimulateOptions<Input, Output, Machine>) {
    const { plan, subject, isTraced = false, instruments, remote } = options;
    this.#options = options;
    this.#world = new World({
      plan,
      createMachine: subject.create,
      digestOf: (machine) => subject.digest(machine as Machine),
      isTraced,
      ...(instruments === undefined ? {} : { instruments }),
    });
    this.#supervisor = new Supervisor(this.#world);
    this.#injector = new FaultInjector(this.#world, this.#supervisor);
    const random = this.#world.random.fork('clients');
    this.#clients = new Clients({ world: this.#world, subject, random });
    this.#remote = remote?.({ world: this.#world, book: this.#clients.book }) ?? null;
  }

  async run(): Promise<SimulationReport> {
    this.#options.prepare?.(this.#world);
    const phases = [
      () => this.#sufferFaults(),
      () => this.#serveInCore(),
      () => this.#heal(),
      () => this.#handOver(),
      () => this.#serve(),
      () => this.#rest(),
      () => this.#scan(),
      () => requireBoundedLogs(this.#world),
    ];
    for (const phase of phases) {
      if (this.#world.violation === null) await phase();
    }
    if (this.#world.violation === null) this.#judge();
    return this.#report();
  }

  get #plan(): SimulationPlan {
    return this.#options.plan;
  }

  /** The unit of patience: the longest election timeout, stretched for slow clocks, in milliseconds. */
  get #timeoutMs(): number {
    const slowest = Math.min(...Object.values(this.#plan.drifts).map(({ rate }) => rate));
    return this.#plan.timing.electionTimeoutMaxMs * Math.max(1.06, 1 / slowest);
  }

  async #sufferFaults(): Promise<void> {
    const { faults, troubleMs } = this.#plan;
    this.#supervisor.bootAll();
    this.#injector.schedule(faults);
    this.#clients.start();
    this.#remote?.start();
    await this.#world.runUntil(troubleMs);
  }

  /** L04, L06: a core that holds a quorum and is connected makes progress, whatever the others do. */
  async #serveInCore(): Promise<void> {
    const { mode, core } = this.#plan;
    if (mode !== 'liveness') return;
    this.#injector.mendAll();
    this.#supervisor.restartAll();
    isolateOutsiders(this.#world, this.#injector);
    this.#world.note(null, `CORE ${core.join(', ')}`);
    await this.#world.runUntilReached(this.#patienceMs(20), () => this.#coreHasLeader());
    await this.#requireAny('L04', core, 20);
    const outsiders = this.#world.all.filter(({ id }) => !core.includes(id));
    const isCampaigning = outsiders.some((member) => roleOf(member) === 'preCandidate');
    if (isCampaigning) this.#world.sometimes.note(IN_VAIN);
  }

  async #heal(): Promise<void> {
    this.#world.note(null, 'HEAL');
    this.#clients.stop();
    this.#remote?.stop();
    this.#injector.mendAll();
    this.#remote?.mend();
    this.#supervisor.restartAll();
    const isWhole = await this.#world.runUntilReached(this.#patienceMs(10), () => this.#isWhole());
    if (!isWhole) this.#world.report('L01', `no common leader: ${describeMembers(this.#world)}`);
    await this.#settle();
    await this.#converge('L08');
    for (const member of this.#world.all) member.excuse = null;
  }

  /** L10: whatever change was under way is ended, one way or the other. */
  async #settle(): Promise<void> {
    const isSettled = (): boolean => !isJoint(this.#world);
    if (await this.#world.runUntilReached(this.#patienceMs(20), isSettled)) return;
    this.#world.report('L10', `the members are joint for ever: ${describeMembers(this.#world)}`);
  }

  /** L11: where nothing goes wrong leadership moves as is asked for. */
  async #handOver(): Promise<void> {
    if (this.#plan.version < 4) return;
    this.#world.note(null, 'HAND OVER');
    await moveLead(this.#world, this.#patienceMs(10) + this.#plan.workload.timeoutMs * 2);
  }

  /** Every member serves whoever asks it. */
  async #serve(): Promise<void> {
    this.#world.note(null, 'SERVE');
    for (const { id } of presentIn(this.#world)) await this.#requireAny('L14', [id], 10);
    this.#clients.resume();
    this.#remote?.resume();
    await this.#world.runUntil(this.#world.now + 2_000);
    this.#clients.stop();
    this.#remote?.stop();
    await this.#world.runUntilReached(
      this.#plan.workload.timeoutMs * 2,
      () => this.#clients.isIdle && this.#remote?.isIdle !== false,
    );
    await this.#converge('L08');
    await this.#tellWatches();
  }

  /** P03, P04: whoever watches is told everything, as soon as nothing stands in the way. */
  async #tellWatches(): Promise<void> {
    const remote = this.#remote;
    if (remote === null || this.#world.violation !== null) return;
    const told = (): number => remote.toldCount;
    const isTold = await this.#untilReached(WATCHED_MS, () => remote.isThrough(), told);
    if (this.#world.violation !== null) return;
    if (!isTold) this.#world.report('P04', 'a watch is not told what happened long ago');
    this.#isDecided = remote.judge();
  }

  /** L03: where nothing goes wrong nobody campaigns. */
  async #rest(): Promise<void> {
    this.#world.note(null, 'REST');
    const before = leaderIn(this.#world)?.node?.inspection().raft?.term;
    await this.#world.runUntil(Math.max(RUN_MS_MIN - 5_000, this.#world.now + 5 * this.#timeoutMs));
    const after = leaderIn(this.#world)?.node?.inspection().raft?.term;
    if (before !== after)
      this.#world.report('L03', `a calm cluster goes from term ${before} to ${after}`);
  }

  /** S34: what was acknowledged outlives a loss of power everywhere. */
  async #scan(): Promise<void> {
    this.#world.note(null, 'SCAN');
    const { subject } = this.#options;
    const [scanned] = presentIn(this.#world);
    const digest = (): string => {
      const first = scanned && this.#world.member(scanned.id);
      return first === undefined ? '' : subject.digest(first.machine as Machine);
    };
    const before = digest();
    const releases = this.#world.all.map((member) => this.#supervisor.hold(member, 'power'));
    for (const release of releases) release();
    const isWhole = await this.#world.runUntilReached(this.#patienceMs(10), () => this.#isWhole());
    if (!isWhole)
      this.#world.report(
        'L01',
        `no common leader after a power loss: ${describeMembers(this.#world)}`,
      );
    await this.#converge('L08');
    const after = digest();
    const changed = differenceOf(before, after);
    if (after === before) this.#world.sometimes.note(SURVIVED);
    else this.#world.report('S34', `a power loss changed what the machine holds: ${changed}`);
    await this.#world.runUntil(Math.max(RUN_MS_MIN, this.#world.now));
  }

  /** S30, S31, S32. */
  #judge(): void {
    const { history, sometimes, report } = this.#world;
    const { book } = this.#clients;
    book.judgeRefusals(history, report);
    book.judgeSessions(history, report);
    const { fault, isDecided } = this.#options.subject.judge(book.history(history, sometimes));
    this.#isDecided &&= isDecided;
    if (fault !== null) report('S32', fault);
  }

  /** A call at one of these members is carried out in time; asked again until then, as clients would. */
  async #requireAny(property: string, ids: readonly NodeId[], timeouts: number): Promise<void> {
    let isDone = false;
    const asking = new Set<NodeId>();
    const isGone = (id: NodeId): boolean =>
      this.#world.member(id).node?.status().isRemoved === true;
    const ask = (): boolean => {
      // A change that was under way when this began may have taken them all out.
      isDone ||= ids.every(isGone);
      for (const id of ids) {
        if (isDone || asking.has(id)) continue;
        asking.add(id);
        const number = 100 + this.#world.nextStep();
        this.#clients.callAt(this.#world.member(id), number).then((done) => {
          isDone ||= done;
          asking.delete(id);
        });
      }
      return isDone;
    };
    const withinMs =
      this.#patienceMs(timeouts) + allEntriesMs(this.#world) + this.#plan.workload.timeoutMs * 2;
    const committed = (): number => this.#world.history.committedThrough;
    if (await this.#untilReached(withinMs, ask, committed)) return;
    const where = ids.join(', ');
    const text = `no call at ${where} is carried out within ${Math.ceil(withinMs)} ms`;
    this.#world.report(property, `${text}: ${describeMembers(this.#world)}`);
  }

  /** Grows as long as anyone catches up. */
  #applied(): number {
    const applied = presentIn(this.#world).map(({ node }) => node?.inspection().lastApplied ?? 0);
    return applied.reduce((sum: number, through) => sum + through, 0);
  }

  /** L08, S33: everyone has applied everything, and holds the same. */
  async #converge(property: string): Promise<void> {
    const applied = (): number => this.#applied();
    const isEven = await this.#untilReached(this.#patienceMs(10), () => this.#isEven(), applied);
    if (this.#world.violation !== null) return;
    if (!isEven)
      return this.#world.report(
        property,
        `not everyone catches up: ${describeMembers(this.#world)}`,
      );
    const { subject } = this.#options;
    const [digest = '', other] = new Set(
      presentIn(this.#world).map(({ machine }) => subject.digest(machine as Machine)),
    );
    if (other === undefined) return;
    const difference = differenceOf(digest, other);
    this.#world.report('S33', `replicas differ in what they hold: ${difference}`);
  }

  /** However slow the disks and links of this run are: patience ends where `done` no longer grows. */
  async #untilReached(
    withinMs: number,
    isReached: () => boolean,
    done: () => number,
  ): Promise<boolean> {
    for (let before = -1, round = 0; before < done() && round < PATIENCE_MAX; round += 1) {
      before = done();
      if (await this.#world.runUntilReached(withinMs, isReached)) return true;
    }
    return false;
  }

  #patienceMs(timeouts: number): number {
    return timeouts * this.#timeoutMs + RECONNECT_MS;
  }

  #coreHasLeader(): boolean {
    const leader = leaderIn(this.#world);
    return leader !== null && this.#plan.core.includes(leader.id);
  }

  #isWhole(): boolean {
    const leader = leaderIn(this.#world);
    if (leader === null) return false;
    return presentIn(this.#world).every((member) => member.node?.status().leader === leader.id);
  }

  #isEven(): boolean {
    const leader = leaderIn(this.#world)?.node?.inspection();
    const last = leader?.raft?.log.lastIndex;
    if (last === undefined || leader?.raft?.commitIndex !== last) return false;
    return presentIn(this.#world).every((member) => member.node?.inspection().lastApplied === last);
  }

  #report(): SimulationReport {
    const world = this.#world;
    const { seed, version } = this.#plan;
    return {
      seed,
      version,
      hash: world.trace.hash,
      events: world.events,
      simulatedMs: world.now,
      crashes: world.crashes,
      partitions: this.#injector.partitions,
      halts: world.halts,
      refusals: world.refusals,
      messages: world.network.messages,
      operations: this.#clients.book.count,
      succeeded: this.#clients.succeeded,
      committed: world.history.committedThrough,
      terms: world.history.terms,
      isDecided: this.#isDecided,
      violation: world.violation,
      sometimes: world.sometimes.seen,
      lines: world.trace.lines,
    };
  }
}
