/** What somebody hears who watches a node: in which order, how often, and at whose expense. */
import { expect, it } from 'vitest';
import { ACTOR_CHANGES_MAX } from '../../src/node/limits.ts';
import type { InspectionRecord } from '../../src/ports/inspection.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { Heard, idsInPicture, rootOf } from './watched.ts';

async function ledCluster() {
  const cluster = await VirtualCluster.start(3);
  const leader = await cluster.leader();
  await cluster.pass(500);
  const [first, second] = [...cluster.members.values()].filter(({ id }) => id !== leader.id);
  if (first === undefined || second === undefined) throw new Error('there are three');
  return { cluster, leader, followers: [first, second] as const };
}

it('[IN1] tells the way of a new leader, arrow by arrow, as the picture has it', async () => {
  const { cluster, leader, followers } = await ledCluster();
  const all = followers.map(({ node }) => new Heard(node));
  cluster.resetLinks(leader.id);
  cluster.isolate(leader.id);
  await cluster.pass(1_000);
  const winner = all.find((heard) => heard.moves('raft').some(({ to }) => to.startsWith('leader')));
  const moves = winner?.moves('raft') ?? [];
  const last = moves.findIndex(({ to }) => to.startsWith('leader'));
  const campaign = moves.slice(0, last + 1).slice(-4);
  expect(campaign.map(({ event }) => event)).toEqual([
    'link.closed',
    'after suspicionDelay',
    'preVote.answered',
    'vote.answered',
  ]);
  expect(campaign.map(({ from }) => from)).toEqual([
    'follower.loyal',
    'follower.suspicious',
    'preCandidate',
    'candidate',
  ]);
  for (const { arrow, chart } of moves) expect(idsInPicture(chart)).toContain(arrow);
  const [won] = campaign.slice(-1);
  expect(won?.changes).toMatchObject({ leaderId: [null, winner?.records[0]?.node] });
});

it('[IN2] says of each guard on the way what it answered, and why', async () => {
  const { cluster, leader, followers } = await ledCluster();
  const all = followers.map(({ node }) => new Heard(node));
  cluster.resetLinks(leader.id);
  cluster.isolate(leader.id);
  await cluster.pass(1_000);
  const told = all.flatMap((heard) => heard.moves('raft').flatMap(({ guards }) => guards));
  const quorum = told.find(([name, outcome]) => name === 'completesQuorum' && outcome);
  const [low, high] = followers.map(({ id }) => id).sort();
  expect(quorum?.[2]).toMatch(new RegExp(`^2 of 3 granted: (${low}, ${high})$`));
  const link = told.find(([name]) => name === 'isLeaderLink');
  expect(link).toEqual(['isLeaderLink', true, `${leader.id} is its leader`]);
});

it('[IN4] begins with where the node stands, and numbers what follows without a gap', async () => {
  const { cluster, leader } = await ledCluster();
  const heard = new Heard(leader.node);
  await cluster.pass(1_000);
  const [first, ...rest] = heard.records;
  expect(first).toMatchObject({ type: 'view', sequence: 1, node: leader.id });
  expect(rest.map(({ sequence }) => sequence)).toEqual(rest.map((_, at) => at + 2));
  const views = heard.of('view');
  expect(views.length).toBeGreaterThan(5);
  expect(views.length).toBeLessThanOrEqual(11);
});

it('[IN4] shows members, peers, timers and actors in a view', async () => {
  const { cluster, leader, followers } = await ledCluster();
  const heard = new Heard(leader.node);
  await cluster.submit(leader.id, 'one');
  await cluster.pass(100);
  const { view } = heard.of('view').at(-1) ?? {};
  expect(view).toMatchObject({
    ...{ role: 'leader', state: 'leader', leader: leader.id, lifecycle: 'running' },
    ...{ commitIndex: 2, lastApplied: 2, durableIndex: 2, firstIndex: 1, lastIndex: 2 },
    members: { voters: ['n1', 'n2', 'n3'], votersOutgoing: [], learners: [] },
    terms: [[1, 1]],
    peers: followers.map(({ id: peer }) => ({
      ...{ peer, link: 'open', next: 3, match: 2, state: 'replicate.caughtUp' },
    })),
  });
  const now = cluster.clock.wallTimeMs();
  const beat = view?.timers.find(({ name }) => name === 'heartbeatInterval');
  expect(beat?.actor).toBe('raft');
  expect((beat?.endsAt ?? 0) - (beat?.startedAt ?? 0)).toBe(50);
  expect(beat?.startedAt).toBeLessThanOrEqual(now);
  for (const { actor, chart, state } of view?.actors ?? []) {
    const ids = idsInPicture(chart);
    const root = [...ids].find((id) => id.endsWith('--title'))?.replace('--title', '');
    for (const place of state.split(' ')) expect(ids, actor).toContain(`${root}/${place}`);
  }
  expect(view?.actors.map(({ actor }) => actor)).toEqual(
    expect.arrayContaining(['node', 'raft', `replication:${followers[0].id}`, 'logWriter']),
  );
});

