/**
 * One simulated node through all its lives: a disk that stays, a process that comes and goes, and in it the
 * production node on the production log store, codec and charts.
 */
import type { RaftError } from '../../../core/errors.ts';
import type { HardState } from '../../../core/hard-state.ts';
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../../core/hello.ts';
import { ofMember } from '../../../core/per-member.ts';
import { lastLog } from '../../../core/term-runs.ts';
import type { NodeId } from '../../../core/types.ts';
import {
  type NodeInstruments,
  type RaftNode,
  type RaftNodeOptions,
  startRaftNode,
} from '../../../node/raft-node.ts';
import type { LogStore, RecoveredLog } from '../../../ports/log-store.ts';
import type { MembersEvent } from '../../../ports/replica.ts';
import type { StateMachine } from '../../../ports/state-machine.ts';
import { LevelLogStore } from '../../../storage/level-log-store.ts';
import { type MemoryTransport, memoryTransport } from '../../../transport/memory-transport.ts';
import type { VirtualClock } from '../../virtual-clock.ts';
import { DurableLog } from '../checks/durable-log.ts';
import type { History } from '../checks/history.ts';
import { Invariants } from '../checks/invariants.ts';
import { TransferWatch } from '../checks/transfer-watch.ts';
import type { Report } from '../checks/violation.ts';
import type { DiskContent } from '../disk/simulated-content.ts';
import { simulatedDatabase } from '../disk/simulated-database.ts';
import { SimulatedDisk } from '../disk/simulated-disk.ts';
import { simulatedFiles } from '../disk/simulated-files.ts';
import type { SimulationPlan } from '../plan/plan.ts';
import type { SimulatedNetwork } from '../runtime/network.ts';
import { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import { type Planted, Trap, trapped } from '../runtime/trap.ts';
import { watched } from './watched-machine.ts';

/** So that the small snapshots of a simulation come to what large ones come to. */
const SMALL_GROWTH = { heldBytesMax: 1_024, rewrittenChunksMax: 6 };

/** What a member needs of the world that it lives in. */
interface MemberPorts {
  readonly plan: SimulationPlan;
  readonly random: SeededRandom;
  readonly clock: VirtualClock;
  readonly network: SimulatedNetwork;
  readonly history: History;
  readonly sometimes: SometimesLog;
  readonly report: Report;
  readonly durableOf: (id: NodeId) => DurableLog;
  readonly createMachine: () => StateMachine;
  /** Equal texts exactly for equal states. */
  readonly digestOf: (machine: StateMachine) => string;
  readonly instruments: NodeInstruments | undefined;
  readonly memberEvents: MemberEvents;
}

/** What a member tells the simulation. */
export interface MemberEvents {
  stepped(member: SimulatedMember): void;
  started(member: SimulatedMember): void;
  /** After the process is gone. */
  ended(member: SimulatedMember, process: SimulatedProcess, kind: 'kill' | 'power'): void;
  settled(): void;
  stateChanged(member: SimulatedMember, text: string): void;
  durable(member: SimulatedMember): void;
  halted(member: SimulatedMember, error: RaftError): void;
  refused(member: SimulatedMember, error: unknown): void;
}

type MemberState = 'down' | 'starting' | 'up' | 'refused' | 'halted';

export class SimulatedMember {
  readonly id: NodeId;
  readonly address: string;
  readonly disk: SimulatedDisk;
  /** Of its own disk, also while another one is in its place. */
  readonly durable: DurableLog;
  #written: DurableLog;
  readonly #world: MemberPorts;
  readonly #random: SeededRandom;
  process: SimulatedProcess | null = null;
  node: RaftNode | null = null;
  machine: StateMachine;
  state: MemberState = 'down';
  /** Why this member may halt or be refused; `null`: nothing was done to it that would excuse either. */
  excuse: string | null = null;
  /** True while its disk is not its own: empty, or of another time. Nobody may listen to it, and nothing is checked. */
  isForeign = false;
  /** False after a power loss, until it boots: not even its operating system answers. */
  isHostUp = true;
  /** Lives that found the disk whole. */
  starts = 0;
  /** Where its code will throw, in whichever life comes there. */
  readonly planted = new Set<Planted>();
  /** Of the present life. */
  trap = new Trap();
  #transport: MemoryTransport | null = null;
  #invariants: Invariants | null = null;
  #transfers = new TransferWatch();
  #lives = 0;

  constructor(id: NodeId, world: MemberPorts) {
    const { plan, clock, memberEvents: events, sometimes } = world;
    this.id = id;
    this.address = addressOf(id);
    this.#world = world;
    this.#random = world.random.fork(id);
    this.machine = world.createMachine();
    this.durable = this.#createDurable();
    this.#written = this.durable;
    this.disk = new SimulatedDisk({
      clock,
      random: this.#random.fork('disk'),
      latencyMs: plan.slowDisks[id] ?? plan.diskLatencyMs,
      durable: (changes) => {
        this.#written.note(changes);
        events.durable(this);
      },
      settled: events.settled,
      sometimes,
    });
  }

  get lives(): number {
    return this.#lives;
  }

  /** Begins a life on whatever the disk holds. */
  boot(): void {
    const { plan, clock, memberEvents: events, report } = this.#world;
    this.#lives += 1;
    this.state = 'starting';
    this.isHostUp = true;
    this.machine = this.#world.createMachine();
    this.#invariants = new Invariants(this, this.#world);
    this.#transfers = new TransferWatch();
    this.trap = this.#createTrap();
    const drift = plan.drifts[this.id];
    const process = new SimulatedProcess({
      name: this.id,
      clock,
      ...(drift !== undefined && { drift }),
      stepped: () => events.stepped(this),
      threw: (error) => report('S37', `${this.id}: an exception escaped: ${String(error)}`),
    });
    this.process = process;
    process.run('input', () => this.#start(process, this.#random.fork(`life ${this.#lives}`)));
  }

  /** Ends the life as SIGKILL does, or as a power loss does. */
  kill(kind: 'kill' | 'power'): void {
    const { process } = this;
    if (process === null) return;
    process.kill();
    this.#transport?.abandon({ reset: kind === 'kill' });
    this.disk.crash(kind);
    this.isHostUp = kind === 'kill';
    this.process = null;
    this.node = null;
    this.#transport = null;
    this.#invariants = null;
    this.state = 'down';
    this.#world.memberEvents.stateChanged(this, kind === 'kill' ? 'is killed' : 'loses power');
    this.#world.memberEvents.ended(this, process, kind);
  }

  /** Looks at the node after it has done something. */
  check(): void {
    if (this.node === null || this.state !== 'up' || this.isForeign) return;
    const { sprungAt } = this.trap;
    const { lifecycle } = this.node.inspection();
    // What throws in the last write of an orderly end finds a node that does nothing more.
    if (sprungAt !== null && lifecycle !== 'halted' && lifecycle !== 'stopped') {
      this.#world.report('S39', `${this.id} goes on after its code threw at ${sprungAt}`);
    }
    this.#checkInvariants();
    if (lifecycle === 'running') this.#checkTransfer(this.node, this.process);
  }

  #checkTransfer(node: RaftNode, process: SimulatedProcess | null): void {
    const { raft } = node.inspection();
    if (raft === null || process === null) return;
    const { clock, plan, report } = this.#world;
    const { rate = 1 } = plan.drifts[this.id] ?? {};
    const wasFrozenSince = (timeMs: number): boolean => process.wasFrozenSince(timeMs);
    this.#transfers.check(raft, { atMs: clock.now(), rate, wasFrozenSince }, report);
  }

  #checkInvariants(): void {
    if (this.node !== null && !this.isForeign) this.#invariants?.check(this.node.inspection());
  }

  /** Puts another disk in the place of its own, while it is down; returns what undoes that. */
  swapDisk(content: DiskContent): () => void {
    const own = this.disk.copy();
    this.disk.restore(content);
    // Nobody looks at what is on it.
    this.#written = new DurableLog({ historyThrough: () => [] });
    this.isForeign = true;
    return () => {
      this.disk.restore(own);
      this.#written = this.durable;
      this.isForeign = false;
    };
  }

  #createTrap(): Trap {
    const { report, sometimes } = this.#world;
    const { planted } = this;
    const trap: Trap = new Trap({
      planted,
      // A step that ends so is never looked at again, and what it has said so far counts.
      sprung: (place) => {
        sometimes.note(`the code of a node throws at ${place}`);
        this.#checkInvariants();
      },
      late: (place) =>
        report('S39', `${this.id} asks for ${place} after its code threw at ${trap.sprungAt}`),
    });
    return trap;
  }

  #createDurable(): DurableLog {
    const { history } = this.#world;
    return new DurableLog({
      appended: (at, entry) => history.noteEntry(this.id, at, entry),
      historyThrough: (base) => history.logThrough(base),
      hardStateChanged: (before, after) => this.#hardStateChanged(before, after),
    });
  }

  #start(process: SimulatedProcess, random: SeededRandom): void {
    const { plan, memberEvents: events, network, instruments } = this.#world;
    const { timing, protocol, limits, diskStallMs, snapshotEntries, trailingEntries } = plan;
    const cuts = random.fork('cuts');
    const { address } = this;
    const isOlder = this.#lives <= (ofMember(plan.older, this.id) ?? 0);
    const protocolVersion = isOlder ? OLDEST_PROTOCOL_VERSION : PROTOCOL_VERSION;
    const { memory } = network;
    const transport = memoryTransport({ network: memory, address, limits, protocolVersion });
    this.#transport = transport;
    const options = {
      id: this.id,
      clusterId: 'simulated',
      ...this.#belonging(),
      store: this.#store(process, random.fork('words')),
      transport,
      machine: this.#machine(),
      clock: process.clock,
      random: random.fork('node'),
      timing,
      protocol: plan.leaseless === this.id ? { ...protocol, leaseReads: false } : protocol,
      limits,
      diskStallMs,
      snapshots: { entries: snapshotEntries, trailingEntries },
      instruments: { ...instruments, cutsSlice: () => cuts.chance(CUT_SHARE) },
    };
    startRaftNode(trapped(options, this.trap)).then(
      (node) => this.#started(process, node),
      (error: unknown) => {
        if (this.process !== process) return;
        this.state = 'refused';
        events.refused(this, error);
      },
    );
    events.settled();
  }

  #machine(): StateMachine {
    if (this.isForeign) return this.machine;
    const { digestOf, history, memberEvents, sometimes } = this.#world;
    const restored = (): void => {
      const isRunning = this.state === 'up';
      sometimes.note(
        isRunning
          ? 'a running member is restored from a snapshot'
          : 'a member starts from a snapshot',
      );
    };
    const shared = (): void => sometimes.note('a snapshot takes over chunks of the one before');
    const { settled } = memberEvents;
    const told = { restored, settled, shared };
    return watched(this.machine, { id: this.id, digestOf, history, ...told });
  }

  #belonging(): Pick<RaftNodeOptions, 'isJoining' | 'members'> {
    const { joiners, members } = this.#world.plan;
    const isJoining = joiners.includes(this.id);
    const told = isJoining ? [this.id] : members.filter((id) => !joiners.includes(id));
    return { isJoining, members: Object.fromEntries(told.map((id) => [id, addressOf(id)])) };
  }

  #started(process: SimulatedProcess, node: RaftNode): void {
    if (this.process !== process) return;
    const { memberEvents: events, sometimes } = this.#world;
    this.node = node;
    this.starts += 1;
    this.state = 'up';
    node.onRole(({ role, term, leader, cause }) => {
      const hasJoined = this.#world.plan.joiners.includes(this.id);
      if (role === 'leader' && hasJoined) sometimes.note('a node that joined leads');
      if (cause === QUORUM_LOST) sometimes.note('a leader steps down because no quorum answers');
      if (cause === DISK_STALLS) sometimes.note('a leader steps down because its disk stalls');
      const follows = leader === null || leader === this.id ? '' : `, leader ${leader}`;
      events.stateChanged(this, `${role} in term ${term}${follows}: ${cause}`);
    });
    node.onMembers((event) => {
      events.stateChanged(this, `sees ${wordsFor(event)}`);
      if (event.isRemoved) sometimes.note('a removed node knows that it was removed');
    });
    node.onHalt((error) => {
      if (this.process !== process) return;
      this.#checkInvariants();
      this.state = 'halted';
      events.halted(this, error);
    });
    events.stateChanged(this, `begins life ${this.#lives}`);
    events.started(this);
  }

  /** S14, S17, S45: what the store has proven at its start is what the disk had promised, to the last entry. */
  #store(process: SimulatedProcess, words: SeededRandom): LogStore {
    const store = new LevelLogStore({
      directory: 'data',
      files: simulatedFiles(this.disk, process),
      database: (path) => simulatedDatabase(this.disk, process, path),
      randomWord: () => words.hexWord(),
      growthBounds: SMALL_GROWTH,
    });
    const open = store.open.bind(store);
    store.open = async (owner) => {
      const recovered = await open(owner);
      if (this.process === process && !this.isForeign) this.#compare(recovered);
      return recovered;
    };
    return store;
  }

  #compare({ commitIndex, hardState, log }: RecoveredLog): void {
    const { durable } = this;
    const { history, report } = this.#world;
    if (commitIndex > history.committedThrough) {
      report('S45', `${this.id} wakes with commit ${commitIndex}, which nobody has reached`);
    }
    const isSameVote = hardState.votedFor === durable.hardState.votedFor;
    if (hardState.term !== durable.hardState.term || !isSameVote) {
      report('S14', `${this.id} forgets term ${durable.hardState.term} or its vote in it`);
    }
    const { term: lastTerm } = lastLog(log);
    if (log.lastIndex !== durable.lastIndex || lastTerm !== durable.lastTerm) {
      const held = `${durable.lastTerm}/${durable.lastIndex}`;
      report('S14', `${this.id} held entries through ${held}, and wakes with ${log.lastIndex}`);
    }
  }

  #hardStateChanged(before: HardState, after: HardState): void {
    const { history, report } = this.#world;
    if (after.term < before.term) report('S10', `${this.id}: the term on its disk falls`);
    if (after.term === before.term && before.votedFor !== null && after.votedFor === null) {
      report('S11', `${this.id}: its vote in term ${after.term} is gone from its disk`);
    }
    if (after.votedFor !== null) history.noteVote(this.id, after.term, after.votedFor);
  }
}

function wordsFor({ voters, learners, joint, isCommitted }: MembersEvent): string {
  const kind = `${isCommitted ? 'committed' : 'uncommitted'}${joint ? ', joint' : ''}`;
  const learning = learners.length > 0 ? ` and learners ${learners.join(' ')}` : '';
  return `voters ${voters.join(' ')}${learning} (${kind})`;
}

const QUORUM_LOST = 'no quorum answered for an election timeout';
const DISK_STALLS = 'its disk stalls';

/** How likely a batch is cut after each of its commands (AP2). */
const CUT_SHARE = 0.1;

export function addressOf(id: NodeId): string {
  return `${id}.simulated`;
}
