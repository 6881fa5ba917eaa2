/** Which server the client speaks to: the leader where it can be found, and anybody until then. */
import { describe, expect, it } from 'vitest';
import { clientSettings } from '../../../src/client/client-options.ts';
import { KvClient } from '../../../src/client/kv-client.ts';
import type { KvStateMachine } from '../../../src/kv/kv-state-machine.ts';
import type { FrameSocket } from '../../../src/ports/frame-socket.ts';
import { VirtualClock } from '../../../src/testing/virtual-clock.ts';
import { eventually } from '../../server/eventually.ts';
import { LocalReplica } from '../../server/local-replica.ts';
import { type LocalServer, localServer, served } from '../../server/local-server.ts';
import { clientOf, facts, rejection } from '../stage.ts';
import { clockOf, VirtualServer } from '../virtual-server.ts';

/** Servers over one store, as replicas that are always in step; the named one leads. */
async function cluster(ids: readonly string[], leader: string): Promise<readonly LocalServer[]> {
  const servers: LocalServer[] = [];
  let machine: KvStateMachine | undefined;
  for (const id of ids) {
    const replica = new LocalReplica({ id, ...(machine !== undefined && { machine }) });
    machine = replica.machine;
    replica.follow(leader);
    const server = await served({ replica });
    servers.push(server);
  }
  return servers;
}

const urlsOf = (servers: readonly LocalServer[]) => servers.map(({ url }) => url);
const connectionsOf = (servers: readonly LocalServer[]) =>
  servers.map(({ context }) => context.counters.clientConnections);

describe('the leader', () => {
  it('[CL6] is found among the endpoints, whichever comes first', async () => {
    const servers = await cluster(['n1', 'n2', 'n3'], 'n3');
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    await eventually(() => client.connectedTo).toBe('n3');
    await eventually(() => connectionsOf(servers)).toEqual([0, 0, 1]);
  });

  it('[CL6] is not waited for: any server takes requests meanwhile', async () => {
    const servers = await cluster(['n1'], 'n2');
    const client = clientOf(urlsOf(servers));
    expect(await client.put('a', 'x')).toMatchObject({ revision: 2 });
    expect(client.connectedTo).toBe('n1');
  });

  it('[CL6] is followed when it changes; what is under way is answered where it was asked', async () => {
    const servers = await cluster(['n1', 'n2'], 'n1');
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error('two servers were started');
    first.replica.mood = 'held';
    const underWay = client.put('b', 'x');
    await eventually(() => first.context.counters.clientRequests.get('submit')).toBe(2);
    second.replica.follow('n2');
    first.replica.follow('n2');
    await eventually(() => client.connectedTo).toBe('n2');
    expect(connectionsOf(servers)).toEqual([1, 1]);
    expect(await client.put('c', 'x')).toMatchObject({ revision: 3 });
    first.replica.mood = 'serving';
    expect(await underWay).toMatchObject({ revision: 4 });
    await eventually(() => connectionsOf(servers)).toEqual([0, 1]);
  });

  it('[CL6] [SE15] is asked what was under way at a server that was left, and then ended', async () => {
    const servers = await cluster(['n1', 'n2'], 'n1');
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    const [first, second] = servers;
    if (first === undefined || second === undefined) throw new Error('two servers were started');
    first.replica.mood = 'silent';
    const underWay = client.get('a');
    await eventually(() => first.context.counters.clientRequests.get('read')).toBe(1);
    second.replica.follow('n2');
    first.replica.follow('n2');
    await eventually(() => client.connectedTo).toBe('n2');
    await first.close();
    expect(await underWay).toMatchObject({ version: 1 });
  });

  it('[CL6] is not looked for endlessly where it cannot be: each endpoint is asked once', async () => {
    const servers = await cluster(['n1', 'n2', 'n3'], 'n9');
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    const total = () => servers.map(({ context }) => context.counters.clientConnectionsTotal);
    await eventually(total).toEqual([1, 1, 1]);
    await eventually(() => connectionsOf(servers)).toEqual([1, 0, 0]);
    await client.put('a', 'x');
    expect(total()).toEqual([1, 1, 1]);
  });

  it('[CL6] is replaced by the next endpoint when its server goes away', async () => {
    const servers = await cluster(['n1', 'n2'], 'n1');
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    await servers[0]?.close();
    await eventually(() => client.connectedTo).toBe('n2');
    expect(await client.put('b', 'x')).toMatchObject({ revision: 3 });
  });

  it('[CL6] is reached over an endpoint that comes back', async () => {
    const servers = await cluster(['n1'], 'n1');
    const [{ port, replica, close } = await localServer()] = servers;
    const client = clientOf(urlsOf(servers));
    await client.put('a', 'x');
    await close();
    await eventually(() => client.connectedTo).toBeNull();
    const waiting = client.put('b', 'x');
    await served({ port, replica });
    expect(await waiting).toMatchObject({ revision: 3 });
  });
});