it('[IN4] tells a watcher that comes back what it has missed, and how much that no one kept', async () => {
  const { cluster, leader } = await ledCluster();
  const first = new Heard(leader.node);
  await cluster.pass(200);
  const staying = new Heard(leader.node);
  first.stop();
  const known = first.records.at(-1)?.sequence ?? 0;
  await cluster.pass(200);
  const again: InspectionRecord[] = [];
  leader.node.inspect((record) => again.push(record), known);
  await cluster.pass(5);
  expect(again[0]?.sequence).toBe(known + 1);
  expect(again.map(({ sequence }) => sequence)).toEqual(again.map((_, at) => known + 1 + at));
  await cluster.pass(20_000);
  const late: InspectionRecord[] = [];
  leader.node.inspect((record) => late.push(record), known);
  await cluster.pass(5);
  const missed = late[0];
  expect(missed?.type).toBe('missed');
  expect(missed?.sequence).toBe(known + (missed?.type === 'missed' ? missed.count : 0));
  expect(late[1]?.sequence).toBe((missed?.sequence ?? 0) + 1);
  expect(staying.of('missed')).toEqual([]);
});

it('[IN4] counts what happened while nobody watched as something missed', async () => {
  const { cluster, leader } = await ledCluster();
  const first = new Heard(leader.node);
  await cluster.pass(100);
  first.stop();
  const known = first.records.at(-1)?.sequence ?? 0;
  await cluster.pass(1_000);
  const again: InspectionRecord[] = [];
  leader.node.inspect((record) => again.push(record), known);
  await cluster.pass(5);
  expect(again[0]).toMatchObject({ type: 'missed', sequence: known + 1, count: 1 });
  expect(again[1]).toMatchObject({ type: 'view', sequence: known + 2 });
});

it('[IN5] asks its charts for nothing while nobody watches, before and after', async () => {
  const { cluster, leader } = await ledCluster();
  const heard = new Heard(leader.node);
  await cluster.pass(100);
  heard.stop();
  const { length } = heard.records;
  await cluster.pass(1_000);
  await cluster.submit(leader.id, 'unseen');
  expect(heard.records).toHaveLength(length);
  heard.stop();
});

it('[IN5] has room for sixteen watchers, and says so to one more', async () => {
  const { leader } = await ledCluster();
  const watchers = Array.from({ length: 16 }, () => new Heard(leader.node));
  expect(() => new Heard(leader.node)).toThrow(
    expect.objectContaining({ code: 'RAFT_OVERLOADED' }),
  );
  watchers[3]?.stop();
  expect(() => new Heard(leader.node)).not.toThrow();
});

it('[IN5] leaves out what cannot be told, says so, and the node goes on', async () => {
  const { cluster, leader } = await ledCluster();
  let isBroken = false;
  const wallTimeMs = (): number => {
    if (isBroken) throw new Error('the watching itself is at fault');
    return 1_000;
  };
  Object.assign(cluster.clock, { wallTimeMs });
  const heard = new Heard(leader.node);
  await cluster.pass(200);
  isBroken = true;
  await cluster.pass(200);
  isBroken = false;
  await cluster.pass(200);
  expect(heard.of('missed')[0]?.count).toBeGreaterThan(10);
  expect(leader.node.status()).toMatchObject({ lifecycle: 'running', role: 'leader' });
  expect((await cluster.submit(leader.id, 'one')).type).toBe('applied');
});

/** One after the other, twenty in the span of a view. */
async function underLoad(cluster: VirtualCluster, spanMs: number): Promise<void> {
  for (let passed = 0; passed < spanMs; passed += 1) {
    for (const { node } of cluster.members.values()) {
      if (node.status().role !== 'leader') continue;
      node.submit(new Uint8Array([1]), { timeoutMs: 5_000 }, () => {});
    }
    cluster.clock.advance(1);
    for (let turn = 0; turn < 30; turn += 1) await Promise.resolve();
  }
}

it('[IN6] under load leaves charts out that change all the time, and counts without a gap', async () => {
  const { cluster, leader } = await ledCluster();
  const heard = new Heard(leader.node);
  await underLoad(cluster, 300);
  expect(heard.of('missed').length).toBeGreaterThan(0);
  let next = 1;
  for (const record of heard.records) {
    next += record.type === 'missed' ? record.count : 1;
    expect(record.sequence).toBe(next - 1);
  }
  const changes = new Map<string, number>();
  let most = 0;
  for (const record of heard.records) {
    if (record.type === 'view') changes.clear();
    if (record.type !== 'transition' || record.actor === 'raft') continue;
    if (record.from === record.to) continue;
    const count = (changes.get(record.actor) ?? 0) + 1;
    changes.set(record.actor, count);
    most = Math.max(most, count);
  }
  expect(most).toBe(ACTOR_CHANGES_MAX);
});

