/** Members of several versions in one cluster: what each says, and what may be proposed while some know less. */
import { expect, it } from 'vitest';
import { type EntryRun, RUN_HEADER_BYTES } from '../../src/core/entry-run.ts';
import { OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION } from '../../src/core/hello.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { clientMadeId } from '../../src/core/session.ts';
import { nodeId } from '../../src/core/types.ts';
import { defineMachine } from '../../src/index.ts';
import { encodeCall } from '../../src/library/call-codec.ts';
import type { RaftNodeOptions } from '../../src/node/raft-node.ts';
import type { LogStore } from '../../src/ports/log-store.ts';
import type { MembersOutcome, ProposalOutcome } from '../../src/ports/replica.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { memoryTransport } from '../../src/transport/memory-transport.ts';

const add = (state: { sum: number }, by: number): number => {
  state.sum += by;
  return state.sum;
};
const counterV1 = defineMachine({
  initial: () => ({ sum: 0 }),
  commands: { add },
  queries: {},
});
const counterV2 = defineMachine({
  version: 2,
  since: { twice: 2 },
  initial: () => ({ sum: 0 }),
  commands: { add, twice: (state: { sum: number }) => add(state, state.sum) },
  queries: {},
});
const ADD = encodeCall('add', 7);
const TWICE = encodeCall('twice', undefined);

type As = (own: RaftNodeOptions) => RaftNodeOptions;

function withMachine(machine: Pick<typeof counterV1, 'start'>): As {
  return (own) => ({ ...own, machine: machine.start() });
}

const v1 = withMachine(counterV1);
const v2 = withMachine(counterV2);

async function clusterOf(...each: readonly As[]): Promise<VirtualCluster> {
  const cluster = new VirtualCluster(each.length);
  for (const [at, as] of each.entries()) await cluster.boot(`n${at + 1}`, undefined, as);
  await cluster.leader();
  await connected(cluster);
  return cluster;
}

/** Everyone has heard from everyone. */
async function connected(cluster: VirtualCluster): Promise<void> {
  await cluster.until('all to be connected', () =>
    cluster.nodes.every((node) => node.status().links.every(({ state }) => state === 'open')),
  );
}

/** Told to stop, all together; a leader hands over first, if anyone takes over. */
async function ended(cluster: VirtualCluster, ...ids: readonly string[]): Promise<void> {
  const nodes = ids.map((id) => cluster.member(id).node);
  for (const node of nodes) node.close();
  await cluster.until('their end', () =>
    nodes.every((node) => node.status().lifecycle === 'stopped'),
  );
  await cluster.pass(100);
}

async function submitted(
  cluster: VirtualCluster,
  id: string,
  data: Uint8Array,
): Promise<ProposalOutcome> {
  const outcomes: ProposalOutcome[] = [];
  cluster.member(id).node.submit(data, { timeoutMs: 2_000 }, (outcome) => outcomes.push(outcome));
  await cluster.until('an outcome', () => outcomes.length > 0);
  for (const outcome of outcomes) return outcome;
  throw new Error('there is none');
}

const applied = { type: 'applied' };
const lacking = (...words: readonly string[]) => ({
  type: 'failed',
  error: {
    code: 'RAFT_UPGRADE_NEEDED',
    retry: 'safe',
    message: expect.stringMatching(new RegExp(words.join('.*'))),
  },
});

it('[UP2] a command that one member does not know is refused at every member that does, in words, until that one is upgraded', async () => {
  const cluster = await clusterOf(v2, v2, v1);
  for (const id of ['n1', 'n2']) {
    expect(await submitted(cluster, id, ADD)).toMatchObject(applied);
    const before = cluster.member(id).node.status().lastIndex;
    expect(await submitted(cluster, id, TWICE)).toMatchObject(
      lacking('version 2 of the state machine', 'n3 knows only version 1', 'upgrade n3'),
    );
    expect(cluster.member(id).node.status().lastIndex).toBe(before);
  }
  await ended(cluster, 'n3');
  await cluster.boot('n3', undefined, v2);
  await connected(cluster);
  for (const id of ['n1', 'n2', 'n3']) {
    expect(await submitted(cluster, id, TWICE)).toMatchObject(applied);
  }
});

