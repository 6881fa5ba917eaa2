/**
 * A cluster of real processes on loopback, each `raftchart serve` on its own directory: started, killed with
 * SIGKILL, started again. Ends exactly the processes it started, by pid.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type CliOptions, type CliProcess, serveLine, startCli } from '../cli/cli-process.ts';
import { freePorts } from '../free-ports.ts';
import { processorMs } from './process-usage.ts';

export interface Member {
  readonly id: string;
  readonly url: string;
  readonly peerAddress: string;
  readonly dataDir: string;
}

export interface Members {
  readonly voters: readonly string[];
  readonly learners: readonly string[];
  readonly joint: boolean;
}

interface Status {
  readonly id: string;
  readonly role: string;
  readonly lifecycle: string;
  readonly term: number;
  readonly leader: string | null;
  readonly commitIndex: number;
  readonly firstIndex: number;
  readonly lastIndex: number;
  readonly lastApplied: number;
  readonly revision: number;
  readonly members: Members;
}

export class ProcessCluster implements AsyncDisposable {
  /** Those that it was founded with, and those that have joined. */
  readonly members: Member[];
  readonly #founders: readonly Member[];
  readonly #directory: string;
  readonly #processes = new Map<string, CliProcess>();
  /** What the command line of each says about whom it belongs to: the same at every start. */
  readonly #belonging = new Map<string, readonly string[]>();
  readonly #flags: readonly string[];
  readonly #options: CliOptions;

  private constructor(
    { directory, ports }: { readonly directory: string; readonly ports: readonly number[] },
    flags: readonly string[],
    options: CliOptions,
  ) {
    const size = ports.length / 2;
    this.members = Array.from({ length: size }, (_, at) => ({
      id: `n${at + 1}`,
      url: `http://127.0.0.1:${ports[at]}`,
      peerAddress: `127.0.0.1:${ports[size + at]}`,
      dataDir: join(directory, `n${at + 1}`),
    }));
    this.#founders = [...this.members];
    this.#directory = directory;
    this.#flags = flags;
    this.#options = options;
  }

  /** Starts `size` members and waits until one of them leads. */
  static async start(
    size: number,
    flags: readonly string[] = [],
    options: CliOptions = {},
  ): Promise<ProcessCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'raftchart-processes-'));
    const ports = await freePorts(size * 2);
    const cluster = new ProcessCluster({ directory, ports }, flags, options);
    try {
      for (const { id } of cluster.members) cluster.run(id);
      await cluster.leader();
      return cluster;
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
  }

  get endpoints(): readonly string[] {
    return this.members.map(({ url }) => url);
  }

  member(id: string): Member {
    const member = this.members.find((each) => each.id === id);
    if (member === undefined) throw new Error(`no member ${id}`);
    return member;
  }

  /** Starts one member's process; its first boot and every later one have the same command line. */
  run(id: string, options: CliOptions = this.#options): CliProcess {
    const peers = this.#founders.map((each) => `${each.id}=${each.peerAddress}`).join(',');
    const belonging = this.#belonging.get(id) ?? ['--peers', peers];
    return this.#start(this.member(id), belonging, options);
  }

  /** Decides where so many more will be found that join later, so that clients can be told before. */
  async reserve(count: number): Promise<readonly string[]> {
    const ports = await freePorts(count * 2);
    const ids = Array.from({ length: count }, (_, at) => `n${this.members.length + at + 1}`);
    for (const [at, id] of ids.entries()) {
      const url = `http://127.0.0.1:${ports[at]}`;
      const peerAddress = `127.0.0.1:${ports[count + at]}`;
      this.members.push({ id, url, peerAddress, dataDir: join(this.#directory, id) });
    }
    return ids;
  }

  /** Starts a new node that joins by any of the members that run; every later start has the same command line. */
  async join(id: string): Promise<CliProcess> {
    const isKnown = this.members.some((member) => member.id === id);
    if (!isKnown && (await this.reserve(1))[0] !== id)
      throw new Error(`${id} is not the next name`);
    const urls = this.#running().map(({ url }) => url);
    this.#belonging.set(id, ['--join', urls.join(',')]);
    return this.run(id);
  }

  #start(
    { id, url, peerAddress, dataDir }: Member,
    belonging: readonly string[],
    options: CliOptions,
  ): CliProcess {
    const place = ['--listen', new URL(url).host, '--peer-listen', peerAddress, ...belonging];
    const started = startCli(serveLine(id, dataDir, ...place, ...this.#flags), options);
    this.#processes.set(id, started);
    return started;
  }

  /** How the process of a member ends, and what it says last. */
  async end(id: string): Promise<readonly [code: number | string, lastLine: string]> {
    const known = this.#processes.get(id);
    if (known === undefined) throw new Error(`${id} was never started`);
    return [await known.ended, known.errors().trimEnd().split('\n').at(-1) ?? ''];
  }

  /** Of the members that run now. */
  pids(): readonly number[] {
    return this.#running().flatMap(({ id }) => this.#processes.get(id)?.child.pid ?? []);
  }

  /** That a member has used since its start; no number if it does not run. */
  processorMs(id: string): number {
    return processorMs(this.#processes.get(id)?.child.pid ?? 0) ?? Number.NaN;
  }

  /** What a member wrote to standard error since it was started. */
  log(id: string): string {
    return this.#processes.get(id)?.errors() ?? '';
  }

  isRunning(id: string): boolean {
    const child = this.#processes.get(id)?.child;
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Ends a member as a power cut ends a process; resolves when it is gone, with its exit code if it had one. */
  async kill(id: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const known = this.#processes.get(id);
    if (known === undefined) return null;
    known.kill(signal);
    await known.ended;
    return known.child.exitCode;
  }

  /** Tells a member's process something that does not end it: SIGSTOP, SIGCONT. */
  signal(id: string, signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#processes.get(id)?.kill(signal);
  }

  async status(id: string): Promise<Status | null> {
    try {
      const response = await fetch(`${this.member(id).url}/status`, {
        signal: AbortSignal.timeout(1_000),
      });
      return (await response.json()) as Status;
    } catch {
      return null;
    }
  }

  /** Waits until some running member says that it leads; of several, the one with the newest term. */
  leader(timeoutMs = 20_000): Promise<string> {
    return eventually(timeoutMs, 'a leader', async () => {
      const all = await this.#statuses();
      const leaders = all.flatMap((status) => (status?.role === 'leader' ? [status] : []));
      leaders.sort((left, right) => right.term - left.term);
      return leaders[0]?.id ?? null;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; ${this.lastWords()}`);
    });
  }

  /** Waits until every running member has applied what the leader has committed. */
  async converged(timeoutMs = 20_000): Promise<void> {
    await eventually(timeoutMs, 'all members to catch up', async () => {
      const all = await this.#statuses();
      const applied = new Set(all.map((status) => status?.lastApplied ?? -1));
      const leads = all.some((status) => status?.role === 'leader');
      return leads && applied.size === 1 && !applied.has(-1);
    });
  }

  #running(): readonly Member[] {
    return this.members.filter(({ id }) => this.isRunning(id));
  }

  #statuses(): Promise<readonly (Status | null)[]> {
    return Promise.all(this.#running().map(({ id }) => this.status(id)));
  }

  /** What each member logged last, and whether it still runs: a port that was taken meanwhile shows here. */
  lastWords(lines = 1): string {
    const started = this.members.filter(({ id }) => this.#processes.has(id));
    const words = started.map(({ id }) => {
      const last = this.log(id).trimEnd().split('\n').slice(-lines).join('\n');
      return `${id} ${this.isRunning(id) ? 'runs' : 'has ended'}: ${last}`;
    });
    return words.join(lines === 1 ? '; ' : '\n');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(({ id }) => this.kill(id)));
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Asks again until there is an answer; fails, saying what was waited for, at the deadline. */
export async function eventually<Value>(
  timeoutMs: number,
  what: string,
  ask: () => Promise<Value | null | false>,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}
