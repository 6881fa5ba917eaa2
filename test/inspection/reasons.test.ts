/** Every guard of every chart has words for what it says. What they are, the tests of the charts' ways show. */
import { expect, it } from 'vitest';
import { charts } from '../../machines/index.ts';
import { reasonOf } from '../../machines/reasons/reasons.ts';

const guards = Object.entries(charts).flatMap(([name, chart]) =>
  Object.keys(chart.implementations.guards).map((guard) => ({ name, id: chart.id, guard })),
);

it('[IN2] has words for every guard of every chart, and for no other', () => {
  expect(guards.length).toBeGreaterThan(40);
  for (const { guard, id } of guards)
    expect(reasonOf(id, guard), `${id} ${guard}`).toBeTypeOf('function');
  expect(reasonOf('raft', 'isNoGuard')).toBeUndefined();
  expect(reasonOf('raft', 'constructor')).toBeUndefined();
  expect(reasonOf('noChart', 'hearsQuorum')).toBeUndefined();
});

it('[IN2] knows every chart by the id under which it is in the catalogue', () => {
  for (const { id, name } of guards) expect(id).toBe(name);
});