/** Of two servers, to the first of which the client speaks; that one is cut off from the others. */
async function cutOff() {
  const servers = await cluster(['n1', 'n2'], 'n1');
  const client = clientOf(urlsOf(servers), { sessions: false });
  await client.put('a', 'x');
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error('two servers were started');
  const cut = (): void => {
    first.replica.mood = 'leaderless';
    first.replica.follow(null);
  };
  return { client, cut, first, second };
}

describe('a server that knows no leader', () => {
  it('[CL45] is left for one that does, with its watches and with what it has refused', async () => {
    const { client, cut, second } = await cutOff();
    second.replica.follow('n2');
    const watch = client.watch({ prefix: '' });
    await watch.started();
    cut();
    expect(await Promise.all([client.put('b', 'x'), client.get('a')])).toMatchObject([
      { revision: 3 },
      { version: 1 },
    ]);
    expect(client.connectedTo).toBe('n2');
    const told = await watch[Symbol.asyncIterator]().next();
    expect(told.value).toMatchObject({ revision: 3 });
  });

  it('[CL45] is asked on where no other knows one either, until one does', async () => {
    const { client, cut, second } = await cutOff();
    second.replica.follow(null);
    cut();
    const put = client.put('b', 'x', { timeoutMs: 60_000 });
    const asked = (): number => second.context.counters.clientConnectionsTotal;
    const before = asked();
    await eventually(() => asked() - before).toBeGreaterThan(1);
    expect(client.connectedTo).toBe('n1');
    second.replica.follow('n2');
    expect(await put).toMatchObject({ revision: 3 });
  });

  it('[CL45] says so at the end of the time, where nobody has a leader', async () => {
    const { client, cut, second } = await cutOff();
    cut();
    second.replica.mood = 'leaderless';
    const error = await rejection(client.put('b', 'x', { timeoutMs: 700 }));
    expect(facts(error)).toEqual(['RAFT_NO_LEADER', 'safe']);
  });

  it('[CL45] is not left in an election, which is soon over', () => {
    const clock = new VirtualClock();
    const [first, second] = [new VirtualServer(clock, 'n1'), new VirtualServer(clock, 'n2')];
    const dials: number[] = [];
    const dial = (url: string): FrameSocket => {
      dials.push(clock.now());
      return (url.includes('n1.test') ? first : second).socket('n1');
    };
    const settings = clientSettings({ endpoints: ['http://n1.test', 'http://n2.test'] });
    const ports = { dial, clock: clockOf(clock), random: { next: () => 0.5 } };
    const client = new KvClient(settings, ports);
    clock.advance(10);
    first.tellLeader(null);
    clock.advance(370);
    first.tellLeader('n1');
    clock.advance(10_000);
    expect(dials).toEqual([0]);
    first.tellLeader(null);
    clock.advance(380);
    expect(dials.slice(0, 2)).toEqual([0, 10_755]);
    client.close();
  });
});
