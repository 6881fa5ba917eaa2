/**
 * A whole cluster under one heap of events: members, links, disks, checks. It moves only when told to; after
 * every event the invariants of whoever did something are checked, and the first that does not hold ends the run.
 */
import { isJoint as isJointConfiguration } from '../../../core/configuration.ts';
import type { Role } from '../../../core/effect.ts';
import { RaftError } from '../../../core/errors.ts';
import { OLDEST_PROTOCOL_VERSION } from '../../../core/hello.ts';
import { type NodeId, nodeId } from '../../../core/types.ts';
import type { NodeInstruments, RaftNode } from '../../../node/raft-node.ts';
import type { StateMachine } from '../../../ports/state-machine.ts';
import { everyone } from '../../../rules/configurations.ts';
import { decodeFrame } from '../../../transport/codec.ts';
import { FRAME_KIND } from '../../../transport/frames.ts';
import type { CarriedMessage, Direction } from '../../../transport/memory-network.ts';
import { MESSAGE_CODE } from '../../../transport/message-fields.ts';
import { VirtualClock } from '../../virtual-clock.ts';
import type { DurableLog } from '../checks/durable-log.ts';
import { History } from '../checks/history.ts';
import { checkPromise } from '../checks/promises.ts';
import { type Report, Violation } from '../checks/violation.ts';
import type { SimulationPlan } from '../plan/plan.ts';
import { describeMessage } from '../report/describe-message.ts';
import { Trace } from '../report/trace.ts';
import { codeOf, SimulatedNetwork } from '../runtime/network.ts';
import type { SimulatedProcess } from '../runtime/process.ts';
import { SeededRandom } from '../runtime/random.ts';
import { SometimesLog } from '../runtime/sometimes.ts';
import { addressOf, type MemberEvents, SimulatedMember } from './member.ts';

interface Candidacy {
  readonly node: RaftNode;
  readonly candidate: NodeId;
  readonly term: number;
}

interface WorldOptions {
  readonly plan: SimulationPlan;
  readonly createMachine: () => StateMachine;
  /** Equal texts exactly for equal states; unless it is given, states are not compared (S18). */
  readonly digestOf?: (machine: StateMachine) => string;
  /** Keeps lines for people. */
  readonly isTraced: boolean;
  readonly instruments?: NodeInstruments;
}

/** Told of the lives of members, besides the world itself. */
interface MemberWatcher {
  started(member: SimulatedMember): void;
  /** Its node has ended in good order. */
  stopped(member: SimulatedMember): void;
  ended(member: SimulatedMember, process: SimulatedProcess, kind: 'kill' | 'power'): void;
}

/** Turns that settled promises get before the next event, or chunk of a snapshot: more than any chain of them in the node takes. */
const SETTLING_TURNS = 40;

export class World {
  readonly clock = new VirtualClock();
  readonly random: SeededRandom;
  readonly plan: SimulationPlan;
  readonly createMachine: () => StateMachine;
  readonly digestOf: (machine: StateMachine) => string;
  readonly instruments: NodeInstruments | undefined;
  readonly network: SimulatedNetwork;
  readonly history: History;
  readonly trace: Trace;
  readonly sometimes = new SometimesLog();
  readonly members = new Map<NodeId, SimulatedMember>();
  /** Called when a node has told everyone that it has halted. */
  readonly haltListeners = new Set<(member: SimulatedMember) => void>();
  /** Asked after each event; what it returns holds the run up. For whoever watches it step by step. */
  paced: () => Promise<void> | null = () => null;
  violation: Violation | null = null;
  events = 0;
  crashes = 0;
  halts = 0;
  refusals = 0;
  readonly #isDue = new Set<SimulatedMember>();
  /** Requests for votes that have just come to a node that hears its leader. */
  #unheeded: Candidacy[] = [];
  /** Whom leaders have told to campaign, and in which term. Bound: transfers of one run. */
  readonly #offered = new Set<string>();
  #steps = 0;
  #hasSettled = false;
  /** Promises of clients wait for their turn. */
  #hasPromises = false;
  readonly #watchers: MemberWatcher[] = [];

