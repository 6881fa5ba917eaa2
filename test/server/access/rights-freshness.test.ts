/** What a node knows of access may be of any age: it carries out nothing by what is older than a second (AC10). */
import { expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { term } from '../../../src/core/types.ts';
import type { Readable, RoleEvent } from '../../../src/ports/replica.ts';
import { RightsFreshness } from '../../../src/server/access/rights-freshness.ts';
import { WAITING_CHANGES_BYTES_MAX } from '../../../src/server/limits.ts';
import { type LocalApi, localApi, served } from '../local-server.ts';
import { ask, client, PUT, UNAUTHENTICATED } from './guarded.ts';

const HASH = new Uint8Array(32);
const FOLLOWS: RoleEvent = {
  role: 'follower',
  term: term(2),
  leader: null,
  cause: 'its leader is silent',
};

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
  const answers = asked.map(([method, path, ...body]) => {
    const patient = `${path}${path.includes('?') ? '&' : '?'}timeoutMs=30000`;
    return ask(local, null, [method, patient, ...body]);
  });
  const written = kv.put('a', 'stolen').catch((error) => error);
  const read = kv.get('a').catch((error) => error);
  // And once by the node itself.
  await expect.poll(() => local.waiting.length).toBe(asked.length + 3);
  await turnedOn(local);
  local.catchUp();
  for (const [at, answer] of (await Promise.all(answers)).entries()) {
    expect([asked[at], answer.status]).toEqual([asked[at], 401]);
  }
  expect(await Promise.all([written, read])).toEqual([UNAUTHENTICATED, UNAUTHENTICATED]);
  expect(local.replica.machine.keyCount).toBe(0);
  expect(local.replica.changes).toEqual([]);
});

/** In a cluster that answers when the test says so, at a time of the test. */
function asked(): {
  readonly freshness: RightsFreshness;
  readonly at: { ms: number; isOn: boolean };
  readonly isFresh: () => boolean;
  readonly questions: Readable[];
  /** To all that was asked. */
  readonly answer: (error?: RaftError) => void;
  readonly roleChanged: () => void;
} {
  const at = { ms: 5_000, isOn: false };
  const questions: Readable[] = [];
  let roleChanged = (): void => {};
  const freshness = new RightsFreshness({
    replica: {
      awaitReadable: (_, completed) => questions.push(completed),
      onRole: (listener) => {
        roleChanged = () => listener(FOLLOWS);
        return () => {};
      },
    },
    clock: { now: () => at.ms },
    kv: { access: at },
  });
  return {
    ...{ freshness, at, questions },
    isFresh: () => freshness.isFresh(at.ms),
    answer: (error) => {
      for (const completed of questions.splice(0)) completed(error ?? null);
    },
    roleChanged: () => roleChanged(),
  };
}

it('[AC10] what it knows is good for a second, whoever leads, and is asked for again in time', () => {
  const { at, isFresh, questions, answer, roleChanged } = asked();
  at.isOn = true;
  expect([isFresh(), isFresh(), questions.length]).toEqual([false, false, 1]);
  // Whatever was changed since it was asked, it may not know.
  at.ms += 300;
  answer();
  at.ms += 200;
  expect([isFresh(), questions.length]).toEqual([true, 0]);
  at.ms += 1;
  expect([isFresh(), questions.length]).toEqual([true, 1]);
  roleChanged();
  at.ms += 499;
  expect([isFresh(), questions.length]).toEqual([true, 1]);
  at.ms += 1;
  expect(isFresh()).toBe(false);
  answer();
  expect([isFresh(), questions.length]).toEqual([true, 0]);
});

it('[AC10] while access is off a change now and then waits only behind a change of leader', () => {
  const { at, isFresh, answer, roleChanged } = asked();
  isFresh();
  // Whether it has caught up with the leader that it hears of now, the answer does not say.
  roleChanged();
  answer();
  at.ms += 1_001;
  expect(isFresh()).toBe(false);
  answer();
  at.ms += 60_000;
  expect(isFresh()).toBe(true);
  at.isOn = true;
  expect(isFresh()).toBe(false);
  at.isOn = false;
  roleChanged();
  expect(isFresh()).toBe(false);
});

it('[AC10] a question that came to nothing proves nothing, and is asked again', () => {
  const { isFresh, questions, answer } = asked();
  isFresh();
  answer(new RaftError('RAFT_NO_LEADER', 'Nobody leads.'));
  expect([isFresh(), questions.length]).toEqual([false, 1]);
});

it('[AC10] a change that waited is carried out by the rights of then', async () => {
  const local = lagging(localApi({ hasJustStarted: true }));
  const put = async (): Promise<number> => (await ask(local, null, PUT)).status;
  const first = put();
  await expect.poll(() => local.waiting.length).toBe(2);
  await turnedOn(local);
  local.catchUp();
  expect([await first, await put()]).toEqual([401, 401]);
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
  const { freshness, questions, answer } = asked();
  const told: unknown[] = [];
  const bytes = WAITING_CHANGES_BYTES_MAX / 4;
  const wait = (): void =>
    freshness.whenFresh({ bytes, timeoutMs: 1 }, (error) => told.push(error?.code ?? null));
  for (let count = 1; count <= 5; count += 1) wait();
  expect([questions.length, told]).toEqual([4, ['RAFT_OVERLOADED']]);
  answer();
  wait();
  expect([questions.length, told.slice(1)]).toEqual([1, [null, null, null, null]]);
});
