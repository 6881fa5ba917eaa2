/** Sessions go with the state of the machine inside: what was carried out before a snapshot is not carried out after it. */
import { expect, it } from 'vitest';
import { add, callIn, countAt, ledCounting, openAt } from './scene.ts';

it('[SE1] [SH7] a command that comes again after a start from a snapshot takes no effect again', async () => {
  const { cluster, leader } = await ledCounting();
  const session = await openAt(cluster, leader.id);
  const asked = { id: leader.id, call: callIn(session, 1), by: 7 };
  const first = await add(cluster, asked);
  const outcomes: unknown[] = [];
  for (const { node } of cluster.members.values()) {
    await cluster.until('it has applied all', () => {
      const { commitIndex, lastApplied } = node.status();
      return lastApplied === commitIndex && commitIndex >= 3;
    });
    node.snapshot({ timeoutMs: 5_000 }, (outcome) => outcomes.push(outcome));
  }
  await cluster.until('snapshots', () => outcomes.length === 3);
  expect(outcomes).toMatchObject(outcomes.map(() => ({ type: 'taken' })));
  await Promise.all([...cluster.nodes.map((node) => node.close()), cluster.pass(3_000)]);
  for (const id of [...cluster.members.keys()]) await cluster.boot(id);
  const { id } = await cluster.leader();
  expect(await add(cluster, { ...asked, id })).toEqual(first);
  expect(countAt(cluster, id)).toBe(7);
  expect(await add(cluster, { id, call: callIn(session, 2), by: 1 })).toEqual({ count: 8 });
});
