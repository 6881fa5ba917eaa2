/** `lock` as a process: what becomes of its program when it is told to end twice. */
import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { served } from '../server/local-server.ts';
import { startCli } from './cli-process.ts';
import { scratch } from './scratch.ts';

it('[CO6] leaves no program behind, however it is ended by whoever has no patience', async () => {
  scratch();
  const { url } = await served();
  const script = 'trap "" TERM; echo begun; while :; do sleep 0.02; done';
  const cli = startCli(['lock', 'nightly', '--endpoints', url, '--', 'sh', '-c', script]);
  await cli.until((output) => output === 'begun\n');
  let isOver = false;
  const ended = cli.ended.finally(() => {
    isOver = true;
  });
  // The output of the program is closed once nobody is left who could write to it.
  const insist = (): boolean => {
    if (!isOver) cli.kill('SIGTERM');
    return isOver;
  };
  await expect.poll(insist, { interval: 300 }).toBe(true);
  expect(await ended).toBe(75);
});

// Windows has no shell that could watch.
it.skipIf(process.platform === 'win32')(
  '[CO6] that is killed takes the program with it, and all that this has begun',
  async () => {
    scratch();
    const { url } = await served();
    // What it writes first may be here before the command knows that it runs; a signal that was passed on proves that it does.
    const told = 'trap "trap - TERM; echo told" TERM; sleep 600 & echo begun; wait; ';
    const script = `${told} sleep 600 & wait`;
    const cli = startCli(['lock', 'nightly', '--endpoints', url, '--', 'sh', '-c', script]);
    await cli.until((output) => output === 'begun\n');
    cli.kill('SIGTERM');
    await cli.until((output) => output === 'begun\ntold\n');
    cli.kill('SIGKILL');
    // Its output is closed once nobody is left who could write to it.
    expect(await cli.ended).toBe('SIGKILL');
  },
);

// Windows has no shell that could watch.
it.skipIf(process.platform === 'win32')(
  '[CO6] leaves nobody behind who watched a program that has ended by itself',
  async () => {
    scratch();
    const { url } = await served();
    const own = startCli(['lock', 'nightly', '--endpoints', url, '--', 'sh', '-c', 'read line']);
    const name = `raftchart-watches-${own.child.pid}`;
    const isThere = () => execFileSync('ps', ['-A', '-o', 'args=']).toString().includes(name);
    expect(await own.ended).toBe(1);
    await expect.poll(isThere).toBe(false);
  },
);

it('[CO6] hands its input to the program', async () => {
  scratch();
  const { url } = await served();
  const line = ['lock', 'nightly', '--endpoints', url, '--', 'sh', '-c', 'echo "$(cat)"'];
  const cli = startCli(line, { wrapper: ['sh', '-c', '(sleep 0.2; echo late) | "$@"', 'sh'] });
  expect([await cli.ended, cli.output()]).toEqual([0, 'late\n']);
});
