/**
 * Production clients against production servers, over virtual streams: everything between a caller of the client
 * library and the replicas, with streams that break and strangers that send whatever harms.
 */

import { clientSettings } from '../../../client/client-options.ts';
import { KvClient } from '../../../client/kv-client.ts';
import { CLIENT_FRAME_BYTES_MAX } from '../../../client-protocol/limits.ts';
import { type NodeId, nodeId } from '../../../core/types.ts';
import type { WatchRevision } from '../../../kv/watching/watch-event.ts';
import type { ConnectionClock } from '../../../ports/clock.ts';
import type { FrameSocket } from '../../../ports/frame-socket.ts';
import type { KeyValueInput, KeyValueOutput } from '../../linearizability/models/key-value.ts';
import { answerBytesMax, type StreamPlan } from '../plan/plan-streams.ts';
import { SimulatedProcess } from '../runtime/process.ts';
import type { SeededRandom } from '../runtime/random.ts';
import { type StoreArchive, storeOf } from '../subjects/store-archive.ts';
import type { SimulatedMember } from '../world/member.ts';
import { addressOf } from '../world/member.ts';
import { HOSTILE_WATCHES_MAX } from './hostile-bytes.ts';
import { HostileCaller } from './hostile-caller.ts';
import { KvCaller } from './kv-caller.ts';
import { faultOfLocks, LockCaller } from './lock-caller.ts';
import { connectionClockOf } from './process-clock.ts';
import type { Remote, RemoteOptions } from './remote.ts';
import { SimulatedServer } from './simulated-server.ts';
import { StoreRecord } from './store-record.ts';
import type { StreamEnd } from './stream.ts';
import { StreamFaults } from './stream-faults.ts';
import { StreamNetwork } from './stream-network.ts';
import { WatchReader } from './watch-reader.ts';

/** Other numbers than those of the clients that call the members directly. */
const FIRST_NUMBER = 20;
const READER_PAUSE_MS = 400;

interface KvRemoteOptions extends RemoteOptions<KeyValueInput, KeyValueOutput> {
  readonly plan: StreamPlan;
  readonly planted?: Partial<PlantedBugs>;
  /** Where history is let go of, all that happened; `null`: every member knows it. */
  readonly archive?: StoreArchive | null;
}

/** Places for bugs, each at the edge of production code: what a test plants there must be found. */
export interface PlantedBugs {
  /** The sockets that clients dial. */
  readonly dialled: (socket: FrameSocket) => FrameSocket;
  /** Those that servers are handed. */
  readonly accepted: (socket: FrameSocket) => FrameSocket;
  /** The clocks of programs. */
  readonly clock: (clock: ConnectionClock) => ConnectionClock;
}

const NO_BUGS: PlantedBugs = {
  dialled: (socket) => socket,
  accepted: (socket) => socket,
  clock: (clock) => clock,
};

interface Program {
  readonly process: SimulatedProcess;
  readonly client: KvClient;
  readonly caller: KvCaller;
  /** `null`: nobody holds leases in this run. */
  readonly locks: LockCaller | null;
}

export class KvRemote implements Remote {
  readonly network: StreamNetwork;
  readonly #options: KvRemoteOptions;
  readonly #planted: PlantedBugs;
  readonly #random: SeededRandom;
  readonly #servers = new Map<NodeId, SimulatedServer>();
  readonly #programs: Program[] = [];
  readonly #readers: WatchReader[] = [];
  readonly #hostiles: HostileCaller[] = [];
  #faults: StreamFaults | null = null;

