/** The built command line as a process, heard line by line, and never left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createServer } from 'node:net';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

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

const running = new Set<ChildProcess>();

export function startCli(
  argv: readonly string[],
  options: {
    readonly environment?: NodeJS.ProcessEnv;
    readonly wrapper?: readonly string[];
    /** Instead of the built `main.js`. */
    readonly program?: string;
    /** The beginning of an input that never ends. */
    readonly input?: Uint8Array;
  } = {},
): CliProcess {
  const [program = process.execPath, ...first] = [...(options.wrapper ?? []), process.execPath];
  const child = spawn(program, [...first, options.program ?? MAIN, ...argv], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...options.environment },
  });
  running.add(child);
  const inputTaken = feed(child.stdin, options.input);
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

/** The first of `count` consecutive ports that are free now, and so are those 100 above. */
export async function freeBasePort(count: number): Promise<number> {
  for (let attempt = 0; attempt < 50; attempt += 1) {
    const base = 20_000 + Math.floor(Math.random() * 12_000);
    const ports = Array.from({ length: count }, (_, at) => [base + at, base + 100 + at]).flat();
    const free = await Promise.all(ports.map(isFree));
    if (free.every(Boolean)) return base;
  }
  throw new Error('no free ports');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}
