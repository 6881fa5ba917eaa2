/** Which server the client speaks to: the leader where it can be found, and anybody until then. */
import { describe, expect, it } from 'vitest';
import type { KvStateMachine } from '../../src/kv/kv-state-machine.ts';
import { eventually } from '../server/eventually.ts';
import { LocalReplica } from '../server/local-replica.ts';
import { type LocalServer, localServer, served } from '../server/local-server.ts';
import { clientOf } from './stage.ts';

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