it('[UP2] a member that has not been heard of since the start counts as the lowest', async () => {
  const cluster = new VirtualCluster(3);
  for (const id of ['n1', 'n2']) await cluster.boot(id, undefined, v2);
  await cluster.leader();
  expect(await submitted(cluster, 'n1', TWICE)).toMatchObject(lacking('n3 has not said'));
  expect(await submitted(cluster, 'n1', ADD)).toMatchObject(applied);
  await cluster.boot('n3', undefined, v2);
  await connected(cluster);
  expect(await submitted(cluster, 'n1', TWICE)).toMatchObject(applied);
});

it('[UP2] a learner counts too: it has to carry out what it is sent', async () => {
  const cluster = await clusterOf(v2, v2);
  await cluster.boot('n3', undefined, (own) =>
    v1({ ...own, isJoining: true, members: { n3: 'at-n3' } }),
  );
  expect(await cluster.change('n1', { add: { n3: 'at-n3' } })).toMatchObject({ type: 'changed' });
  await connected(cluster);
  expect(await submitted(cluster, 'n2', TWICE)).toMatchObject(lacking('n3 knows only version 1'));
});

it('[UP2] a leader that knows better takes no such command of another member either', async () => {
  const cluster = await clusterOf(v2, v2, v2);
  const leader = await cluster.leader();
  const ids = ['n1', 'n2', 'n3'].filter((id) => id !== leader.id);
  const [passesOn = '', goesBack = ''] = ids;
  for (const [from, to] of [
    [passesOn, goesBack],
    [goesBack, passesOn],
  ]) {
    cluster.network.cut({ from: `at-${from}`, to: `at-${to}` });
  }
  await ended(cluster, goesBack);
  await cluster.boot(goesBack, undefined, v1);
  await cluster.until('the leader to hear it', () =>
    leader.node.status().links.some(({ versions }) => versions?.machine === 1),
  );
  const { lastIndex } = leader.node.status();
  expect(await submitted(cluster, passesOn, TWICE)).toMatchObject({
    type: 'failed',
    error: { retry: 'safe' },
  });
  expect(leader.node.status().lastIndex).toBe(lastIndex);
  expect(cluster.member(goesBack).node.status().lifecycle).toBe('running');
});

it('[UP2] what waits for its turn is looked at again: a member that knows less may have come meanwhile', async () => {
  const cluster = await clusterOf(v2, v2, v2);
  await ended(cluster, 'n2', 'n3');
  const { node } = cluster.member('n1');
  await cluster.pass(3_000);
  expect(node.status().leader).toBeNull();
  const outcomes: (readonly [string, ProposalOutcome])[] = [];
  for (const [name, data] of [
    ['twice', TWICE],
    ['add', ADD],
  ] as const) {
    node.submit(data, { timeoutMs: 5_000 }, (outcome) => outcomes.push([name, outcome]));
  }
  await cluster.boot('n3', undefined, v1);
  await cluster.until('both outcomes', () => outcomes.length === 2);
  expect(outcomes).toMatchObject([
    ['twice', lacking('n3 knows only version 1')],
    ['add', applied],
  ]);
  await cluster.pass(500);
  expect(cluster.member('n3').node.status().lifecycle).toBe('running');
});

it('[UP2] commands of sessions are looked at as well', async () => {
  const cluster = await clusterOf(v2, v2, v1);
  const session = {
    session: clientMadeId(new Uint8Array(16)),
    sequence: 1,
    acknowledgedThrough: 0,
  };
  const opening = { ttlMs: 60_000, notAfterMs: 2 ** 45 };
  const outcomes: ProposalOutcome[] = [];
  cluster
    .member('n1')
    .node.submit(TWICE, { timeoutMs: 2_000, session: { ...session, opening } }, (outcome) =>
      outcomes.push(outcome),
    );
  await cluster.until('an outcome', () => outcomes.length > 0);
  expect(outcomes).toMatchObject([lacking('n3 knows only version 1')]);
});

it('[UP5] what a committed command has needed takes nobody’s word any more, also after a start', async () => {
  const cluster = await clusterOf(v2, v2, v2);
  expect(cluster.member('n1').node.status().versions.machineInUse).toBe(1);
  expect(await submitted(cluster, 'n1', TWICE)).toMatchObject(applied);
  await ended(cluster, 'n1', 'n2', 'n3');
  for (const id of ['n1', 'n2']) await cluster.boot(id, undefined, v2);
  await cluster.leader();
  expect(await submitted(cluster, 'n1', ADD)).toMatchObject(applied);
  const { versions } = cluster.member('n1').node.status();
  expect(versions).toMatchObject({ machine: 2, lowest: { machine: 1 }, machineInUse: 2 });
  expect(await submitted(cluster, 'n1', TWICE)).toMatchObject(applied);
});

