/**
 * One cluster of three real processes with a past: terms, restarts, tables, a log that was cut. Its members are ended,
 * copied, damaged and started again by the trials (`trial.ts`); it keeps what was written, which votes
 * were seen, and a copy of the victim's directory from before the damage.
 */
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { foundingClusterId } from '../../../src/library/cluster-identity.ts';
import type { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import type { CliProcess } from '../../cli/cli-process.ts';
import { Ledger, type Reading } from '../../processes/ledger.ts';
import { ProcessCluster } from '../../processes/process-cluster.ts';
import { type Before, faultOfBase } from './judge.ts';
import type { Look, Looker } from './looker.ts';
import { promisesIn } from './promises.ts';
import { VoteBook } from './votes.ts';

/** Something that must never happen did. The message is a sentence. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** Throws the sentence that says what is wrong, if something is. */
export function requireNone(fault: string | null): void {
  if (fault !== null) throw new Violation(fault);
}

const FLAGS = [
  ...['--election-timeout-ms', '300-600', '--heartbeat-interval-ms', '60'],
  ...['--halt-linger-ms', '100'],
];
/** LevelDB keeps 16 MiB in memory before it writes a table by itself: so many bulk values are more. */
const BULK = { writers: 4, each: 18, isBulk: true } as const;
/** A member is killed at most so long after writing began, in milliseconds. */
const MID_WRITE_MS = 40;
const READY_MS = 30_000;
/** The exit code of a process whose address someone else holds, for a moment, while it was down. */
const EXIT_ADDRESS_TAKEN = 69;

/** A copy of a member's directory that nobody runs on, and what it holds. */
export interface Base extends Before {
  readonly id: string;
  readonly directory: string;
}

interface StageOptions {
  /** More is written than LevelDB keeps in memory, so that it makes tables while the members run. */
  readonly isBulk: boolean;
  /** Rounds of load, kill and restart before the first trial. */
  readonly pastRounds: number;
}

export class Stage implements AsyncDisposable {
  readonly cluster: ProcessCluster;
  readonly ledger = new Ledger();
  readonly votes = new VoteBook();
  readonly #looker: Looker;
  readonly #aside: string;
  readonly #started = new Map<string, CliProcess>();
  #base: Base | null = null;
  #isOver = false;

  private constructor(cluster: ProcessCluster, looker: Looker, aside: string) {
    this.cluster = cluster;
    this.#looker = looker;
    this.#aside = aside;
  }

  static async build(looker: Looker, random: SeededRandom, options: StageOptions): Promise<Stage> {
    const cluster = await ProcessCluster.start(3, FLAGS);
    const aside = await mkdtemp(join(tmpdir(), 'raftchart-trials-'));
    const stage = new Stage(cluster, looker, aside);
    try {
      if (options.isBulk) await stage.ledger.burst(cluster.endpoints, BULK);
      for (let round = 0; round < options.pastRounds; round += 1) await stage.disturb(random);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  get ids(): readonly string[] {
    return this.cluster.members.map(({ id }) => id);
  }

  directoryOf(id: string): string {
    return this.cluster.member(id).dataDir;
  }

  /** One member, often the leader, goes down under load and comes back. */
  async disturb(random: SeededRandom): Promise<void> {
    const id = random.chance(0.5) ? await this.cluster.leader() : random.pick(this.ids);
    await this.takeDown(id, random);
    await this.write(random);
    this.start(id);
    await this.settled();
  }

  /** Load on all members but one, on which it may be ended. */
  async write(random: SeededRandom, without: readonly string[] = []): Promise<void> {
    const running = this.cluster.members.filter(
      ({ id }) => !without.includes(id) && this.cluster.isRunning(id),
    );
    const size = { writers: random.integer(1, 8), each: random.integer(1, 6) };
    await this.ledger.burst(
      running.map(({ url }) => url),
      size,
    );
  }

  /** By SIGKILL or SIGTERM, in the middle of writing or not. The others take the load. */
  async takeDown(id: string, random: SeededRandom): Promise<void> {
    const signal = random.chance(0.7) ? 'SIGKILL' : 'SIGTERM';
    if (!random.chance(0.4)) {
      await this.cluster.kill(id, signal);
      return;
    }
    const load = this.write(random, [id]);
    const delayMs = random.integer(0, MID_WRITE_MS);
    const killed = new Promise((now) => setTimeout(now, delayMs)).then(() =>
      this.cluster.kill(id, signal),
    );
    await Promise.all([load, killed]);
  }

  /** A member that starts goes on from where it was: its base is no longer what it holds. */
  start(id: string): void {
    if (!this.cluster.isRunning(id)) this.run(id);
    this.forgetBaseOf(id);
  }

  /** Starts the process of a member that is down; again, as long as its address is taken. */
  run(id: string): void {
    const started = this.cluster.run(id);
    this.#started.set(id, started);
    void started.ended.then((code) => {
      if (code === EXIT_ADDRESS_TAKEN && !this.#isOver) this.run(id);
    });
  }

  /** How the process of a member ended that `run` started; `null` as long as it runs. */
  endOf(id: string): number | NodeJS.Signals | null {
    const child = this.#started.get(id)?.child;
    const end = child?.exitCode ?? child?.signalCode ?? null;
    return end === EXIT_ADDRESS_TAKEN ? null : end;
  }

  forgetBaseOf(id: string): void {
    if (this.#base?.id === id) this.#base = null;
  }

  /** All members run and have applied what the leader has committed. */
  async settled(): Promise<void> {
    for (const id of this.ids) this.start(id);
    await this.cluster.converged(READY_MS);
  }

  /** Copies the directory of a member that is down, and looks at a copy of the copy. It is undamaged. */
  async baseOf(id: string): Promise<Base> {
    if (this.#base !== null && this.#base.id === id) return this.#base;
    const directory = join(this.#aside, 'base');
    await copyOver(this.directoryOf(id), directory);
    const promises = promisesIn(directory);
    await copyOver(directory, this.#lookPath);
    const held = await this.#look(id, promises.lastIndex);
    if (held.type !== 'opened') {
      throw new Violation(`${id}, undamaged, does not open: ${JSON.stringify(held)}`);
    }
    requireNone(faultOfBase({ held, promises }) ?? this.votes.record(id, promises));
    this.#base = { id, directory, held, promises };
    return this.#base;
  }

  async restore({ id, directory }: Base): Promise<void> {
    await copyOver(directory, this.directoryOf(id));
  }

  /** Looks at a copy of a member's directory as it is now; the second time at what the first look left. */
  async looks(
    id: string,
  ): Promise<{ readonly first: Look; readonly second: Look; readonly at: string }> {
    const at = this.#lookPath;
    await copyOver(this.directoryOf(id), at);
    return { first: await this.#look(id), second: await this.#look(id), at };
  }

  /** Throws a violation unless a member answers as asked. */
  async requireAll(id: string, reading: Reading): Promise<void> {
    const [fault] = await this.ledger.faultsAt([this.cluster.member(id).url], reading);
    if (fault !== undefined) throw new Violation(`${reading.consistency} read at ${id}: ${fault}`);
  }

  /** On every member everything acknowledged can be read, and stands in its own state once all are level. */
  async requireAllEverywhere(): Promise<void> {
    await this.settled();
    for (const consistency of ['linearizable', 'local'] as const) {
      for (const id of this.ids) await this.requireAll(id, { consistency, freshness: 'latest' });
    }
  }

  /** Copies of a directory from before the damage and as it is now, kept for whoever has to explain them. */
  async keepEvidence(id: string): Promise<string> {
    const evidence = await mkdtemp(join(tmpdir(), 'raftchart-evidence-'));
    const base = this.#base;
    if (base !== null) await cp(base.directory, join(evidence, 'before'), { recursive: true });
    await cp(this.directoryOf(id), join(evidence, 'after'), { recursive: true });
    return evidence;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.cluster[Symbol.asyncDispose]();
    await rm(this.#aside, { recursive: true, force: true });
  }

  get #lookPath(): string {
    return join(this.#aside, 'look');
  }

  #look(id: string, through = 0): Promise<Look> {
    const directory = this.#lookPath;
    const addresses = this.cluster.members.map((each) => [each.id, each.peerAddress] as const);
    const clusterId = foundingClusterId(new Map(addresses));
    return this.#looker.look({ directory, clusterId, id, members: this.ids, through });
  }
}

async function copyOver(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}
