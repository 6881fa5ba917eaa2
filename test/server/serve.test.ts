/** The composition root with a real node: one member on a temporary directory, real sockets, real disk. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { DEFAULT_LIMITS } from '../../src/core/limits.ts';
import { DEFAULT_SNAPSHOT_THRESHOLDS } from '../../src/core/snapshot-thresholds.ts';
import { type NodeId, nodeId } from '../../src/core/types.ts';
import { DEFAULT_RETENTION } from '../../src/kv/store/retention.ts';
import { foundingClusterId, storedClusterId } from '../../src/library/cluster-identity.ts';
import { DEFAULT_TIMING } from '../../src/rules/timing.ts';
import { DEFAULT_SERVER_LIMITS } from '../../src/server/limits.ts';
import { type RunningServer, type ServeOptions, serve } from '../../src/server/serve.ts';
import { cleanUp } from '../clean-up.ts';
import { scratch } from '../cli/scratch.ts';
import { eventually } from './eventually.ts';
import { readSse } from './http/sse.ts';

interface LogLine {
  readonly event: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

const TRACED = {
  ...{ method: 'PUT', route: '/kv/*', status: 200, ms: expect.any(Number) },
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: '00f067aa0ba902b7',
};

const directory = (): string => join(scratch(), 'data');

function options(
  dataDir: string,
  changes: Partial<ServeOptions> = {},
): ServeOptions & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  return {
    id: nodeId('n1'),
    clusterId: null,
    peers: null,
    isJoining: false,
    dataDir,
    listen: { host: '127.0.0.1', port: 0 },
    allowHosts: [],
    peerListen: '127.0.0.1:0',
    timing: {
      ...DEFAULT_TIMING,
      electionTimeoutMinMs: 30,
      electionTimeoutMaxMs: 60,
      heartbeatIntervalMs: 10,
    },
    limits: DEFAULT_LIMITS,
    snapshots: DEFAULT_SNAPSHOT_THRESHOLDS,
    serverLimits: DEFAULT_SERVER_LIMITS,
    retention: DEFAULT_RETENTION,
    version: '9.9.9',
    inspection: null,
    logsRequests: false,
    log: (_level, event, fields = {}) => lines.push({ event, fields }),
    lines,
    ...changes,
  };
}

async function start(given: ServeOptions): Promise<RunningServer> {
  const server = await serve(given);
  cleanUp(() => server.close());
  await eventually(async () => (await fetch(`${server.url}/readyz`)).status).toBe(200);
  return server;
}

const membersOf = (text: string) =>
  new Map(text.split(',').map((part) => part.split('=') as [NodeId, string]));

describe('a server of one', () => {
  it('[KV25] compacts by itself what is more than it was told to keep', async () => {
    const retention = { revisionsMax: 10, ageMaxMs: 0 };
    const { url } = await start(options(directory(), { retention }));
    const client = connect({ endpoints: [url] });
    for (let count = 0; count < 30; count += 1) await client.put('a', 'x');
    await eventually(async () => (await fetch(`${url}/metrics`)).text()).toContain(
      'raftchart_store_compacted_revision 21\n',
    );
    await expect(client.get('a', { revision: 20 })).rejects.toMatchObject({
      compactedRevision: 21,
    });
    await client.close();
  });

  it('[SV16] logs where it serves and every change of its role, with the cause', async () => {
    const given = options(directory());
    const { url } = await start(given);
    expect(given.lines.find(({ event }) => event === 'serving')?.fields).toMatchObject({ url });
    const roles = given.lines.filter(({ event }) => event === 'role').map(({ fields }) => fields);
    expect(roles[0]).toMatchObject({ cause: 'started' });
    expect(roles.at(-1)).toMatchObject({ role: 'leader', leader: 'n1', cause: expect.any(String) });
  });

  it('[OP9] logs each request if it was asked to, with its trace', async () => {
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    for (const logsRequests of [false, true]) {
      const given = options(directory(), { logsRequests });
      const { url } = await start(given);
      await fetch(`${url}/kv/a`, { method: 'PUT', body: 'x', headers: { traceparent } });
      const told = given.lines.filter(({ fields }) => fields.route === '/kv/*');
      expect(told).toEqual(logsRequests ? [{ event: 'request', fields: TRACED }] : []);
    }
  });

  it('[SV33] shows what happens inside if it was asked to, to the last word', async () => {
    const inspection = { peers: new Map() };
    const server = await start(options(directory(), { inspection }));
    const events = readSse(await fetch(`${server.url}/inspect`));
    expect((await events.next())?.event).toBe('view');
    await fetch(`${server.url}/kv/a`, { method: 'PUT', body: 'some value' });
    const told: string[] = [];
    while (!told.some((data) => data.includes('"commitIndex"'))) {
      told.push((await events.nextData()).data ?? '');
    }
    expect(told.join()).toContain('"actor":"logWriter"');
    expect(told.join()).not.toContain('some value');
    await server.close();
    let last = '';
    for (;;) {
      const event = await events.next();
      if (event === null) break;
      last = event.id ?? last;
    }
    const again = await start(options(directory(), { inspection }));
    const headers = { 'last-event-id': last };
    const first = await readSse(await fetch(`${again.url}/inspect`, { headers })).next();
    expect(last).toMatch(/^[0-9a-z]+-[0-9]+$/);
    expect(first?.event).toBe('missed');
    expect(first?.id?.split('-')).toEqual([
      expect.not.stringMatching(last.split('-')[0] ?? ''),
      '0',
    ]);
    const unseen = await start(options(directory()));
    expect((await fetch(`${unseen.url}/inspect`)).status).toBe(404);
  });

  it('[SV27] answers what is under way before it closes, and lets nothing new begin', async () => {
    const server = await start(options(directory()));
    const client = connect({ endpoints: [server.url] });
    cleanUp(() => client.close());
    await client.put('warm', 'x');
    const underWay = Array.from({ length: 50 }, (_, at) => client.put(`k${at}`, 'x'));
    await new Promise((sent) => process.nextTick(sent));
    const ends = Promise.allSettled(underWay);
    await client.status();
    await server.close();
    for (const end of await ends) expect(end.status).toBe('fulfilled');
    await expect(fetch(`${server.url}/livez`)).rejects.toThrow();
    await server.close();
  });
});

describe('starting', () => {
  it('[SV26] finds a taken client port before it touches the disk', async () => {
    const first = await start(options(directory()));
    const port = Number(new URL(first.url).port);
    const dataDir = directory();
    const given = options(dataDir, { listen: { host: '127.0.0.1', port } });
    await expect(serve(given)).rejects.toMatchObject({ code: 'RAFT_CONFLICT' });
    expect(await storedClusterId(dataDir)).toBeNull();
  });

  it('[SV26] leaves nothing running when the node refuses to start', async () => {
    const dataDir = directory();
    const first = await start(options(dataDir));
    await first.close();
    const listen = { host: '127.0.0.1', port: Number(new URL(first.url).port) };
    const other = options(dataDir, { id: nodeId('n2'), listen });
    await expect(serve(other)).rejects.toMatchObject({ code: 'RAFT_WRONG_IDENTITY' });
    const again = await start(options(dataDir, { listen }));
    expect(again.url).toBe(first.url);
  });
});

describe('the cluster’s name', () => {
  it('[SV25] is the same for the same founding members in any order, and another for others', () => {
    const one = foundingClusterId(membersOf('n1=a:1,n2=b:2'));
    expect(one).toMatch(/^[0-9a-f]{16}$/);
    expect(foundingClusterId(membersOf('n2=b:2,n1=a:1'))).toBe(one);
    expect(foundingClusterId(membersOf('n1=a:1,n2=b:3'))).not.toBe(one);
    expect(foundingClusterId(membersOf('n1=a:1'))).not.toBe(one);
  });

  it('[SV25] stays as the data directory has it when the addresses change; --peers is then only told of', async () => {
    const dataDir = directory();
    const peers = (port: number) => membersOf(`n1=127.0.0.1:${port}`);
    const first = await start(options(dataDir, { peers: peers(1) }));
    const { clusterId } = first.replica.status();
    expect(clusterId).toBe(foundingClusterId(peers(1)));
    await first.close();
    const given = options(dataDir, { peers: peers(2) });
    const second = await start(given);
    expect(second.replica.status().clusterId).toBe(clusterId);
    expect(given.lines.map(({ event }) => event)).toContain('peersIgnored');
  });

  it('[SV25] can be given, and a directory of another cluster is then refused', async () => {
    const dataDir = directory();
    const first = await start(options(dataDir, { clusterId: 'east' }));
    expect(first.replica.status().clusterId).toBe('east');
    await first.close();
    const other = options(dataDir, { clusterId: 'west' });
    await expect(serve(other)).rejects.toMatchObject({ code: 'RAFT_WRONG_IDENTITY' });
  });

  it('[CF5] refuses members that the data directory does not know, and changes nothing', async () => {
    const dataDir = directory();
    const alone = await serve(options(dataDir));
    await alone.close();
    const identity = await readFile(join(dataDir, 'identity.json'), 'utf8');
    for (const clusterId of [null, alone.replica.status().clusterId]) {
      const peers = membersOf('n1=127.0.0.1:1,n2=127.0.0.1:2,n3=127.0.0.1:3');
      const refused = serve(options(dataDir, { peers, clusterId }));
      await expect(refused).rejects.toMatchObject({ code: 'RAFT_WRONG_IDENTITY', retry: 'never' });
      await expect(refused).rejects.toThrow(
        /a cluster of n1 alone, but this start names n1, n2, n3 /,
      );
    }
    expect(await readFile(join(dataDir, 'identity.json'), 'utf8')).toBe(identity);
    await start(options(dataDir));
  });

  it('[CF8] refuses limits that what is in the log has outgrown, and says how much is enough', async () => {
    const dataDir = directory();
    const server = await start(options(dataDir));
    const body = 'x'.repeat(300_000);
    await fetch(`${server.url}/kv/large`, { method: 'PUT', body });
    await server.close();
    const small = { commandBytesMax: 50_000, runBytesMax: 50_000, messageBytesMax: 50_000 };
    const limits = { ...DEFAULT_LIMITS, ...small, frameBytesMax: 100_000 };
    const refused = await serve(options(dataDir, { limits })).catch((error: Error) => error);
    expect(refused).toMatchObject({ code: 'RAFT_LOG_REFUSED' });
    const enough = Number(/Start with (\d+) or more/.exec(`${refused}`)?.[1]);
    await start(options(dataDir, { limits: { ...limits, frameBytesMax: enough } }));
  });

  it('[CF5] refuses a start that leaves members out, or exchanges one', async () => {
    const dataDir = directory();
    const founding = membersOf('n1=127.0.0.1:1,n2=127.0.0.1:2');
    await (await serve(options(dataDir, { peers: founding }))).close();
    for (const peers of [null, membersOf('n1=127.0.0.1:1,n3=127.0.0.1:2')]) {
      await expect(serve(options(dataDir, { peers }))).rejects.toThrow(/a cluster of n1, n2, but/);
    }
    const elsewhere = membersOf('n2=127.0.0.1:8,n1=127.0.0.1:9');
    await (await serve(options(dataDir, { peers: elsewhere }))).close();
  });
});
