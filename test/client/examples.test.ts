/** `examples/lock-server.ts` and `examples/service-registry.ts`, several of each, against a server over loopback. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { type LocalServer, served } from '../server/local-server.ts';

interface Running {
  readonly ended: Promise<number | null>;
  lines(): readonly string[];
  stop(): void;
}

function start(server: LocalServer, example: string, ...words: readonly string[]): Running {
  const file = fileURLToPath(new URL(`../../examples/${example}.ts`, import.meta.url));
  const child = spawn(process.execPath, ['--import', 'tsx', file, ...words], {
    env: { ...process.env, RAFTCHART_ENDPOINTS: server.url },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUp(() => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (text) => {
    output += text;
  });
  return {
    ended: new Promise((resolve) => child.on('exit', resolve)),
    lines: () => output.trim().split('\n'),
    stop: () => child.kill('SIGINT'),
  };
}

it('[CO1] examples/lock-server.ts: one works at a time, with numbers that grow', async () => {
  const server = await served();
  const heard: string[] = [];
  server.replica.machine.watch({ prefix: new TextEncoder().encode('nightly/') }, (revisions) => {
    for (const { events } of revisions) {
      for (const { value } of events) heard.push(new TextDecoder().decode(value ?? undefined));
    }
  });
  const all = ['a', 'b', 'c'].map((name) => start(server, 'lock-server', name));
  expect(await Promise.all(all.map(({ ended }) => ended))).toEqual([0, 0, 0]);
  const order = [...new Set(heard.map((text) => text[0]))];
  expect(heard).toEqual(order.flatMap((name) => [`${name} 1`, `${name} 2`, `${name} 3`]));
  const lines = all.flatMap((one) => one.lines());
  const numbers = order.map((name) => {
    const line = lines.find((each) => each.startsWith(`${name} has`)) ?? '';
    return Number(/number (\d+)$/.exec(line)?.[1]);
  });
  expect(numbers).toHaveLength(3);
  expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
});

it('[CO5] examples/service-registry.ts: each knows where the others are, as they come and go', async () => {
  const server = await served();
  const one = start(server, 'service-registry', 'one');
  await expect.poll(one.lines).toContain('one: this is one');
  const two = start(server, 'service-registry', 'two');
  for (const each of [one, two]) {
    await expect.poll(() => each.lines().at(-1)).toMatch(/: this is one, this is two$/);
  }
  two.stop();
  expect(await two.ended).toBe(0);
  await expect.poll(() => one.lines().at(-1)).toBe('one: this is one');
  one.stop();
  expect(await one.ended).toBe(0);
});
