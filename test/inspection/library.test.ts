/** `node.inspect` of the library: an observer is a guest like other listeners. */
import { expect, it } from 'vitest';
import { defineMachine } from '../../src/index.ts';
import type { InspectionRecord } from '../../src/ports/inspection.ts';
import { alone } from '../library/stage.ts';

const counter = defineMachine({
  initial: () => ({ count: 0 }),
  commands: {
    add: (state: { count: number }, by: number) => {
      state.count += by;
      return state.count;
    },
  },
  queries: {},
});

it('[IN5] survives an observer that throws, and reports what it threw', async () => {
  const node = await alone(counter);
  const errors: unknown[] = [];
  node.on('error', (error) => errors.push(error));
  const records: InspectionRecord[] = [];
  node.inspect(() => {
    throw new Error('the observer is at fault');
  });
  const stop = node.inspect((record) => records.push(record));
  await node.ready();
  await node.propose('add', 2);
  await expect.poll(() => errors.length).toBeGreaterThan(3);
  expect(String(errors[0])).toContain('the observer is at fault');
  expect(node.role).toBe('leader');
  expect(records.some(({ type }) => type === 'transition')).toBe(true);
  stop();
  const { length } = records;
  await node.propose('add', 2);
  expect(records).toHaveLength(length);
});

it('[IN5] takes a function as an observer and nothing else', async () => {
  const node = await alone(counter);
  expect(() => node.inspect('loudly' as never)).toThrow(TypeError);
});

it('[IN4] gives every watcher the same records, which none can change', async () => {
  const node = await alone(counter);
  await node.ready();
  const [one, other]: InspectionRecord[][] = [[], []];
  node.inspect((record) => one?.push(record));
  node.inspect((record) => other?.push(record));
  await node.propose('add', 1);
  await expect.poll(() => other?.length).toBeGreaterThan(3);
  const last = other?.at(-1);
  expect(one).toContain(last);
  expect(Object.isFrozen(last)).toBe(true);
});
