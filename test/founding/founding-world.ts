/**
 * Three to five nodes that found a cluster by number, with the chart and the driver of production, upon disks, clocks and
 * words that do as numbers have it: words come late, again or never, writes end or fail, processes are killed, disks are lost.
 */
import {
  type FoundingState,
  type FoundingWord,
  NOTHING_FOUNDED,
  type Proposal,
} from '../../src/core/founding.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import { Founding } from '../../src/node/founding/founding.ts';
import { FounderPlaces } from '../../src/server/founder-places.ts';
import { VirtualClock } from '../../src/testing/virtual-clock.ts';
import type { Coverage } from '../simulation/runner/coverage.ts';

export const EXPECTED = 3;

/** A kind from 0 to 99, whom or what it is for, and how it goes: all deeds of a world. */
export type Deed = readonly [kind: number, which: number, how: number];

interface Writing {
  readonly state: FoundingState;
  readonly ended: (error: Error | null) => void;
}

interface Machine {
  readonly id: NodeId;
  incarnation: number;
  /** What its disk holds, and what it is writing. */
  disk: FoundingState;
  writing: Writing | null;
  /** `null`: it does not run. */
  founding: Founding | null;
  clock: VirtualClock;
  places: FounderPlaces;
  /** It has joined a cluster, and asks nobody any more. */
  hasJoined: boolean;
}

/** A node that has joined a cluster says so, and what it said before. */
interface Said {
  readonly word: FoundingWord | null;
  readonly isInCluster: boolean;
  /** Of whom an answer tells besides. */
  readonly others?: readonly string[];
}

interface Message {
  /** `null`: somebody who founds nothing. */
  readonly by: Machine | null;
  readonly to: number;
  readonly said: Said;
  /** Who waits for an answer; `null`: it is one. */
  readonly from: number | null;
}

/** A proposal is taken back and another made in fewer. */
const SETTLING_ROUNDS = 60;
/** Bound: of more words the oldest are lost. */
const UNDER_WAY_MAX = 200;

interface WorldOptions {
  readonly count: number;
  /** A member of a cluster that was founded otherwise is among those who are asked. */
  readonly hasCluster: boolean;
  /** The one that all were told of; `null`: each was told of all. */
  readonly seed: number | null;
  readonly coverage: Coverage | null;
}

export class FoundingWorld {
  readonly foundations = new Map<string, Proposal>();
  readonly failures: unknown[] = [];
  readonly #machines: readonly Machine[];
  readonly #coverage: Coverage | null;
  readonly #hasCluster: boolean;
  readonly #seed: number | null;
  #underWay: Message[] = [];
  #directories: number;