  constructor({ plan, createMachine, digestOf, isTraced, instruments }: WorldOptions) {
    this.plan = plan;
    this.createMachine = createMachine;
    this.digestOf = digestOf ?? (() => '');
    this.instruments = instruments;
    this.random = new SeededRandom(plan.seed).fork('world');
    this.trace = new Trace(isTraced);
    this.history = new History(this.report);
    this.network = this.#createNetwork();
    for (const id of plan.members) this.members.set(id, new SimulatedMember(id, this));
  }

  get now(): number {
    return this.clock.now();
  }

  get all(): readonly SimulatedMember[] {
    return [...this.members.values()];
  }

  member(id: NodeId): SimulatedMember {
    const member = this.members.get(id);
    if (member === undefined) throw new RangeError(`there is no member ${id}`);
    return member;
  }

  readonly durableOf = (id: NodeId): DurableLog => this.member(id).durable;

  /** A place in the order of everything, never the same twice. */
  nextStep(): number {
    this.#steps += 1;
    return this.#steps;
  }

  /** The first violation ends the run. */
  readonly report: Report = (property, text) => {
    if (this.violation !== null) return;
    this.violation = new Violation(property, text);
    this.note(null, `VIOLATION ${property}: ${text}`);
  };

  note(node: string | null, text: string): void {
    this.trace.note(this.now, node, text);
  }

