/** Real processes on one data directory: the lock, and kills in the middle of writing. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, symlinkSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { levelLogStore } from '../../src/storage/disk-log-store.ts';
import {
  append,
  hard,
  OWNER,
  run,
  texts,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { during, Workspace } from './data-directories.ts';
import { payloadsAt } from './payloads.ts';

const SCRIPT = fileURLToPath(new URL('child-store.ts', import.meta.url));
const KILLS = 5;
const LINES_BEFORE_KILL = [1, 40, 7, 150, 23];

function start(mode: 'try' | 'write', directory: string): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', SCRIPT, mode, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

function linesOf(child: ChildProcess): AsyncIterable<string> {
  if (child.stdout === null) throw new Error('the child has no standard output');
  return createInterface({ input: child.stdout });
}

async function answerOf(directory: string): Promise<string> {
  const lines: string[] = [];
  for await (const line of linesOf(start('try', directory))) lines.push(line);
  return lines.join('\n');
}

/** Kills a writing child after so many acknowledgements. Returns the last it was able to print. */
async function killAfter(
  directory: string,
  count: number,
): Promise<{ index: number; term: number }> {
  const child = start('write', directory);
  const exit = once(child, 'exit');
  let lines = 0;
  let last = { index: 0, term: 0 };
  for await (const line of linesOf(child)) {
    const [index = 0, term = 0] = line.split(' ').map(Number);
    last = { index, term };
    lines += 1;
    if (lines === count) child.kill('SIGKILL');
  }
  await exit;
  return last;
}

describe('two processes and one data directory', () => {
  const workspace = new Workspace();

  it('[ST10] the second is refused while the first lives, and the first goes on', async () => {
    const directory = workspace.fresh();
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    expect(await answerOf(directory)).toMatch(/^RAFT_LOG_REFUSED .* is in use by another process/);
    await write(store, [hard(1), append(run(1, 1, ['a']))]);
    await store.close();
    expect(await answerOf(directory)).toBe('opened');
  });

  it('[ST10] a second handle in one process is refused, under any name, and frees nothing', async () => {
    const directory = workspace.fresh();
    const alias = workspace.fresh();
    mkdirSync(directory);
    symlinkSync(directory, alias);
    const store = levelLogStore({ directory });
    const { identity } = await store.open(OWNER);
    const refused = { code: 'RAFT_LOG_REFUSED', message: expect.stringContaining('is in use') };
    for (const path of [directory, alias, `${directory}/`]) {
      await expect(levelLogStore({ directory: path }).open(OWNER)).rejects.toMatchObject(refused);
    }
    expect(await answerOf(directory)).toMatch(/is in use by another process/);
    await store.close();
    const again = await during(alias, async (_, recovered) => recovered.identity);
    expect(again.boots).toBe(identity.boots + 1);
  });

  it('[ST7] kill −9 in the middle of writing costs nothing that was acknowledged', async () => {
    const directory = workspace.fresh();
    for (let round = 0; round < KILLS; round += 1) {
      const acknowledged = await killAfter(directory, LINES_BEFORE_KILL[round] ?? 1);
      await during(directory, async (store, { log, hardState, identity }) => {
        expect(log.lastIndex).toBeGreaterThanOrEqual(acknowledged.index);
        expect(hardState.term).toBeGreaterThanOrEqual(acknowledged.term);
        expect(identity.boots).toBe(2 * round + 2);
        const payloads = (await texts(store, 1, log.lastIndex)).map((text) =>
          text.replace(/^\d+:/, ''),
        );
        expect(payloads).toEqual(payloadsAt(1, log.lastIndex));
      });
    }
  });
});
