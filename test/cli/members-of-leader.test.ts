/** `members`, asked of a server that does not lead. */
import { expect, it } from 'vitest';
import { served } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';

it('[CL30] asks the leader where a server says where that is, and says so where it does not answer', async () => {
  const leader = await served();
  const listed = async (url: string) => {
    const peers = new Map([['n9', url]]);
    const follower = await served({ inspection: { peers } });
    follower.replica.link = { ...follower.replica.link, matchIndex: null };
    follower.replica.follow('n9');
    return runFake(['members', '--endpoints', follower.url]);
  };
  const { errors, output } = await listed(leader.url);
  expect([output, errors]).toEqual([expect.stringMatching(/\nn1 +voter, leads +- +- +1 +0\n/), '']);
  const alone = await listed('http://127.0.0.1:1');
  expect(alone.output).toMatch(/\nn1 +voter +- +- +- +-\n/);
  expect(alone.errors).toContain('It did not tell them at http://127.0.0.1:1.');
});