  constructor(options: KvRemoteOptions) {
    const { world, plan } = options;
    this.#options = options;
    this.#planted = { ...NO_BUGS, ...options.planted };
    this.#random = world.random.fork('streams');
    const { link } = world.plan;
    this.network = new StreamNetwork({
      clock: world.clock,
      random: this.#random.fork('network'),
      quality: { ...link, windowBytes: plan.windowBytes },
      frameBytesMax: CLIENT_FRAME_BYTES_MAX,
      listenerAt: (member) => this.#servers.get(member) ?? null,
      isHostUp: (member) => world.member(member).isHostUp,
      events: { sent: (end) => this.#sent(end), heard: () => world.letPromisesRun() },
    });
    world.watchMembers({
      started: (member) => this.#started(member),
      stopped: (member) => this.#servers.get(member.id)?.close(),
      ended: (member, process, kind) => {
        if (this.#servers.get(member.id)?.process === process) this.#servers.delete(member.id);
        this.network.ended(process, kind);
      },
    });
  }

  start(): void {
    const { plan, world } = this.#options;
    for (let at = 0; at < plan.clients; at += 1) this.#startProgram(FIRST_NUMBER + at);
    for (let at = 0; at < plan.hostiles; at += 1) this.#startHostile(`h${at + 1}`);
    this.#faults = new StreamFaults({
      world,
      network: this.network,
      random: this.#random.fork('troubles'),
      everyMs: plan.faultEveryMs,
      programs: this.#programs.map(({ process }) => process),
    });
  }

