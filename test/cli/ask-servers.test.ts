/** Orders to a cluster, of which any server may go before it has answered. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { cleanUp, closing } from '../clean-up.ts';
import { localServer } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';

async function failure(argv: readonly string[]) {
  const { errors, exitCode } = await runFake(argv);
  return { exitCode, ...JSON.parse(errors) };
}

it('[CL31] [CL29] of what a server was asked that went without an answer nobody knows what became', async () => {
  const server = closing(await localServer());
  const going = createServer((request) => request.socket.destroy()).listen(0, '127.0.0.1');
  cleanUp(() => going.close());
  await once(going, 'listening');
  const { port } = going.address() as AddressInfo;
  const both = ['--endpoints', `http://127.0.0.1:${port},${server.url}`];
  const unknown = { exitCode: 75, retry: 'outcomeUnknown', code: 'RAFT_OUTCOME_UNKNOWN' };
  const removal = ['member', 'remove', 'n8', '-o', 'json'];
  expect(await failure([...removal, ...both])).toMatchObject({
    ...unknown,
    message: expect.stringContaining('n8'),
  });
  expect(await failure([...removal, '--endpoints', `http://127.0.0.1:${port}`])).toMatchObject(
    unknown,
  );
  expect(await failure(['transfer', '--to', 'n8', '-o', 'json', ...both])).toMatchObject(unknown);
  // Nothing has left, or nothing was to change.
  const silent = ['--endpoints', `http://127.0.0.1:1,${server.url}`];
  expect(await failure([...removal, ...silent])).toMatchObject({ code: 'RAFT_NOT_FOUND' });
  expect((await runFake(['members', ...both])).exitCode).toBe(0);
});
