/** Watches that stand, of which nothing is to be told, when who watches is known no more (AC7). */
import { expect, it } from 'vitest';
import { served } from '../local-server.ts';
import { ask, client, FORBIDDEN, guarded, UNAUTHENTICATED } from './guarded.ts';

it('[AC7] a watch of one who is gone ends with its next sign of life, over either protocol', async () => {
  const local = await guarded(await served({ keepAliveMs: 20 }));
  const { root, writer } = local.tokens;
  const watch = client(local, writer).watch({ prefix: 'a/' });
  await watch.started();
  const told = watch[Symbol.asyncIterator]()
    .next()
    .catch((error) => error);
  const headers = { authorization: `Bearer ${writer}` };
  const stream = await fetch(`${local.url}/watch?prefix=a/`, { headers });
  expect(local.context.counters).toMatchObject({ clientWatches: 1, httpWatches: 1 });
  await ask(local, root, ['DELETE', '/access/tokens/writer']);
  expect(await told).toEqual(UNAUTHENTICATED);
  expect(await stream.text()).toContain('RAFT_UNAUTHENTICATED');
  expect(local.context.counters).toMatchObject({ clientWatches: 0, httpWatches: 0 });
  expect(local.faults).toEqual([]);
});

it('[AC7] a client whose token was replaced by another goes on with that one', async () => {
  const local = await guarded(await served());
  const { blind, root, writer } = local.tokens;
  let token = writer;
  const kv = client(local, () => token);
  await kv.put('a/x', 'v');
  token = blind;
  await ask(local, root, ['DELETE', '/access/tokens/writer']);
  await expect(kv.put('a/x', 'v')).rejects.toEqual(UNAUTHENTICATED);
  await expect
    .poll(() =>
      kv.put('a/x', 'w').then(
        () => 'done',
        ({ code }) => code,
      ),
    )
    .toBe('done');
  await expect(kv.get('a/x')).rejects.toEqual(FORBIDDEN);
  // Of one who never was known, the connection stands: a member that lags may learn of its token.
  const early = client(local, 'late.token');
  await expect(early.get('a/x')).rejects.toEqual(UNAUTHENTICATED);
  await expect(early.get('a/x')).rejects.toEqual(UNAUTHENTICATED);
  expect(local.context.counters.clientConnectionsTotal).toBe(3);
});