  mend(): void {
    this.#faults?.end();
    for (const hostile of this.#hostiles) hostile.end();
    for (const reader of this.#readers) reader.hurry();
    this.network.resetAll();
  }

  stop(): void {
    for (const { caller, locks } of this.#programs) {
      caller.stop();
      locks?.stop();
    }
  }

  resume(): void {
    for (const { caller, locks } of this.#programs) {
      caller.start();
      locks?.start();
    }
  }

  get isIdle(): boolean {
    return this.#programs.every(({ caller, locks }) => caller.isIdle && locks?.isIdle !== false);
  }

  isThrough(): boolean {
    const record = this.#record();
    return this.#readers.every((reader) => reader.isThrough(record));
  }

  get toldCount(): number {
    return this.#readers.reduce((sum, reader) => sum + reader.told.length, 0);
  }

  judge(): boolean {
    const record = this.#record();
    const fault = faultOfLocks(revisionsOf(this.#store));
    if (fault !== null) this.#options.world.report('P08', fault);
    for (const { caller } of this.#programs) caller.judge(record);
    for (const reader of this.#readers) reader.judge(record);
    for (const [id, { heldBytes }] of this.#servers) {
      if (heldBytes === 0) continue;
      this.#options.world.report('P06', `${id} holds ${heldBytes} bytes, and everyone reads`);
    }
    return true;
  }

  #record(): StoreRecord {
    return new StoreRecord(this.#store);
  }

  /** Knows all that ever happened. */
  get #store(): StoreArchive['store'] {
    const { archive = null, world } = this.#options;
    return archive?.store ?? storeOf(world.all[0]);
  }

  #startProgram(number: number): void {
    const { world, plan } = this.#options;
    const random = this.#random.fork(`c${number}`);
    const process = this.#process(`c${number}`);
    const endpoints = random.shuffle(world.plan.members).map((id) => `http://${addressOf(id)}`);
    const { dialTimeoutMs, keepAliveMs, sessions, watchEventsMax } = plan;
    const { timeoutMs } = world.plan.workload;
    const settings = {
      ...{ endpoints, timeoutMs, dialTimeoutMs, keepAliveMs, watchEventsMax, sessions },
    };
    const dial = this.network.dialFrom(process, memberAt);
    const { dialled, clock } = this.#planted;
    const client = new KvClient(clientSettings(settings), {
      dial: (url, options) => dialled(dial(url, options)),
      clock: clock(connectionClockOf(process)),
      random: random.fork('client'),
    });
    const parts = { number, process, client, random: random.fork('calls'), pauseMs: plan.pauseMs };
    const caller = new KvCaller({ ...this.#options, ...parts });
    const locks = this.#createLocks({ number, process, client, random: random.fork('locks') });
    this.#programs.push({ process, client, caller, locks });
    for (let at = 0; at < plan.watches; at += 1) this.#startReader(number, at);
    caller.start();
    locks?.start();
  }

  #createLocks(
    parts: Pick<
      ConstructorParameters<typeof LockCaller>[0],
      'number' | 'process' | 'client' | 'random'
    >,
  ): LockCaller | null {
    const { plan, world } = this.#options;
    const { storeLeases } = world.plan;
    // Who waits for a lock watches the place before its own.
    const mayWatch = plan.watches < plan.limits.watchesPerClientMax;
    if (storeLeases === null || !mayWatch) return null;
    const { pauseMs, ttlMs } = storeLeases;
    return new LockCaller({ ...parts, world, pauseMs, ttlMs });
  }

  /** The first watches everything; the others one key, from the beginning or from now on. */
  #startReader(number: number, at: number): void {
    const { world } = this.#options;
    const program = this.#programs.at(-1);
    if (program === undefined) return;
    const random = this.#random.fork(`watch ${number} ${at}`);
    const reader = new WatchReader({
      name: `watch ${at + 1} of c${number}`,
      client: program.client,
      clock: program.process.clock,
      random,
      key: at === 0 ? null : `k${random.integer(1, world.plan.workload.keys)}`,
      from: random.chance(0.5) ? 1 : null,
      compactedRevision: () => this.#options.archive?.compactedRevision ?? 0,
      report: world.report,
      sometimes: world.sometimes,
      pauseMs: READER_PAUSE_MS,
    });
    this.#readers.push(reader);
  }

  #startHostile(name: string): void {
    const { world } = this.#options;
    const process = this.#process(name);
    const hostile = new HostileCaller({
      process,
      random: this.#random.fork(name),
      dial: this.network.dialFrom(process, memberAt),
      urls: world.plan.members.map((id) => `ws://${addressOf(id)}/client`),
      sometimes: world.sometimes,
      frameBytesMax: CLIENT_FRAME_BYTES_MAX,
    });
    this.#hostiles.push(hostile);
  }

  #process(name: string): SimulatedProcess {
    const { world } = this.#options;
    const random = this.#random.fork(`clock of ${name}`);
    const rate = random.chance(0.3) ? random.between(0.95, 1.05) : 1;
    return new SimulatedProcess({
      name,
      clock: world.clock,
      drift: { startMs: random.between(0, 1_000_000), rate, wallSkewMs: 0 },
      threw: (error) => world.report('S37', `${name}: an exception escaped: ${String(error)}`),
    });
  }

  #started(member: SimulatedMember): void {
    const { world, plan } = this.#options;
    const { process, node } = member;
    if (process === null || node === null || member.isForeign) return;
    const server = new SimulatedServer({
      process,
      node,
      machine: storeOf(member),
      limits: plan.limits,
      heldBytesMax: plan.heldBytesMax,
      accepted: this.#planted.accepted,
      keepAliveMs: plan.keepAliveMs,
      settled: () => world.letPromisesRun(),
      onFault: (error) => world.report('P07', `${member.id} meets a fault of its own: ${error}`),
    });
    this.#servers.set(member.id, server);
  }

  /** P06: what a connection holds is bounded, whoever does not read it. */
  #sent(end: StreamEnd): void {
    const { world, plan } = this.#options;
    world.letPromisesRun();
    if (end.wasPaused) world.sometimes.note('a client is left unread until it reads');
    // What was begun until then is still said: one answer, or as much to each of its watches.
    const begunMax = answerBytesMax(world.plan.workload) * (1 + HOSTILE_WATCHES_MAX);
    const bytesMax = plan.limits.socketBytesMax + begunMax;
    if (end.bufferedBytes <= bytesMax) return;
    world.report('P06', `${end.bufferedBytes} bytes are held for a client that does not read`);
  }
}

function memberAt(url: string): NodeId {
  return nodeId(new URL(url).hostname.split('.', 1)[0] ?? '');
}

function* revisionsOf(store: StoreArchive['store']): Generator<WatchRevision> {
  for (let from = 1; from <= store.revision; ) {
    const { nextRevision, revisions } = store.history({ prefix: EVERYTHING, from });
    yield* revisions;
    from = nextRevision;
  }
}

const EVERYTHING = new Uint8Array(0);