it('[IN6] hears again with the fourth view what was left out, from where it stands then', async () => {
  const { cluster, leader } = await ledCluster();
  const heard = new Heard(leader.node);
  await underLoad(cluster, 850);
  const places = new Map<string, string>();
  const busy: number[] = [];
  let isKnown = false;
  let compared = 0;
  for (const record of heard.records) {
    if (record.type === 'missed') isKnown = false;
    if (record.type === 'view') {
      isKnown = true;
      busy.push(0);
      for (const { actor, state } of record.view.actors) places.set(actor, state);
    }
    if (record.type !== 'transition') continue;
    if (record.chart === 'replication') busy[busy.length - 1] = 1;
    if (isKnown) expect(places.get(record.actor) ?? record.from, record.actor).toBe(record.from);
    compared += isKnown ? 1 : 0;
    places.set(record.actor, record.to);
  }
  expect(compared).toBeGreaterThan(50);
  expect(busy.join('')).toBe('100010001');
});

it('[IN6] tells every change of state and term of raft, whatever it leaves out', async () => {
  const { cluster, leader, followers } = await ledCluster();
  const all = new Map([...cluster.members.values()].map(({ id, node }) => [id, new Heard(node)]));
  const places = new Map<string, string>();
  await underLoad(cluster, 230);
  // In the middle of the span between two views.
  cluster.resetLinks(leader.id);
  cluster.isolate(leader.id);
  await underLoad(cluster, 600);
  for (const [id, heard] of all) {
    expect(heard.of('missed').length, id).toBeGreaterThan(0);
    for (const { from, to } of heard.moves('raft')) {
      expect(places.get(id) ?? from).toBe(from);
      places.set(id, to);
    }
    const changes = heard.of('transition').filter(({ actor }) => actor === 'raft');
    const terms = changes.flatMap(({ changes: { term } }) => (term ? [term.join()] : []));
    const steps = [...new Set(terms)].map((step) => step.split(','));
    for (const [at, [before]] of steps.entries()) expect(before).toBe(steps[at - 1]?.[1] ?? before);
  }
  const won = followers.map(({ id }) => all.get(id)?.moves('raft') ?? []);
  const ways = won.map((moves) => moves.map(({ event }) => event).join(', '));
  expect(ways.join('; ')).toContain(
    'link.closed, after suspicionDelay, preVote.answered, vote.answered',
  );
});

it('[IN7] names a message the same where it leaves and where it arrives', async () => {
  const { cluster, leader, followers } = await ledCluster();
  const [sender, receiver] = [new Heard(leader.node), new Heard(followers[0].node)];
  await cluster.submit(leader.id, 'one');
  await cluster.pass(300);
  const to = followers[0].id;
  const sent = sender.of('sent').filter(({ peer }) => peer === to);
  const received = receiver.of('received').filter(({ peer }) => peer === leader.id);
  const arrived = received.map(({ id }) => id);
  expect(arrived.length).toBeGreaterThan(5);
  expect(sent.map(({ id }) => id).slice(0, arrived.length - 1)).toEqual(arrived.slice(0, -1));
  const carried = sent.find(({ count = 0 }) => count > 0);
  const prev = { term: 1, index: 1 };
  expect(carried).toMatchObject({ kind: 'AppendEntries', term: 1, prev, first: 2, count: 1 });
  const answer = sender.of('received').find(({ match }) => match === 2);
  expect(answer).toMatchObject({ kind: 'AppendEntriesReply', granted: true });
});

it('[IN4] says how a node ended, as its last word', async () => {
  const { cluster, followers } = await ledCluster();
  const [follower] = followers;
  const heard = new Heard(follower.node);
  follower.disk.error = new Error('no space left');
  await cluster.submit((await cluster.leader()).id, 'one');
  await cluster.pass(100);
  const last = heard.records.at(-1);
  expect(last?.type === 'view' && last.view).toMatchObject({ role: 'halted', lifecycle: 'halted' });
  const { length } = heard.records;
  await cluster.pass(1_000);
  expect(heard.records).toHaveLength(length);
  const later = new Heard(follower.node);
  await cluster.pass(5);
  expect(later.of('view').map(({ view }) => view.lifecycle)).toEqual(['halted']);
});

it('[IN1] names charts by their pictures, and arrows by their ids there', () => {
  expect(rootOf('raft--disk.durable--0')).toBe('raft');
  expect(idsInPicture('log-writer')).toContain('logWriter/idle--write.requested--0');
});