it('[UP5] [UP6] there is no way back then: whoever comes with less is refused, and stops at what it holds', async () => {
  const cluster = await clusterOf(v2, v2, v2);
  expect(await submitted(cluster, 'n1', TWICE)).toMatchObject(applied);
  await cluster.pass(200);
  await ended(cluster, 'n3');
  const { node } = await cluster.boot('n3', undefined, v1);
  await cluster.until('its end', () => node.status().lifecycle === 'halted');
  const halts: unknown[] = [];
  node.onHalt((error) => halts.push(error));
  expect(halts).toMatchObject([
    { code: 'RAFT_STATE_MACHINE_FAILED', message: expect.stringContaining('"twice"') },
  ]);
  const joiner = await cluster.boot('n4', undefined, (own) =>
    v1({ ...own, isJoining: true, members: { n4: 'at-n4' } }),
  );
  const outcomes: MembersOutcome[] = [];
  const change = { add: { n4: 'at-n4' }, promote: [nodeId('n4')], remove: [] };
  cluster.member('n1').node.changeMembers(change, { timeoutMs: 60_000 }, (outcome) => {
    outcomes.push(outcome);
  });
  const leader = await cluster.leader();
  const words = /n4 knows version 1 of the state machine.*needs 2: start n4 with/;
  const told = (): boolean =>
    leader.node.status().links.some(({ peer, reason }) => peer === 'n4' && words.test(`${reason}`));
  await cluster.until('a refusal', told);
  for (let waits = 0; waits < 10 && outcomes.length === 0; waits += 1) await cluster.pass(5_000);
  const message = expect.stringMatching(/^n4 did not catch up in time .*\(n4 knows version 1/);
  expect(outcomes).toMatchObject([{ error: { message } }]);
  expect(joiner.node.status().lastIndex).toBe(0);
});

it('[UP6] an entry of a kind that this build does not know halts the node, in words', async () => {
  const cluster = await clusterOf(v1);
  expect(await submitted(cluster, 'n1', ADD)).toMatchObject(applied);
  const { store } = cluster.member('n1');
  await ended(cluster, 'n1');
  const newer: LogStore = {
    open: (owner) => store.open(owner),
    write: (operations, completed) => store.write(operations, completed),
    read: async (range) => (await store.read(range)).map(ofKind9),
    snapshots: store.snapshots,
    rememberPeer: (peer) => store.rememberPeer(peer),
    onFailure: (listener) => store.onFailure(listener),
    close: () => store.close(),
  };
  const again = await cluster.boot('n1', newer, v1);
  await cluster.until('its end', () => again.node.status().lifecycle === 'halted');
  const halts: unknown[] = [];
  again.node.onHalt((error) => halts.push(error));
  expect(halts).toMatchObject([
    {
      code: 'RAFT_STATE_MACHINE_FAILED',
      message: expect.stringMatching(/entry of kind 9, which this build does not know: start/),
    },
  ]);
});

/** Its first entry, as a newer build might have written it. */
function ofKind9(run: EntryRun): EntryRun {
  const bytes = run.bytes.slice();
  bytes[RUN_HEADER_BYTES] = 9;
  return { ...run, bytes };
}

it('[UP1] members of the oldest protocol and of this one are members of one cluster, and each knows what the others know', async () => {
  const oldest: As = (own) => ({
    ...own,
    transport: memoryTransport({
      network: cluster.network,
      address: `at-${own.id}`,
      limits: DEFAULT_LIMITS,
      protocolVersion: OLDEST_PROTOCOL_VERSION,
    }),
    machine: counterV1.start(),
  });
  const cluster = new VirtualCluster(3);
  for (const id of ['n1', 'n2']) await cluster.boot(id, undefined, v2);
  await cluster.boot('n3', undefined, oldest);
  await cluster.leader();
  await connected(cluster);
  const { links, versions } = cluster.member('n1').node.status();
  expect(versions).toEqual({
    protocol: PROTOCOL_VERSION,
    machine: 2,
    lowest: { protocol: OLDEST_PROTOCOL_VERSION, machine: 1 },
    machineInUse: 1,
  });
  expect(links.map(({ peer, versions: known }) => [peer, known])).toEqual([
    ['n2', { protocol: PROTOCOL_VERSION, machine: 2 }],
    ['n3', { protocol: OLDEST_PROTOCOL_VERSION, machine: 1 }],
  ]);
  for (const id of ['n1', 'n2', 'n3'])
    expect(await submitted(cluster, id, ADD)).toMatchObject(applied);
});
