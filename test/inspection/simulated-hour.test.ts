/**
 * An hour of three members, and now and then a fourth, through all that can happen to them: whatever their charts do can be
 * shown, and is told in full. Their clocks are slower than usual, so that an hour takes half a minute.
 */
import { beforeAll, expect, it } from 'vitest';
import type { RaftNode } from '../../src/node/raft-node.ts';
import type { TransitionRecord } from '../../src/ports/inspection.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { idsInPicture, rootOf } from './watched.ts';

const HOUR_MS = 3_600_000;
const STEP_MS = 25;
const SLOW = {
  electionTimeoutMinMs: 1_500,
  electionTimeoutMaxMs: 3_000,
  heartbeatIntervalMs: 250,
  suspicionStepMs: 125,
};

interface Hour {
  readonly cluster: VirtualCluster;
  readonly arrows: Map<string, TransitionRecord>;
  readonly places: Set<string>;
  readonly reasons: Set<string>;
  readonly wordless: Set<string>;
  readonly jumps: Set<string>;
  count: number;
}

const hour: Hour = {
  cluster: new VirtualCluster(3, {
    adapt: (own) => ({ ...own, timing: SLOW, snapshots: { entries: 40, trailingEntries: 10 } }),
  }),
  ...{ arrows: new Map(), places: new Set(), reasons: new Set(), wordless: new Set() },
  ...{ jumps: new Set(), count: 0 },
};

function watch(node: RaftNode): void {
  const places = new Map<string, string>();
  node.inspect((record) => {
    if (record.type === 'view') {
      const living = record.view.actors.map(({ actor }) => actor);
      for (const actor of places.keys()) if (!living.includes(actor)) places.delete(actor);
    }
    if (record.type === 'missed') places.clear();
    if (record.type !== 'transition') return;
    const { actor, arrow, chart, from, guards, to } = record;
    hour.count += 1;
    hour.arrows.set(arrow, record);
    for (const place of `${from} ${to}`.split(' '))
      hour.places.add(`${chart}:${rootOf(arrow)}/${place}`);
    // Regions that take the same event are told one by one, each with where all stood and stand.
    const known = places.get(actor) ?? from;
    if (known !== from && known !== to) hour.jumps.add(`${arrow}: ${known}, ${from}`);
    places.set(actor, to);
    for (const [name, outcome, why] of guards) {
      hour.reasons.add(`${chart} ${name} ${outcome}`);
      if (!/^\S.*\S$/.test(why) || /undefined|NaN|\[object/.test(why)) {
        hour.wordless.add(`${chart} ${name}: ${why}`);
      }
    }
  });
}

/** What befalls the cluster in turn; each part takes a few seconds of its time. */
const TROUBLES: readonly ((cluster: VirtualCluster, leader: string) => Promise<void> | void)[] = [
  (cluster, leader) => cluster.isolate(leader),
  (cluster, leader) => cluster.resetLinks(leader),
  async (cluster, leader) => {
    cluster.resetLinks(leader);
    cluster.isolate(leader);
    await pass(cluster, 6_000);
  },
  (cluster) => {
    for (const { disk } of cluster.members.values()) disk.holds = true;
  },
  (cluster, leader) => {
    const [other = leader] = [...cluster.members.keys()].filter((id) => id !== leader);
    cluster.isolate(other);
    for (let count = 0; count < 60; count += 1) submit(cluster, leader);
  },
  async (cluster, leader) => {
    const { node } = cluster.member(leader);
    node.transferLeadership(null, { timeoutMs: 3_000 }, () => {});
    await pass(cluster, 1_000);
    node.transferLeadership(null, { timeoutMs: 3_000 }, () => {});
  },
  async (cluster, leader) => {
    const [other = leader] = [...cluster.members.keys()].filter((id) => id !== leader);
    const closing = cluster.member(other).node.close();
    await pass(cluster, 4_000);
    await closing;
    watch((await cluster.boot(other)).node);
  },
];

/** In longer steps than the cluster's own: an hour has many. */
async function pass({ clock }: VirtualCluster, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += STEP_MS) {
    clock.advance(STEP_MS);
    for (let turns = 0; turns < 20; turns += 1) await Promise.resolve();
  }
}

function submit(cluster: VirtualCluster, id: string): void {
  cluster.member(id).node.submit(new Uint8Array([7]), { timeoutMs: 2_000 }, () => {});
}

async function mend(cluster: VirtualCluster): Promise<void> {
  for (const [id, { disk }] of cluster.members) {
    cluster.mend(id);
    disk.holds = false;
    for (const write of disk.held.splice(0)) write();
  }
  await pass(cluster, 3_000);
}

async function changeMembers(
  cluster: VirtualCluster,
  leader: string,
  round: number,
): Promise<void> {
  const id = `m${round}`;
  watch((await cluster.join(id)).node);
  const ask = (change: object): void =>
    cluster
      .member(leader)
      .node.changeMembers(
        { add: {}, promote: [], remove: [], ...change },
        { timeoutMs: 8_000 },
        () => {},
      );
  ask({ add: { [id]: `at-${id}` }, promote: [id] });
  await pass(cluster, 6_000);
  ask({ remove: [id] });
  await pass(cluster, 6_000);
  const closing = cluster.member(id).node.close();
  await pass(cluster, 3_000);
  await closing;
  cluster.members.delete(id);
}

async function oneRound(cluster: VirtualCluster, round: number): Promise<void> {
  const leader = await cluster.leader();
  for (const id of cluster.members.keys()) {
    submit(cluster, id);
    cluster.member(id).node.awaitReadable({ timeoutMs: 2_000 }, () => {});
  }
  await TROUBLES[round % TROUBLES.length]?.(cluster, leader.id);
  await pass(cluster, 4_000);
  for (const id of cluster.members.keys()) submit(cluster, id);
  await mend(cluster);
  if (round % 25 === 24) await changeMembers(cluster, (await cluster.leader()).id, round);
}

beforeAll(async () => {
  const { cluster } = hour;
  for (const id of ['n1', 'n2', 'n3']) watch((await cluster.boot(id)).node);
  const began = cluster.clock.now();
  for (let round = 0; cluster.clock.now() < began + HOUR_MS; round += 1)
    await oneRound(cluster, round);
}, 300_000);

it('[IN1] finds the arrow of every transition of a simulated hour in its picture', () => {
  expect(hour.count).toBeGreaterThan(100_000);
  const missing = [...hour.arrows].filter(([arrow, { chart }]) => !idsInPicture(chart).has(arrow));
  expect(missing).toEqual([]);
  expect(hour.arrows.size).toBeGreaterThan(120);
});

it('[IN1] finds every place where a chart stood in its picture, and no chart jumps', () => {
  const missing = [...hour.places].filter((place) => {
    const [chart = '', id = ''] = place.split(':');
    return !idsInPicture(chart).has(id);
  });
  expect(missing).toEqual([]);
  expect([...hour.jumps]).toEqual([]);
});

it('[IN2] has words for every guard that was asked in a simulated hour', () => {
  expect([...hour.wordless]).toEqual([]);
  expect(hour.reasons.size).toBeGreaterThan(40);
});
