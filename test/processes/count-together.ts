/** The README's example, run as three processes that count together, the first some seconds before the others. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from '../free-ports.ts';
import { eventually } from './process-cluster.ts';

/** More than a member waits for a leader before it tells its callers that there is none (SP12), with the time it needs to start. */
const BY_HAND_MS = 4_000;

interface CountPlace {
  /** Where the example finds the package by its name, and leaves its data. */
  readonly directory: string;
  /** What its file is called there. */
  readonly file: string;
  /** What runs TypeScript: a program and its first words. */
  readonly runner: readonly [program: string, ...words: string[]];
}

/** Resolves once all three have counted and have ended at Ctrl-C. */
export async function countTogether(source: string, place: CountPlace): Promise<void> {
  const { directory, file, runner } = place;
  const ports = await freePorts(3);
  const moved = ports.reduce((text, port, at) => text.replace(`:430${at + 1}`, `:${port}`), source);
  await writeFile(join(directory, file), moved);
  const [program, ...words] = runner;
  const children: ChildProcess[] = [];
  let said = '';
  const start = (id: string): void => {
    const stdio = ['ignore', 'pipe', 'inherit'] as const;
    const child = spawn(program, [...words, file, id], { cwd: directory, stdio: [...stdio] });
    children.push(child);
    child.stdout?.on('data', (text) => {
      said += text;
    });
  };
  try {
    const begunMs = performance.now();
    start('n1');
    await eventually(10_000, 'whoever starts them by hand', async () => {
      return performance.now() - begunMs > BY_HAND_MS;
    });
    for (const id of ['n2', 'n3']) start(id);
    await eventually(60_000, 'all three to count', async () =>
      ['to 1\n', 'to 2\n', 'to 3\n'].every((end) => said.includes(end)),
    );
    const exits = children.map((child) => once(child, 'exit'));
    for (const child of children) child.kill('SIGINT');
    await Promise.all(exits);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}
