/**
 * Partitions (family J of the known bugs): whole members under virtual time, with links that are cut in one
 * direction or in both. A cut holds what is under way, as a network that drops packets does.
 */
import { expect, it } from 'vitest';
import { VirtualCluster, type VirtualMember } from '../../src/testing/virtual-cluster.ts';

interface Scene {
  readonly cluster: VirtualCluster;
  readonly leader: VirtualMember;
  /** Names of all others, in no order that matters. */
  readonly others: readonly string[];
}

async function scene(size: number): Promise<Scene> {
  const cluster = await VirtualCluster.start(size);
  const leader = await cluster.leader();
  expect(await cluster.submit(leader.id, 'first')).toMatchObject({ type: 'applied' });
  await cluster.pass(200);
  const others = [...cluster.members.keys()].filter((id) => id !== leader.id);
  return { cluster, leader, others };
}

function each(cluster: VirtualCluster, act: (from: string, to: string) => void): void {
  for (const from of cluster.members.keys()) {
    for (const to of cluster.members.keys()) if (from !== to) act(from, to);
  }
}

/** Only these pairs still hear each other. */
function onlyLinks(
  cluster: VirtualCluster,
  ...pairs: readonly (readonly [string, string])[]
): void {
  each(cluster, (from, to) => {
    const isLinked = pairs.some((pair) => pair.includes(from) && pair.includes(to));
    const direction = { from: `at-${from}`, to: `at-${to}` };
    if (isLinked) cluster.network.mend(direction);
    else cluster.network.cut(direction);
  });
}

function cut(cluster: VirtualCluster, from: string, to: string): void {
  cluster.network.cut({ from: `at-${from}`, to: `at-${to}` });
}

function healAll(cluster: VirtualCluster): void {
  each(cluster, (from, to) => cluster.network.mend({ from: `at-${from}`, to: `at-${to}` }));
}

const leaders = (cluster: VirtualCluster): readonly string[] =>
  [...cluster.members.values()]
    .filter(({ node }) => node.status().role === 'leader')
    .map(({ id }) => id);

const termOf = (cluster: VirtualCluster, id: string): number =>
  cluster.member(id).node.status().term;

/** For that long nobody is elected and no term rises. */
async function expectCalm(cluster: VirtualCluster, leader: string, ms: number): Promise<void> {
  const before = [...cluster.members.keys()].map((id) => termOf(cluster, id));
  for (let passed = 0; passed < ms; passed += 100) {
    await cluster.pass(100);
    expect(leaders(cluster)).toEqual([leader]);
  }
  expect([...cluster.members.keys()].map((id) => termOf(cluster, id))).toEqual(before);
}

/** Everyone ends with the same commands, all of `written` among them, each once. */
async function expectAgreement(cluster: VirtualCluster, written: readonly string[]): Promise<void> {
  for (const id of cluster.members.keys()) {
    expect(await cluster.read(id)).toBeNull();
    expect(cluster.applied(id)).toEqual(cluster.applied('n1'));
  }
  const applied = cluster.applied('n1');
  expect(new Set(applied).size).toBe(applied.length);
  expect(applied).toEqual(expect.arrayContaining([...written]));
}

it('[J1] one dead link between a leader and one of its followers unseats nobody', async () => {
  const { cluster, leader, others } = await scene(3);
  const [far = '', near = ''] = others;
  onlyLinks(cluster, [leader.id, near], [near, far]);
  await expectCalm(cluster, leader.id, 10_000);
  expect(await cluster.submit(leader.id, 'during')).toMatchObject({ type: 'applied' });
  healAll(cluster);
  await expectCalm(cluster, leader.id, 2_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J2] two that each hear only one member of the middle leave the leader of the middle alone', async () => {
  const { cluster, leader, others } = await scene(5);
  const [two = '', three = '', four = '', five = ''] = others;
  const middle = [
    [leader.id, two],
    [leader.id, three],
    [two, three],
  ] as const;
  onlyLinks(cluster, ...middle, [four, two], [five, three]);
  await expectCalm(cluster, leader.id, 10_000);
  expect(await cluster.submit(leader.id, 'during')).toMatchObject({ type: 'applied' });
  healAll(cluster);
  await cluster.pass(1_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J3] when only one member still hears a quorum, it comes to lead', async () => {
  const { cluster, leader, others } = await scene(5);
  const [hub = '', ...rest] = others;
  onlyLinks(cluster, ...[leader.id, ...rest].map((id) => [hub, id] as const));
  await cluster.until('the hub to lead', () => leaders(cluster).join() === hub);
  await cluster.pass(1_000);
  await expectCalm(cluster, hub, 5_000);
  expect(await cluster.submit(hub, 'during')).toMatchObject({ type: 'applied' });
  healAll(cluster);
  await cluster.pass(1_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J3] in a chain one of the middle comes to lead, and stays', async () => {
  const { cluster, leader, others } = await scene(5);
  const [a = '', b = '', c = '', d = ''] = others;
  onlyLinks(cluster, [leader.id, a], [a, b], [b, c], [c, d]);
  const isInside = (): boolean => [a, b, c].includes(leaders(cluster).join());
  await cluster.until('one of the middle to lead', isInside);
  const inside = leaders(cluster).join();
  await cluster.pass(1_000);
  await expectCalm(cluster, inside, 5_000);
  expect(await cluster.submit(inside, 'during')).toMatchObject({ type: 'applied' });
  healAll(cluster);
  await cluster.pass(1_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J3] when the only one with a quorum has an old log nobody leads, nothing is lost, and one link more is enough', async () => {
  const { cluster, leader, others } = await scene(5);
  const [hub = '', ...rest] = others;
  cluster.isolate(hub);
  cluster.resetLinks(hub);
  expect(await cluster.submit(leader.id, 'newer')).toMatchObject({ type: 'applied' });
  await cluster.pass(500);
  const spokes = rest.map((id) => [hub, id] as const);
  onlyLinks(cluster, ...spokes);
  cluster.resetLinks(leader.id);
  await cluster.until('the lead to be lost', () => leaders(cluster).length === 0);
  await cluster.pass(5_000);
  expect(leaders(cluster)).toEqual([]);
  onlyLinks(cluster, ...spokes, [rest[0] ?? '', rest[1] ?? '']);
  await cluster.until('a leader', () => leaders(cluster).length === 1);
  expect(rest.slice(0, 2)).toContain(leaders(cluster).join());
  healAll(cluster);
  await cluster.pass(1_000);
  await expectAgreement(cluster, ['first', 'newer']);
});

