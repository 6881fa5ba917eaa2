/** A cluster described once: the options that come of it, what is refused, and that nodes run by it. */
import { expect, it } from 'vitest';
import { type ClusterBuilder, cluster, createNode, defineMachine } from '../../src/index.ts';
import { closing } from '../clean-up.ts';
import { FAST, newFolder, newNetwork } from './stage.ts';

const machine = defineMachine({
  initial: () => ({ count: 0 }),
  commands: { add: (state, by: number) => (state.count += by) },
  queries: {},
});
const two = cluster('orders').member('n1', 'a:1').member('n2', 'b:2');

it('[EM20] gives exactly the options of createNode', () => {
  const own = { machine, dataDir: 'data' };
  expect(two.of('n2', own)).toEqual({
    ...own,
    id: 'n2',
    peers: { n1: 'a:1', n2: 'b:2' },
    clusterId: 'orders',
  });
  const tls = { cert: 'c', key: 'k', ca: 'a' };
  const all = two
    .timeouts({ heartbeatIntervalMs: 20, suspicionStepMs: 5 })
    .timeouts({ heartbeatIntervalMs: 25 })
    .limits({ commandBytesMax: 5 })
    .snapshots({ entries: null })
    .tls((id) => ({ ...tls, cert: `of ${id}` }))
    .secret('s'.repeat(32))
    .leaseReads();
  expect(all.of('n1', { machine, dataDir: 'data', listen: '0.0.0.0:1' })).toEqual({
    ...{ machine, dataDir: 'data', listen: '0.0.0.0:1' },
    ...{ id: 'n1', peers: { n1: 'a:1', n2: 'b:2' }, clusterId: 'orders' },
    timing: { heartbeatIntervalMs: 25, suspicionStepMs: 5 },
    limits: { commandBytesMax: 5 },
    snapshots: { entries: null },
    tls: { ...tls, cert: 'of n1' },
    clusterSecret: 's'.repeat(32),
    leaseReads: true,
  });
  expect(two.tls(tls).of('n1', own).tls).toBe(tls);
});

it('[EM20] is never changed by what is added to it', () => {
  const before = two.of('n1', { machine });
  two.member('n3', 'c:3').timeouts(FAST).leaseReads();
  expect(two.of('n1', { machine })).toEqual(before);
  expect(Object.isFrozen(two)).toBe(true);
  const peculiar = cluster('c').member('constructor', 'a:1').member('toString', 'b:1');
  expect(Object.keys(peculiar.of('toString', { machine }).peers ?? {})).toEqual([
    'constructor',
    'toString',
  ]);
});

it('[EM20] refuses whom nobody knows, and what is told twice', () => {
  expect(() => two.of('n3', { machine })).toThrow(
    'n3 is no member of the cluster: did you mean n1?',
  );
  expect(() => two.member('n1', 'c:3')).toThrow('n1 is a member of the cluster already');
  expect(() => two.member('n 3', 'c:3')).toThrow('must be the name of a member');
  // @ts-expect-error the clocks of one member alone
  expect(() => two.of('n1', { machine, timing: FAST })).toThrow(
    'timing is told to the cluster, not to one member of it',
  );
  // @ts-expect-error a mistyped field
  two.timeouts({ heartbeatMs: 5 });
});

it('[EM20] nodes run by it', async () => {
  const transportAt = newNetwork();
  const folder = await newFolder();
  let described: ClusterBuilder<string> = cluster('here').timeouts(FAST);
  for (const id of ['n1', 'n2', 'n3']) described = described.member(id, id);
  const nodes = await Promise.all(
    ['n1', 'n2', 'n3'].map(async (id) => {
      const own = { machine, dataDir: `${folder}/${id}`, transport: transportAt(id) };
      return closing(await createNode(described.of(id, own)));
    }),
  );
  const added = await Promise.all(nodes.map(async (node) => (await node.propose('add', 1)).result));
  expect(added.sort()).toEqual([1, 2, 3]);
  expect(nodes.map((node) => node.status().clusterId)).toEqual(['here', 'here', 'here']);
});
