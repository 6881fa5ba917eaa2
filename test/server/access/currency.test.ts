/** A node that has just started, or has lost its leader, knows of access what is of any age: it carries out nothing by that (AC10). */
import { expect, it } from 'vitest';
import type { Readable } from '../../../src/ports/replica.ts';
import { AccessCurrency } from '../../../src/server/access/access-currency.ts';
import { WAITING_CHANGES_BYTES_MAX } from '../../../src/server/limits.ts';
import { type LocalApi, localApi, served } from '../local-server.ts';
import { ask, client, PUT, UNAUTHENTICATED } from './guarded.ts';

const HASH = new Uint8Array(32);

/** It catches up when the test says so. */
function lagging<Local extends LocalApi>(
  local: Local,
): Local & { readonly catchUp: () => void; readonly waiting: Readable[] } {
  const waiting: Readable[] = [];
  local.replica.awaitReadable = (_, completed) => waiting.push(completed);
  const catchUp = (): void => {
    for (const completed of waiting.splice(0)) completed(null);
  };
  return { ...local, catchUp, waiting };
}

const turnedOn = (local: LocalApi): Promise<void> =>
  local.commit({ type: 'access', change: { type: 'turnOn', hash: HASH } });

it('[AC10] nothing is changed by what a node knew before it had caught up', async () => {
  const local = lagging(await served({ hasJustStarted: true }));
  const kv = client(local);
  const asked = [
    PUT,
    ['DELETE', '/kv/a'],
    ['POST', '/txn', {}],
    ['POST', '/lease', { ttlMs: 1_000 }],
    ['POST', '/lease/renew', { leases: [1] }],
    ['POST', '/sessions'],
    ['POST', '/compact', { revision: 1 }],
    ['POST', '/members', { remove: ['n1'] }],
    ['POST', '/transfer'],
    ['POST', '/access/tokens', { name: 'mine', roles: ['root'] }],
    ['POST', '/access/on'],
    // What tells of now is asked for twice: before it is waited for, and behind it.
    ['GET', '/access'],
    ['GET', '/backup'],
    ['GET', '/lease'],
    ['GET', '/kv?prefix='],
  ] as const;
  const answers = asked.map((each) => ask(local, null, each));
  const written = kv.put('a', 'stolen').catch((error) => error);
  const read = kv.get('a').catch((error) => error);
  await expect.poll(() => local.waiting.length).toBe(asked.length + 2);
  await turnedOn(local);
  local.catchUp();
  for (const [at, answer] of (await Promise.all(answers)).entries()) {
    expect([asked[at], answer.status]).toEqual([asked[at], 401]);
  }
  expect(await Promise.all([written, read])).toEqual([UNAUTHENTICATED, UNAUTHENTICATED]);
  expect(local.replica.machine.keyCount).toBe(0);
  expect(local.replica.changes).toEqual([]);
});

it('[AC10] it waits anew with each leader, and no longer than until it has caught up', async () => {
  const local = lagging(localApi({ hasJustStarted: true }));
  const put = async (): Promise<number> => (await ask(local, null, PUT)).status;
  const first = put();
  await expect.poll(() => local.waiting.length).toBe(1);
  local.catchUp();
  expect([await first, await put()]).toEqual([200, 200]);
  local.replica.follow(null);
  const second = put();
  await expect.poll(() => local.waiting.length).toBe(1);
  // What it had caught up with was the leader before: whoever comes next waits again.
  local.replica.follow('n9');
  local.catchUp();
  expect(await second).toBe(200);
  const third = put();
  await expect.poll(() => local.waiting.length).toBe(1);
  await turnedOn(local);
  local.catchUp();
  expect([await third, await put()]).toEqual([401, 401]);
});

it('[AC10] without a leader a change ends in words, and what concerns the node alone is done', async () => {
  const local = localApi({ hasJustStarted: true });
  local.replica.mood = 'leaderless';
  expect((await ask(local, null, PUT)).code).toBe('RAFT_NO_LEADER');
  local.replica.mood = 'serving';
  expect(lagging(local).waiting).toEqual([]);
  expect((await ask(local, null, ['POST', '/snapshot'])).status).toBe(200);
  expect((await ask(local, null, ['GET', '/kv?prefix=&consistency=local'])).status).toBe(200);
});

it('[AC10] what waits is bounded in bytes', () => {
  const waiting: Readable[] = [];
  const currency = new AccessCurrency({
    awaitReadable: (_, completed) => waiting.push(completed),
    onRole: () => () => {},
  });
  const told: unknown[] = [];
  const bytes = WAITING_CHANGES_BYTES_MAX / 4;
  const wait = (): void =>
    currency.whenCurrent({ bytes, timeoutMs: 1 }, (error) => told.push(error?.code ?? null));
  for (let count = 1; count <= 5; count += 1) wait();
  expect([waiting.length, told]).toEqual([4, ['RAFT_OVERLOADED']]);
  for (const completed of waiting.splice(0)) completed(null);
  wait();
  expect([waiting.length, told.slice(1)]).toEqual([1, [null, null, null, null]]);
});
