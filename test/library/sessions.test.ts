/** Commands of an embedding program that may be proposed again. */
import { expect, it } from 'vitest';
import { defineMachine, memoryLogStore } from '../../src/index.ts';
import { alone } from './stage.ts';

const counter = defineMachine({
  initial: () => ({ count: 0 }),
  commands: {
    add: (state, by: number) => {
      state.count += by;
      return { count: state.count };
    },
  },
  queries: { count: (state) => state.count },
});

it('[SE16] a command that is proposed again takes effect once, also after a restart', async () => {
  const store = memoryLogStore();
  const first = await alone(counter, store);
  const { id, ttlMs } = await first.openSession({ ttlMs: 5_000 });
  expect(ttlMs).toBe(5_000);
  const once = { session: { id, sequence: 1 } };
  expect((await first.propose('add', 2, once)).result).toEqual({ count: 2 });
  expect((await first.propose('add', 2, once)).result).toEqual({ count: 2 });
  await first.close();
  const second = await alone(counter, store);
  expect((await second.propose('add', 2, once)).result).toEqual({ count: 2 });
  const next = { session: { id, sequence: 2, acknowledgedThrough: 1 } };
  expect((await second.propose('add', 3, next)).result).toEqual({ count: 5 });
  await expect(second.propose('add', 2, once)).rejects.toMatchObject({
    code: 'RAFT_SEQUENCE_PASSED',
  });
  expect(await second.query('count')).toBe(5);
});

it('[SE16] what makes no sense is a TypeError, and nothing is done', async () => {
  const node = await alone(counter);
  const { id } = await node.openSession();
  const wrong = [
    { id: 'x', sequence: 1 },
    { id, sequence: 0 },
    { id, sequence: 1, sequenze: 2 },
  ];
  for (const session of wrong) {
    await expect(node.propose('add', 1, { session })).rejects.toThrowError(TypeError);
  }
  await expect(node.openSession({ ttlMs: 1 })).rejects.toThrowError(TypeError);
  await expect(node.query('count', undefined, once({ id, sequence: 1 }))).rejects.toThrowError(
    'session',
  );
  expect(await node.query('count')).toBe(0);
});

function once(session: { id: string; sequence: number }): object {
  return { session };
}
