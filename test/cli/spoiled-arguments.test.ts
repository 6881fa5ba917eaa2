/** Arguments that are not what was given. */
import { expect, it } from 'vitest';
import { requireWhole } from '../../src/cli/options/spoiled-arguments.ts';
import { served } from '../server/local-server.ts';
import { startCli } from './cli-process.ts';

const line = (...words: readonly string[]): Buffer =>
  Buffer.from(words.map((word) => `${word}\0`).join(''), 'latin1');
const MEANT = Buffer.from('\uFFFD').toString('latin1');

it('[CL46] tells what was meant from what was spoiled, and says nothing where nobody tells', () => {
  const argv = ['put', 'a\uFFFDb', '\uFFFD'];
  const spoiled = line('node', '\xff', 'main.js', 'put', `a${MEANT}b`, '\xfe');
  expect(() => requireWhole(argv, () => spoiled)).toThrow('"\uFFFD" is not what was given');
  const meant = line('node', '\xff', 'main.js', 'put', `a${MEANT}b`, MEANT);
  expect(() => requireWhole(argv, () => meant)).not.toThrow();
  expect(() => requireWhole(argv, () => Buffer.alloc(0))).not.toThrow();
  const never = (): never => {
    throw new Error('not read');
  };
  expect(() => requireWhole(['put', 'a', 'b'], never)).not.toThrow();
});

// Elsewhere the system does not tell.
it.skipIf(process.platform !== 'linux')(
  '[CL46] a value that is no UTF-8 is not written as another',
  async () => {
    const { replica, url } = await served();
    const to = ['--endpoints', url];
    const wrapper = ['bash', '-c', `"$@" "$(printf 'v\\xff')"`, 'bash'];
    const cli = startCli(['put', ...to, 'k'], { wrapper });
    expect([await cli.ended, cli.errors()]).toEqual([64, expect.stringContaining('put KEY -')]);
    expect(replica.machine.keyCount).toBe(0);
    const meant = startCli(['put', ...to, 'k', 'v\uFFFD']);
    expect([await meant.ended, replica.machine.keyCount]).toEqual([0, 1]);
  },
);
