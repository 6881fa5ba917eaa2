/**
 * The members of one play, their network and their disks, at rest until a command moves something. After each
 * movement everything that follows without message, time or slow disk comes about, and the safety properties
 * of the simulator are checked on every member, on what it says and on what its disk holds.
 */

import type { Limits } from '../../src/core/limits.ts';
import type { Message } from '../../src/core/message.ts';
import type { RaftProtocol } from '../../src/core/raft-state.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import type { LogOperation } from '../../src/ports/log-store.ts';
import {
  type Founding,
  foundingOperations,
  ownerOf,
} from '../../src/testing/mini-cluster/founding.ts';
import { HeldDisk } from '../../src/testing/mini-cluster/held-disk.ts';
import { type Envelope, HeldNetwork } from '../../src/testing/mini-cluster/held-network.ts';
import { Watch } from '../../src/testing/mini-cluster/watch.ts';
import { messageInWords, writeInWords } from './in-words.ts';
import { PlayError } from './play-error.ts';
import { PlayMember } from './play-member.ts';

/** Faults that tests of the plays themselves plant. */
export interface PlantedFaults {
  /** What a member says, changed on its lips. */
  readonly said?: (message: Message) => Message;
  /** What a disk makes of a write. */
  readonly written?: (operations: readonly LogOperation[]) => readonly LogOperation[];
}

export interface StageOptions {
  readonly founding: readonly Founding[];
  readonly limits: Partial<Limits>;
  /** A disk write that takes longer costs a leader its lead, in milliseconds of its own clock. */
  readonly diskStallMs: number;
  readonly protocol: RaftProtocol;
  readonly faults: PlantedFaults;
}

/** Bound: movements that follow from one command without end. */
const ROUNDS_MAX = 1_000;
/** Turns that settled promises get: more than any chain of them in the node takes. */
const SETTLING_TURNS = 40;
/** Rounds in a row without anything to do, until all is quiet. */
const QUIET_ROUNDS = 3;

export class Stage {
  readonly network: HeldNetwork;
  readonly members: ReadonlyMap<NodeId, PlayMember>;
  readonly #options: StageOptions;
  readonly #watch = new Watch();
  #lines: string[] = [];
  #isStarting = true;

  constructor(options: StageOptions) {
    this.#options = options;
    this.network = new HeldNetwork({
      leaves: (envelope) => this.#leaves(envelope),
      sent: (envelope) => this.say(describe(envelope)),
      lost: (envelope) => this.say(`${describe(envelope)} (lost)`),
    });
    this.members = this.#createMembers();
  }

  /** Founds every disk, starts every node, and waits until all are connected. */
  async start(): Promise<void> {
    const { founding } = this.#options;
    for (const each of founding) {
      const owner = ownerOf(each.id, [...this.members.keys()]);
      await this.member(each.id).disk.prepare(owner, foundingOperations(each));
    }
    for (const member of this.members.values()) await member.start();
    await this.quiesce();
    this.#isStarting = false;
  }

  member(name: string): PlayMember {
    const member = [...this.members.values()].find(({ id }) => id === name);
    if (member === undefined) throw new PlayError(`there is no member ${name}`);
    return member;
  }

  get all(): readonly PlayMember[] {
    return [...this.members.values()];
  }