  /** Runs every event through this simulated time, in milliseconds from the start. */
  async runUntil(endMs: number): Promise<void> {
    if (this.#hasSettled) await this.#settle();
    while (this.violation === null && this.clock.step(endMs)) {
      this.events += 1;
      await undefined;
      if (this.#hasPromises) await this.#runPromises();
      if (this.#hasSettled) await this.#settle();
      for (const member of this.#isDue) member.check();
      this.#isDue.clear();
      if (this.plan.protocol.leaseReads === true) this.#checkLeases();
      if (this.#unheeded.length > 0) this.#checkLoyalty();
      const pause = this.paced();
      if (pause !== null) await pause;
    }
    if (this.violation === null) this.clock.advance(Math.max(0, endMs - this.now));
  }

  /** Runs until `reached`, looked at every few milliseconds; false if `withinMs` were not enough. */
  async runUntilReached(withinMs: number, reached: () => boolean): Promise<boolean> {
    const endMs = this.now + withinMs;
    const stepMs = Math.max(5, this.plan.timing.heartbeatIntervalMs / 2);
    while (this.violation === null && this.now < endMs) {
      if (reached()) return true;
      await this.runUntil(Math.min(endMs, this.now + stepMs));
    }
    return reached();
  }

  watchMembers(watcher: MemberWatcher): void {
    this.#watchers.push(watcher);
  }

  /** An orderly end of a node is over. */
  memberStopped(member: SimulatedMember): void {
    for (const watcher of this.#watchers) watcher.stopped(member);
  }

  /** What waits for promises goes on as far as it can before the next event. */
  letPromisesRun(): void {
    this.#hasPromises = true;
  }

  async #runPromises(): Promise<void> {
    // What is sent meanwhile may let more go on: no timer comes in between, as in a program.
    while (this.#hasPromises) {
      this.#hasPromises = false;
      for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await undefined;
      this.clock.runDeferred();
    }
  }

  /** Lets what waited for a disk go on as far as it can. */
  async #settle(): Promise<void> {
    while (this.#hasSettled) {
      this.#hasSettled = false;
      for (let turns = 0; turns < SETTLING_TURNS; turns += 1) await undefined;
    }
    this.clock.runDeferred();
    for (const member of this.members.values()) this.#isDue.add(member);
  }

  #createNetwork(): SimulatedNetwork {
    const network = new SimulatedNetwork({
      clock: this.clock,
      random: this.random.fork('network'),
      processAt: (address) => {
        const member = this.members.get(idAt(address));
        return member?.process ?? null;
      },
      isHostUp: (address) => this.members.get(idAt(address))?.isHostUp ?? false,
      leaving: (message) => this.#leaving(message),
      sometimes: this.sometimes,
      strayed: (message) => this.#strayed(message),
      arriving: (frame, direction) => this.#arriving(frame, direction),
    });
    const { link, members } = this.plan;
    for (const from of members) {
      for (const to of members) {
        Object.assign(network.quality(addressOf(from), addressOf(to)), link);
      }
    }
    return network;
  }

  #leaving({ from, to, frames }: CarriedMessage): void {
    const head = frames[0];
    if (head === undefined) return;
    this.trace.mix(((head[0] ?? 0) << 16) ^ ((head[1] ?? 0) << 8) ^ (head[2] ?? 0) ^ frames.length);
    this.trace.mix(this.now * 1_000);
    const speaker = this.member(idAt(from));
    const { sprungAt } = speaker.trap;
    if (sprungAt !== null) {
      this.report('S39', `${speaker.id} speaks after its code threw at ${sprungAt}`);
    }
    if (head[4] !== FRAME_KIND.message) return;
    if (head[5] === OLDEST_PROTOCOL_VERSION) {
      this.sometimes.note('two members speak the oldest protocol version');
    }
    const decoded = decodedAsSent(head);
    if (typeof decoded === 'string' || decoded.type !== 'message') {
      this.report('S37', `${idAt(from)} says what nobody understands`);
      return;
    }
    if (speaker.isForeign) return;
    const said = { to: idAt(to), message: decoded.message };
    const { id, durable, node } = speaker;
    checkPromise(this, { id, durable, raft: node?.inspection().raft ?? null }, said);
    const { message } = said;
    if (message.type === 'TimeoutNow') this.#offered.add(offerTo(said.to, message.term + 1));
    if (this.trace.isRecording && decoded.message.type !== 'Ping') {
      this.note(speaker.id, `→ ${said.to} ${describeMessage(decoded.message)}`);
    }
  }

  /** A vote that is asked of a node which hears its leader, as it comes: heeded only if a leader has handed over to who asks (EL13, LT3). */
  #arriving(frame: Uint8Array, { from, to }: Direction): void {
    if (frame[4] !== FRAME_KIND.message || codeOf(frame) !== MESSAGE_CODE.RequestVote) return;
    const decoded = decodedAsSent(frame);
    const { node, isForeign } = this.member(idAt(to));
    if (typeof decoded === 'string' || decoded.type !== 'message' || node === null) return;
    const { raft, isLoyal } = node.inspection();
    const { term } = decoded.message;
    if (this.#offered.has(offerTo(idAt(from), term))) return;
    if (isForeign || !isLoyal || raft === null || term <= raft.term) return;
    if (this.plan.protocol.checkQuorum) {
      this.#unheeded.push({ node, candidate: idAt(from), term });
    }
  }

  /** S29: while a node, by whichever clock, holds a lease, nobody leads a newer term, and so nobody else holds one. */
  #checkLeases(): void {
    const nodes = [...this.members.values()].flatMap(({ node }) => node?.inspection() ?? []);
    const leading = nodes.flatMap(({ leads, raft }) => (leads && raft !== null ? [raft] : []));
    const newest = Math.max(...leading.map(({ term }) => term));
    for (const { holdsLease, raft } of nodes) {
      if (!holdsLease || raft === null || newest <= raft.term) continue;
      const { id, term } = raft;
      this.report('S29', `${id} holds a lease of term ${term}, and another leads term ${newest}`);
    }
  }

  #checkLoyalty(): void {
    for (const { node, candidate, term } of this.#unheeded) {
      const { raft } = node.inspection();
      if (raft?.term !== term) continue;
      this.report('S43', `${node.id} hears its leader, and follows ${candidate} into term ${term}`);
    }
    this.#unheeded = [];
  }

