/** `examples/stately-inspector.ts` speaks to Stately's inspector as its own library does. The relay is of this test. */
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { createMachine } from 'xstate';
import { type StatelyMessage, statelyObserver } from '../../examples/stately-inspector.ts';
import { VirtualCluster } from '../../src/testing/virtual-cluster.ts';
import { cleanUp } from '../clean-up.ts';
import { eventually } from '../server/eventually.ts';
import { served } from '../server/local-server.ts';

const SECRET = 'nobody else shall read this';

async function toldOfACluster(): Promise<readonly StatelyMessage[]> {
  const told: StatelyMessage[] = [];
  const cluster = await VirtualCluster.start(3);
  for (const { node } of cluster.members.values()) {
    node.inspect(statelyObserver((message) => told.push(message)));
  }
  const leader = await cluster.leader();
  await cluster.submit(leader.id, SECRET);
  cluster.resetLinks(leader.id);
  cluster.isolate(leader.id);
  await cluster.pass(3_000);
  return told;
}

it('[IN8] tells of each actor first, with its chart, and where it stands after each event', async () => {
  const told = await toldOfACluster();
  const met = new Set<string>();
  for (const { definition, event, parentId, sessionId, snapshot, type } of told) {
    if (type === '@xstate.actor') {
      expect(met.has(sessionId)).toBe(false);
      met.add(sessionId);
      const chart = createMachine(JSON.parse(String(definition)));
      const { value } = snapshot as { readonly value: never };
      expect(chart.resolveState({ value }).value).toEqual(value);
      expect(sessionId.endsWith(' node') ? undefined : met.has(String(parentId))).not.toBe(false);
    }
    expect(met.has(sessionId), sessionId).toBe(true);
    if (type === '@xstate.event') expect(event).toEqual({ type: expect.any(String) });
    const { status } = (snapshot ?? {}) as { readonly status?: string };
    if (status === 'stopped') met.delete(sessionId);
  }
  const values = told
    .filter(({ sessionId, type }) => type === '@xstate.snapshot' && sessionId.endsWith(' raft'))
    .map(({ snapshot }) => (snapshot as { readonly value: unknown }).value);
  expect(values).toContainEqual({ follower: 'suspicious' });
  expect(values).toContainEqual('candidate');
  expect(values).toContainEqual({
    leader: { service: 'serving', heartbeat: 'beating', quorum: 'watching' },
  });
});

it('[IN8] tells the inspector no byte of what is replicated', async () => {
  const told = JSON.stringify(await toldOfACluster());
  expect(told.length).toBeGreaterThan(100_000);
  expect(told).not.toContain(SECRET);
  expect(told).not.toContain(Buffer.from(SECRET).toString('base64').slice(4, 20));
});

it('[IN8] says in a sentence that there is no relay, and no server', async () => {
  const example = fileURLToPath(new URL('../../examples/stately-inspector.ts', import.meta.url));
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' ? address?.port : 0;
  listener.close();
  await once(listener, 'close');
  const [gone, none] = [`ws://127.0.0.1:${port}`, `http://127.0.0.1:${port}`];
  const alone = spawnSync(process.execPath, ['--import', 'tsx', example, gone], {
    encoding: 'utf8',
  });
  expect(alone.status).toBe(1);
  expect(alone.stderr).toMatch(
    /^The relay at ws:\S+ cannot be reached \(.*\)\. Start it as .*\.\n$/,
  );
  const relay = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  cleanUp(() => relay.close());
  await once(relay, 'listening');
  const place = relay.address();
  const open = `ws://127.0.0.1:${typeof place === 'object' ? place?.port : 0}`;
  const child = spawn(process.execPath, ['--import', 'tsx', example, open, none]);
  cleanUp(() => child.kill());
  let said = '';
  child.stderr.on('data', (text) => {
    said += text;
  });
  await eventually(() => said).toContain(
    `${none}/inspect cannot be reached: is the server running?`,
  );
});

it('[IN8] opens a running server, over its stream, in whatever listens at the relay', async () => {
  const server = await served({ inspection: { peers: new Map() } });
  const relay = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  cleanUp(() => relay.close());
  const told: StatelyMessage[] = [];
  relay.on('connection', (socket: WebSocket) => {
    socket.on('message', (data) => told.push(JSON.parse(String(data))));
  });
  await once(relay, 'listening');
  const address = relay.address();
  const port = typeof address === 'object' ? address?.port : null;
  const example = fileURLToPath(new URL('../../examples/stately-inspector.ts', import.meta.url));
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', example, `ws://127.0.0.1:${port}`, server.url],
    {
      stdio: 'ignore',
    },
  );
  cleanUp(() => child.kill());
  await eventually(() => server.replica.observers.size).toBe(1);
  const arrow = { arrow: 'logWriter/idle--write.requested--0', chart: 'log-writer' };
  const what = { actor: 'logWriter', event: 'write.requested', guards: [], changes: {}, ...arrow };
  for (const observer of server.replica.observers.keys()) {
    observer({
      type: 'transition',
      sequence: 1,
      at: 1,
      node: 'n1',
      from: 'idle',
      to: 'writing.prompt',
      ...what,
    });
  }
  await eventually(() => told.map(({ type }) => type)).toEqual([
    '@xstate.actor',
    '@xstate.event',
    '@xstate.snapshot',
  ]);
  expect(told[2]).toMatchObject({
    sessionId: 'n1 logWriter',
    event: { type: 'write.requested' },
    snapshot: { status: 'active', value: { writing: 'prompt' } },
  });
});