  say(line: string): void {
    if (!this.#isStarting) this.#lines.push(line);
  }

  /** What was said since the last call. */
  takeLines(): readonly string[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }

  /** Throws if a property no longer holds. */
  check(): void {
    for (const member of this.all) member.check();
    const { violation } = this.#watch;
    if (violation !== null) throw new PlayError(`safety is broken: ${violation}`);
  }

  /** Lets come about what needs neither a message, nor time, nor a slow disk. */
  async quiesce(): Promise<void> {
    let quiet = 0;
    for (let round = 0; quiet < QUIET_ROUNDS; round += 1) {
      if (round > ROUNDS_MAX) throw new PlayError('the members do not come to rest');
      const isBusy = this.#move();
      for (let turn = 0; turn < SETTLING_TURNS; turn += 1) await undefined;
      quiet = isBusy ? 0 : quiet + 1;
    }
    this.network.sweep();
    this.check();
  }

  /** Gives a message to its receiver; what comes of it stands indented below. */
  async bring(envelope: Envelope): Promise<void> {
    const { from, message, runs, to } = envelope;
    this.say(`${to} ← ${from} ${messageInWords(message, runs)}`);
    const before = this.#lines;
    this.#lines = [];
    envelope.arrive(message);
    await this.quiesce();
    this.#lines = [...before, ...this.#lines.map((line) => `  ${line}`)];
  }

  /** Runs a member's clock until `isOver` says so of the events of its charts; at most as long as patience lasts. */
  async runClock(
    member: PlayMember,
    isOver: (events: readonly string[]) => boolean,
  ): Promise<void> {
    const endMs = member.patienceEndMs;
    member.takeEvents();
    do {
      if (!member.step(endMs))
        throw new PlayError(`the clock of ${member.id} brings nothing about`);
      await this.quiesce();
    } while (!isOver(member.takeEvents()));
  }

  /** So much time passes on one clock. */
  async pass(member: PlayMember, milliseconds: number): Promise<void> {
    const endMs = member.nowMs + milliseconds;
    while (member.step(endMs)) await this.quiesce();
    member.rest(endMs);
  }

  /** Runs the clock of whoever dials until the two are connected again, if both are up. */
  async connect(one: PlayMember, other: PlayMember): Promise<void> {
    const [dialler, callee] = one.id < other.id ? [one, other] : [other, one];
    const endMs = dialler.patienceEndMs;
    await this.quiesce();
    while (!isLinked(dialler, callee)) {
      if (!dialler.step(endMs)) throw new PlayError(`${dialler.id} does not reach ${callee.id}`);
      await this.quiesce();
    }
  }

  /** One thing of each kind that is due by itself. False: there was none. */
  #move(): boolean {
    let isBusy = this.network.runTasks();
    for (const member of this.all) {
      member.runDeferred();
      const { disk } = member;
      if (disk.isSlow || !disk.isWriting) continue;
      disk.complete();
      isBusy = true;
    }
    return isBusy;
  }

  #leaves(envelope: Envelope): Message {
    const { from } = envelope;
    const message = this.#options.faults.said?.(envelope.message) ?? envelope.message;
    this.#watch.hear({ ...envelope, message }, this.member(from).node?.inspection().raft ?? null);
    return message;
  }

  #createMembers(): Map<NodeId, PlayMember> {
    const { diskStallMs, faults, founding, limits, protocol } = this.#options;
    const ids = founding.map(({ id }) => id);
    const watch = this.#watch;
    const create = (id: NodeId): PlayMember => {
      const says = (text: string): void => this.say(`${id} ${text}`);
      const disk: HeldDisk = new HeldDisk({
        id,
        watch,
        begun: (operations) => {
          if (disk.isSlow) says(`begins to write ${writeInWords(operations)}`);
        },
        done: (operations) => says(`writes ${writeInWords(operations)}`),
        written: (operations) => faults.written?.(operations) ?? operations,
      });
      return new PlayMember({
        id,
        ids,
        disk,
        transport: () => this.network.transport(id),
        limits,
        diskStallMs,
        protocol,
        watch,
        says,
      });
    };
    return new Map(ids.map((id) => [id, create(id)]));
  }
}

export function describe({ from, message, runs, to }: Envelope): string {
  return `${from} → ${to} ${messageInWords(message, runs)}`;
}

function isLinked(one: PlayMember, other: PlayMember): boolean {
  if (one.node === null || other.node === null) return true;
  const links = [
    one.node.status().links.find(({ peer }) => peer === other.id),
    other.node.status().links.find(({ peer }) => peer === one.id),
  ];
  return links.every((link) => link?.state === 'open');
}

export function memberNames(count: number): readonly NodeId[] {
  return Array.from({ length: count }, (_, at) => nodeId(`n${at + 1}`));
}
