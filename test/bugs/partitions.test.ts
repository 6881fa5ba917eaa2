/**
 * Partitions (family J of the known bugs), as far as no play tells of them: whole members under virtual time, with
 * links that are cut. A cut holds what is under way, as a network that drops packets does.
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
function onlyLinks(cluster: VirtualCluster, ...pairs: readonly (readonly string[])[]): void {
  each(cluster, (from, to) => {
    const isLinked = pairs.some((pair) => pair.includes(from) && pair.includes(to));
    const direction = { from: `at-${from}`, to: `at-${to}` };
    if (isLinked) cluster.network.mend(direction);
    else cluster.network.cut(direction);
  });
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

/** Members are named by their places: 0 leads at first. */
it.each<[string, size: number, links: string, heirs: readonly number[]]>([
  ['one dead link between a leader and a follower unseats nobody', 3, '0-2 2-1', [0]],
  [
    'two that each hear only one of the middle leave the leader of the middle alone',
    5,
    '0-1 0-2 1-2 3-1 4-2',
    [0],
  ],
  ['the only one that still hears a quorum comes to lead', 5, '1-0 1-2 1-3 1-4', [1]],
  ['in a chain one of the middle comes to lead', 5, '0-1 1-2 2-3 3-4', [1, 2, 3]],
])('[J1] [J2] [J3] %s, and calm lasts', async (_, size, links, heirs) => {
  const { cluster, leader, others } = await scene(size);
  const name = (at: number): string => [leader.id, ...others][at] ?? '';
  const pairs = links.split(' ').map((link) => link.split('-').map((at) => name(Number(at))));
  onlyLinks(cluster, ...pairs);
  const next = (): string => leaders(cluster).join();
  await cluster.until('the one to lead', () => heirs.map(name).includes(next()));
  if (next() !== leader.id) await cluster.pass(1_000);
  await expectCalm(cluster, next(), 10_000);
  expect(await cluster.submit(next(), 'during')).toMatchObject({ type: 'applied' });
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
  const spokes = rest.map((id) => [hub, id]);
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