it('[J4] one that speaks and hears nothing raises no term', async () => {
  const { cluster, leader, others } = await scene(3);
  const [deaf = '', other = ''] = others;
  for (const from of [leader.id, other]) cut(cluster, from, deaf);
  await expectCalm(cluster, leader.id, 10_000);
  expect(await cluster.submit(leader.id, 'during')).toMatchObject({ type: 'applied' });
  healAll(cluster);
  await expectCalm(cluster, leader.id, 2_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J5] a leader that speaks and hears nothing steps down, and the others find another', async () => {
  const { cluster, leader, others } = await scene(3);
  for (const from of others) cut(cluster, from, leader.id);
  await cluster.until('it to step down', () => leader.node.status().role !== 'leader');
  await cluster.until('another leader', () => leaders(cluster).length === 1);
  const next = leaders(cluster).join();
  expect(others).toContain(next);
  expect(await cluster.submit(next, 'during')).toMatchObject({ type: 'applied' });
  await expectCalm(cluster, next, 3_000);
  healAll(cluster);
  await cluster.pass(3_000);
  await expectAgreement(cluster, ['first', 'during']);
});

it('[J6] a follower whose link comes and goes each second unseats nobody', async () => {
  const { cluster, leader, others } = await scene(3);
  const [flapping = ''] = others;
  const written: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    cluster.isolate(flapping);
    await expectCalm(cluster, leader.id, 1_000);
    written.push(`${round}`);
    expect(await cluster.submit(leader.id, `${round}`)).toMatchObject({ type: 'applied' });
    cluster.mend(flapping);
    await expectCalm(cluster, leader.id, 1_000);
  }
  await expectAgreement(cluster, written);
});

it('[J6] a leader whose link comes and goes each second costs no acknowledged write, and calm returns', async () => {
  const { cluster, leader } = await scene(3);
  const written: string[] = [];
  for (let round = 0; round < 6; round += 1) {
    cluster.isolate(leader.id);
    await cluster.pass(1_000);
    cluster.mend(leader.id);
    const outcome = await cluster.submit(leader.id, `${round}`, 3_000);
    if (outcome.type === 'applied') written.push(`${round}`);
    await cluster.pass(1_000);
  }
  expect(written.length).toBeGreaterThan(0);
  await cluster.pass(3_000);
  await expectCalm(cluster, leaders(cluster).join(), 3_000);
  await expectAgreement(cluster, written);
});

it('[J7] a quorum that was lost for a while comes back by itself, with everything that was acknowledged', async () => {
  const { cluster, others } = await scene(5);
  onlyLinks(cluster);
  await cluster.until('every lead to be lost', () => leaders(cluster).length === 0);
  const before = Math.max(...[...cluster.members.keys()].map((id) => termOf(cluster, id)));
  await cluster.pass(10_000);
  expect(leaders(cluster)).toEqual([]);
  expect(Math.max(...[...cluster.members.keys()].map((id) => termOf(cluster, id)))).toBe(before);
  healAll(cluster);
  await cluster.until('a leader', () => leaders(cluster).length === 1);
  expect(await cluster.submit(others[0] ?? '', 'after')).toMatchObject({ type: 'applied' });
  await expectAgreement(cluster, ['first', 'after']);
});
