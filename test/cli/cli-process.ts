/** The built command line as a process, heard line by line, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

export interface CliProcess {
  readonly child: ChildProcess;
  /** All of the input has left; if that is more than a pipe holds, the process reads. */
  readonly inputTaken: Promise<void>;
  output(): string;
  errors(): string;
  /** Resolves once `find` returns something for all that was written so far; rejects at the end of the process. */
  until<Found>(find: (output: string, errors: string) => Found | null | false): Promise<Found>;
  /** The exit code, or the name of the signal that ended it. */
  readonly ended: Promise<number | string>;
  kill(signal: NodeJS.Signals): void;
}

export interface CliOptions {
  readonly environment?: NodeJS.ProcessEnv;
  /** A command that runs the one behind it. */
  readonly wrapper?: readonly string[];
  readonly nodeFlags?: readonly string[];
  /** Instead of the built `main.js`. */
  readonly program?: string;
  /** The beginning of an input that never ends. */
  readonly input?: Uint8Array;
}

/** For profiling, e.g. `RAFTCHART_TEST_NODE_FLAGS='--cpu-prof'`. */
const NODE_FLAGS = (process.env.RAFTCHART_TEST_NODE_FLAGS ?? '').split(' ').filter(Boolean);
const running = new Set<ChildProcess>();

export function startCli(
  argv: readonly string[],
  { environment, wrapper = [], nodeFlags = [], program = MAIN, input }: CliOptions = {},
): CliProcess {
  const node = [process.execPath, ...NODE_FLAGS, ...nodeFlags, program];
  const [first = '', ...rest] = [...wrapper, ...node, ...argv];
  const child = spawn(first, rest, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...environment },
  });
  running.add(child);
  const inputTaken = feed(child.stdin, input);
  let output = '';
  let errors = '';
  const listeners = new Set<() => void>();
  const heard = (): void => {
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', (data) => {
    output += data;
    heard();
  });
  child.stderr.on('data', (data) => {
    errors += data;
    heard();
  });
  const ended = endOf(child);
  const until = <Found>(
    find: (output: string, errors: string) => Found | null | false,
  ): Promise<Found> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const found = find(output, errors);
        if (found === null || found === false) return;
        listeners.delete(look);
        resolve(found);
      };
      listeners.add(look);
      ended.then((how) => reject(new Error(`ended with ${how}: ${output}${errors}`)));
      look();
    });
  return {
    child,
    inputTaken,
    until,
    ended,
    output: () => output,
    errors: () => errors,
    kill: (signal) => child.kill(signal),
  };
}

function endOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve) => {
    child.on('close', (code, signal) => {
      running.delete(child);
      resolve(code ?? signal ?? 'unknown');
    });
  });
}

function feed(stdin: Writable, input: Uint8Array | undefined): Promise<void> {
  return new Promise((taken) => {
    stdin.on('error', () => {});
    if (input === undefined) stdin.end(taken);
    else stdin.write(input, () => taken());
  });
}

export async function runCliProcess(
  argv: readonly string[],
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly code: number | string; readonly output: string; readonly errors: string }> {
  const cli = startCli(argv, { environment });
  const code = await cli.ended;
  return { code, output: cli.output(), errors: cli.errors() };
}

/** Ends what a test has left. */
export function endAll(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** The JSON lines of a log with this event. */
export function logLines(errors: string, event: string): readonly Record<string, unknown>[] {
  return errors
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))
    .filter((line) => line.event === event);
}

/** A wrapper that lets a process have so many file descriptors, sockets included. */
export function withDescriptors(most: number): readonly string[] {
  return ['bash', '-c', `ulimit -n ${most}; exec "$@"`, 'bash'];
}

/** Any free ports for one node of its own, which leads soon. */
export const ANY_PORTS = ['--listen', '127.0.0.1:0', '--peer-listen', '127.0.0.1:0'] as const;
export const QUICK = ['--election-timeout-ms', '40-80', '--heartbeat-interval-ms', '10'] as const;

export function serveLine(id: string, dataDir: string, ...more: readonly string[]): string[] {
  return ['serve', '--id', id, '--data-dir', dataDir, ...more];
}

/** Where a node is served, once it says so. */
export async function urlOf(node: CliProcess): Promise<string> {
  return String(await node.until((_, errors) => logLines(errors, 'serving')[0]?.url ?? null));
}

/** The same, once it leads. */
export async function leading(node: CliProcess): Promise<string> {
  await node.until((_, errors) => logLines(errors, 'role').some(({ role }) => role === 'leader'));
  return urlOf(node);
}
