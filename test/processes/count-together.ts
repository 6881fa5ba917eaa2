/** The README's example, run as three processes that count together. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePorts } from './free-ports.ts';
import { eventually } from './process-cluster.ts';

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
  const children = ['n1', 'n2', 'n3'].map((id) =>
    spawn(program, [...words, file, id], { cwd: directory, stdio: ['ignore', 'pipe', 'inherit'] }),
  );
  let said = '';
  for (const { stdout } of children) {
    stdout.on('data', (text) => {
      said += text;
    });
  }
  try {
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
