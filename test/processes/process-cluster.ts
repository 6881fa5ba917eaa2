/**
 * A cluster of real processes on loopback, each `raftchart serve` on its own directory: started, killed with
 * SIGKILL, started again. Ends exactly the processes it started, by pid.
 */
import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePorts } from './free-ports.ts';

const CLI = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** For profiling, e.g. `RAFTCHART_TEST_NODE_FLAGS='--cpu-prof'`. */
const NODE_FLAGS = (process.env.RAFTCHART_TEST_NODE_FLAGS ?? '').split(' ').filter(Boolean);

export interface Member {
  readonly id: string;
  readonly url: string;
  readonly peerAddress: string;
  readonly dataDir: string;
}

interface Status {
  readonly id: string;
  readonly role: string;
  readonly term: number;
  readonly leader: string | null;
  readonly commitIndex: number;
  readonly lastApplied: number;
  readonly revision: number;
}

/** How the members' processes are run, where it differs from the ordinary. */
interface ProcessOptions {
  /** Another build's command line, to compare with. */
  readonly cli?: string;
  readonly nodeFlags?: readonly string[];
  /** Bound: file descriptors of each process, sockets included. */
  readonly descriptorsMax?: number;
}

export class ProcessCluster implements AsyncDisposable {
  readonly members: readonly Member[];
  readonly #directory: string;
  readonly #processes = new Map<string, ChildProcess>();
  readonly #logs = new Map<string, string>();
  readonly #flags: readonly string[];
  readonly #options: ProcessOptions;

  private constructor(
    { directory, members }: { directory: string; members: readonly Member[] },
    flags: readonly string[],
    options: ProcessOptions,
  ) {
    this.#directory = directory;
    this.members = members;
    this.#flags = flags;
    this.#options = options;
  }

  /** Starts `size` members and waits until one of them leads. */
  static async start(
    size: number,
    flags: readonly string[] = [],
    options: ProcessOptions = {},
  ): Promise<ProcessCluster> {
    const directory = await mkdtemp(join(tmpdir(), 'raftchart-processes-'));
    const ports = await freePorts(size * 2);
    const members = Array.from({ length: size }, (_, at) => ({
      id: `n${at + 1}`,
      url: `http://127.0.0.1:${ports[at]}`,
      peerAddress: `127.0.0.1:${ports[size + at]}`,
      dataDir: join(directory, `n${at + 1}`),
    }));
    const cluster = new ProcessCluster({ directory, members }, flags, options);
    try {
      for (const { id } of members) cluster.run(id);
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
  run(id: string, extra: readonly string[] = []): ChildProcess {
    const { url, peerAddress, dataDir } = this.member(id);
    const peers = this.members.map((each) => `${each.id}=${each.peerAddress}`).join(',');
    const flags = ['--id', id, '--data-dir', dataDir, '--listen', new URL(url).host];
    const peerFlags = ['--peer-listen', peerAddress, '--peers', peers];
    const { cli = CLI, nodeFlags = [] } = this.#options;
    const node = [process.execPath, ...NODE_FLAGS, ...nodeFlags, cli, 'serve'];
    const child = this.#spawn([...node, ...flags, ...peerFlags, ...this.#flags, ...extra]);
    this.#logs.set(id, '');
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#logs.set(id, ((this.#logs.get(id) ?? '') + text).slice(-20_000));
    });
    this.#processes.set(id, child);
    return child;
  }

  /** Of the members that run now. */
  pids(): readonly number[] {
    const running = this.members.filter(({ id }) => this.isRunning(id));
    return running.flatMap(({ id }) => this.#processes.get(id)?.pid ?? []);
  }

  /** The last 20,000 characters that a member wrote to standard error. */
  log(id: string): string {
    return this.#logs.get(id) ?? '';
  }

  isRunning(id: string): boolean {
    const child = this.#processes.get(id);
    return child !== undefined && child.exitCode === null && child.signalCode === null;
  }

  /** Ends a member as a power cut ends a process; resolves when it is gone. */
  async kill(id: string, signal: NodeJS.Signals = 'SIGKILL'): Promise<number | null> {
    const child = this.#processes.get(id);
    if (child === undefined || !this.isRunning(id)) return child?.exitCode ?? null;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
    return child.exitCode;
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
      const running = this.members.filter(({ id }) => this.isRunning(id));
      const all = await Promise.all(running.map(({ id }) => this.status(id)));
      const leaders = all.flatMap((status) => (status?.role === 'leader' ? [status] : []));
      leaders.sort((left, right) => right.term - left.term);
      return leaders[0]?.id ?? null;
    }).catch((error: Error) => {
      throw new Error(`${error.message}; ${this.#lastWords()}`);
    });
  }

  /** Waits until every running member has applied what the leader has committed. */
  async converged(timeoutMs = 20_000): Promise<void> {
    await eventually(timeoutMs, 'all members to catch up', async () => {
      const running = this.members.filter(({ id }) => this.isRunning(id));
      const all = await Promise.all(running.map(({ id }) => this.status(id)));
      const applied = new Set(all.map((status) => status?.lastApplied ?? -1));
      const leads = all.some((status) => status?.role === 'leader');
      return leads && applied.size === 1 && !applied.has(-1) ? true : null;
    });
  }

  #spawn([program = '', ...parameters]: readonly string[]): ChildProcess {
    const { descriptorsMax } = this.#options;
    const stdio: StdioOptions = ['ignore', 'ignore', 'pipe'];
    if (descriptorsMax === undefined) return spawn(program, parameters, { stdio });
    const script = `ulimit -n ${descriptorsMax}; exec "$@"`;
    return spawn('/bin/sh', ['-c', script, 'sh', program, ...parameters], { stdio });
  }

  /** What each member logged last, and whether it still runs: a port that was taken meanwhile shows here. */
  #lastWords(): string {
    const words = this.members.map(({ id }) => {
      const last = this.log(id).trimEnd().split('\n').at(-1) ?? '';
      return `${id} ${this.isRunning(id) ? 'runs' : 'has ended'}: ${last}`;
    });
    return words.join('; ');
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
  ask: () => Promise<Value | null>,
): Promise<Value> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (answer !== null) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((next) => setTimeout(next, 10));
  }
}