  #strayed({ to, frames }: CarriedMessage): void {
    const decoded = frames[0] === undefined ? 'nothing' : decodedAsSent(frames[0]);
    if (typeof decoded === 'string' || decoded.type !== 'message') return;
    const term = this.members.get(idAt(to))?.node?.inspection().raft?.term ?? 0;
    if (decoded.message.term < term)
      this.sometimes.note('a message of an earlier term arrives late');
  }

  readonly memberEvents: MemberEvents = {
    stepped: (member) => this.#isDue.add(member),
    started: (member) => {
      for (const watcher of this.#watchers) watcher.started(member);
    },
    ended: (member, process, kind) => {
      for (const watcher of this.#watchers) watcher.ended(member, process, kind);
    },
    settled: () => {
      this.#hasSettled = true;
    },
    durable: ({ durable }) => this.trace.mix(durable.lastIndex * 31 + durable.hardState.term),
    stateChanged: (member, text) => {
      this.trace.mix(text.length);
      this.note(member.id, text);
    },
    halted: (member, error) => this.#halted(member, error),
    refused: (member, error) => this.#refused(member, error),
  };

  /** S35, S37: a node halts because of its disk, if there is something wrong with its disk, and for nothing else. */
  #halted(member: SimulatedMember, error: RaftError): void {
    this.halts += 1;
    this.note(member.id, `halts: ${error.code} ${error.message}`);
    for (const heard of this.haltListeners) heard(member);
    if (member.trap.sprungAt !== null) return;
    const isItsDisk = error.code === 'RAFT_STORAGE_FAILED' || error.code === 'RAFT_LOG_REFUSED';
    if (isItsDisk && member.excuse !== null) return;
    this.report('S37', `${member.id} halts without a cause: ${error.code} ${error.message}`);
  }

  /** S35: a directory is refused, in words that say what to do, if something was done to it, and only then. */
  #refused(member: SimulatedMember, error: unknown): void {
    this.refusals += 1;
    this.note(
      member.id,
      `refuses to start: ${error instanceof Error ? error.message : String(error)}`,
    );
    if (member.disk.trouble.isFull) {
      this.sometimes.note('a node does not start while its disk is full');
    }
    if (member.excuse === DAMAGED) this.sometimes.note('a damaged directory is refused');
    // A trap that springs while it starts.
    if (member.trap.sprungAt !== null) return;
    const isRefusal = error instanceof RaftError && error.message.length > 40;
    if (isRefusal && member.excuse !== null) return;
    this.report('S35', `${member.id} refuses to start without a cause: ${String(error)}`);
  }
}

/** The excuse of a member whose disk was damaged while it was down. */
export const DAMAGED = 'its disk is damaged';

function offerTo(id: NodeId, term: number): string {
  return `${id} in ${term}`;
}

/** Whatever version its connection speaks: every frame names it (TR2). */
function decodedAsSent(frame: Uint8Array): ReturnType<typeof decodeFrame> {
  return decodeFrame(frame, frame[5]);
}

function idAt(address: string): NodeId {
  return nodeId(address.slice(0, address.indexOf('.')));
}

/** The member that leads in the newest term, as far as anyone knows. */
export function leaderIn(world: World): SimulatedMember | null {
  const leaders = world.all.filter((member) => roleOf(member) === 'leader');
  const term = (member: SimulatedMember): number => member.node?.inspection().raft?.term ?? 0;
  return leaders.sort((left, right) => term(right) - term(left))[0] ?? null;
}

/** Whether it takes the majorities of both old and new members, as its leader knows it. */
export function isJoint(world: World): boolean {
  const raft = leaderIn(world)?.node?.inspection().raft ?? null;
  return raft === null || isJointConfiguration(raft.configuration);
}

export function roleOf(member: SimulatedMember): Role | null {
  return member.state === 'up' ? (member.node?.status().role ?? null) : null;
}

/** Those who take part, as their leader knows it: others know nothing, or are no members any more. */
export function presentIn(world: World): readonly SimulatedMember[] {
  const raft = leaderIn(world)?.node?.inspection().raft ?? null;
  return raft === null ? [] : everyone(raft).map((id) => world.member(id));
}

/** Those who vote, as their leader knows it. */
export function votersIn(world: World): readonly NodeId[] {
  return leaderIn(world)?.node?.inspection().raft?.configuration.voters ?? [];
}

export function describeMembers(world: World): string {
  return world.all
    .map((member) => {
      const status = member.node?.status();
      if (status === undefined) return `${member.id} ${member.state}`;
      const { role, term, leader, commitIndex, lastIndex, lastApplied } = status;
      return `${member.id} ${member.state} ${role} t${term} of ${leader} ${lastApplied}≤${commitIndex}≤${lastIndex}`;
    })
    .join(' · ');
}