  constructor({ count, coverage, hasCluster, seed }: WorldOptions) {
    this.#seed = seed;
    this.#directories = count;
    this.#coverage = coverage;
    this.#hasCluster = hasCluster;
    this.#machines = Array.from({ length: count }, (_, at) => ({
      id: nodeId(`n${at + 1}`),
      incarnation: 1,
      disk: NOTHING_FOUNDED,
      writing: null,
      founding: null,
      clock: new VirtualClock(),
      places: new FounderPlaces(null),
      hasJoined: false,
    }));
    for (let at = 0; at < count; at += 1) this.#start(at);
  }

  /** No disk was lost. */
  get isWhole(): boolean {
    return this.#directories === this.#machines.length;
  }

  /** How many have the foundation on disk. */
  get members(): number {
    return this.#machines.filter(({ disk }) => disk.foundation !== null).length;
  }

  get joined(): number {
    return this.#machines.filter(({ hasJoined }) => hasJoined).length;
  }

  async take([kind, which, how]: Deed): Promise<void> {
    const at = which % this.#machines.length;
    const machine = this.#machines[at];
    if (machine === undefined) return;
    if (kind < 40) this.#deliverSome(which, how);
    else if (kind < 44) this.#underWay.splice(which % Math.max(1, this.#underWay.length), 1);
    else if (kind < 66) this.#endWrite(machine, null);
    else if (kind < 68) this.#failWrite(machine, how % 2 === 0);
    else if (kind < 82) machine.clock.advance(50 * (how % 8));
    else if (kind < 84) machine.clock.advance(6_000);
    else if (kind < 93) this.#start(at);
    else if (kind < 97) this.#kill(machine, how);
    else if (kind > 97) this.#wipe(this.#founder, how);
    else if (how % 6 === 0) this.#wipe(machine, how);
    await settled();
  }

  /** All run, and nothing is in their way any more. */
  async settle(): Promise<void> {
    for (let round = 0; round < SETTLING_ROUNDS && !this.#isSettled; round += 1) {
      for (const [at, machine] of this.#machines.entries()) {
        this.#start(at);
        machine.clock.advance(250);
      }
      for (let step = 0; step < 4; step += 1) {
        for (const machine of this.#machines) this.#endWrite(machine, null);
        await settled();
        const count = this.#underWay.length;
        for (let each = 0; each < count; each += 1) this.#deliver(0, false);
        await settled();
      }
    }
    for (const { founding } of this.#machines) founding?.stop();
  }

  get #isSettled(): boolean {
    return this.#machines.every(({ disk, hasJoined }) => hasJoined || disk.foundation !== null);
  }

  #start(at: number): void {
    const machine = this.#machines[at];
    if (machine === undefined || machine.founding !== null || machine.hasJoined) return;
    const clock = new VirtualClock();
    machine.clock = clock;
    machine.places = new FounderPlaces(urlOf(machine), () => clock.now());
    const { inspect, guardAsked } = this.#coverage?.instruments ?? {};
    const founding = new Founding({
      own: wordOf(machine),
      clock: machine.clock,
      store: (state) => this.#write(machine, state),
      ask: (word) => this.#ask(at, word),
      ...(inspect !== undefined && { inspect: inspect as (event: object) => void }),
      ...(guardAsked !== undefined && { guardAsked }),
    });
    machine.founding = founding;
    founding.ended.then(
      (foundation) => {
        if (machine.founding === founding && foundation === null) join(machine);
      },
      (error: unknown) => {
        if (error !== DISK_FAILED) this.failures.push(error);
        if (machine.founding === founding) machine.founding = null;
      },
    );
  }

  #write(machine: Machine, state: FoundingState): Promise<void> {
    return new Promise((resolve, reject) => {
      const ended = (error: Error | null): void => (error === null ? resolve() : reject(error));
      machine.writing = { state, ended };
    });
  }

  #endWrite(machine: Machine, error: Error | null): void {
    const { writing } = machine;
    if (writing === null) return;
    machine.writing = null;
    if (error === null) this.#keep(machine, writing.state);
    writing.ended(error);
  }

  /** It may be there all the same. */
  #failWrite(machine: Machine, isKept: boolean): void {
    if (machine.writing !== null && isKept) this.#keep(machine, machine.writing.state);
    this.#endWrite(machine, DISK_FAILED);
  }

  #keep(machine: Machine, state: FoundingState): void {
    machine.disk = state;
    const { foundation } = state;
    if (foundation !== null) this.foundations.set(JSON.stringify(foundation), foundation);
  }

  #ask(from: number, word: FoundingWord): void {
    const by = this.#machines[from] ?? null;
    for (const to of this.#known(by)) {
      if (to !== from) this.#underWay.push({ by, to, from, said: { word, isInCluster: false } });
    }
    if (this.#hasCluster) this.#underWay.push({ by: null, to: from, from: null, said: CLUSTER });
    this.#underWay = this.#underWay.slice(-UNDER_WAY_MAX);
  }

  /** Whom it asks: those that it was told of by its operator, and by others. */
  #known(by: Machine | null): readonly number[] {
    const all = this.#machines.map((_, at) => at);
    if (this.#seed === null) return all;
    const learned = by?.places.urls ?? [];
    return all.filter((at) => at === this.#seed || learned.includes(urlOf(this.#machines[at])));
  }

  #deliverSome(which: number, how: number): void {
    for (let each = 0; each < 1 + (how % 3); each += 1) {
      this.#deliver(which + 7 * each, how % 5 === 0);
    }
  }

  /** What was said may come again. */
  #deliver(which: number, isKept: boolean): void {
    const at = which % Math.max(1, this.#underWay.length);
    const [message] = isKept ? this.#underWay.slice(at, at + 1) : this.#underWay.splice(at, 1);
    if (message === undefined) return;
    const hearer = this.#machines[message.to];
    if (hearer === undefined) return;
    this.#hear(hearer, message);
    const said = answerOf(hearer);
    if (message.from === null || said === null) return;
    const others = [...this.#joined(said), ...hearer.places.toldTo(urlOf(message.by))];
    this.#underWay.push({ by: hearer, to: message.from, from: null, said: { ...said, others } });
  }

  /** A member knows where the others are. */
  #joined({ isInCluster }: Said): readonly string[] {
    return isInCluster ? this.#machines.filter(({ hasJoined }) => hasJoined).map(urlOf) : [];
  }

  /** Of who was named by others only the word counts (FO15). */
  #hear(machine: Machine, { by, from, said }: Message): void {
    const { founding, places } = machine;
    if (by !== null) {
      places.met(urlOf(by));
      if (from === null) places.told(said.others, urlOf(by));
    }
    const isNamed = this.#seed === null || by === null || by === this.#machines[this.#seed];
    if (said.isInCluster && isNamed) founding?.meet('c');
    if (said.word !== null) founding?.hear(said.word);
  }

  /** What it was writing may be there, and what it was saying may be lost with it. */
  #kill(machine: Machine, how: number): void {
    if (machine.writing !== null && how % 2 === 0) this.#keep(machine, machine.writing.state);
    if (how % 3 === 0) this.#underWay = this.#underWay.filter(({ by }) => by !== machine);
    machine.writing = null;
    machine.founding?.stop();
    machine.founding = null;
  }

  /** Who would be forgotten first if a promise could be forgotten. */
  get #founder(): Machine | undefined {
    return this.#machines.find(({ disk, id }) => disk.foundation?.founder.id === id);
  }

  /** Of fewer directories than two clusters would need. */
  #wipe(machine: Machine | undefined, how: number): void {
    if (machine === undefined || this.#directories === 2 * EXPECTED - 1) return;
    this.#kill(machine, how);
    this.#directories += 1;
    machine.incarnation += 1;
    machine.disk = NOTHING_FOUNDED;
    machine.hasJoined = false;
  }
}

const CLUSTER: Said = { word: null, isInCluster: true };
const DISK_FAILED = new Error('the disk has failed');

function join(machine: Machine): void {
  machine.hasJoined = true;
  machine.founding = null;
}

function urlOf(machine: Pick<Machine, 'id'> | null | undefined): string {
  return `http://${machine?.id}.test`;
}

/** As at the door of the client port (FO12). */
function answerOf(machine: Machine): Said | null {
  const { founding, hasJoined } = machine;
  if (hasJoined) return { word: wordOf(machine), isInCluster: true };
  return founding === null ? null : { word: founding.word, isInCluster: false };
}

function wordOf({ disk, id, incarnation }: Machine): FoundingWord {
  const self = { id, incarnation: String(incarnation), address: `${id}:1` };
  return { cluster: '', expected: EXPECTED, self, state: disk };
}

/** Of the promises of the driver each has had its turn. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await null;
}
