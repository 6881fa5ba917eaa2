// Shows a running cluster in Stately's inspector. In one terminal `npx raftchart demo`, in another the relay of
// @statelyai/inspect, which opens the inspector in a browser:
//   npm install @statelyai/inspect && node -e "import('@statelyai/inspect/server').then((s) => s.createInspectorServer())"
// and in a third one: npx tsx examples/stately-inspector.ts ws://127.0.0.1:8080 http://127.0.0.1:4100 http://127.0.0.1:4101
import { argv, exit } from 'node:process';
import { pathToFileURL } from 'node:url';
import type { InspectionObserver, InspectionRecord } from 'raftchart';
import { charts } from 'raftchart/machines';
import { WebSocket } from 'ws';

/** What the inspector is told, as `createInspector({ send })` of @statelyai/inspect 0.7 would. */
export interface StatelyMessage {
  readonly type: '@xstate.actor' | '@xstate.event' | '@xstate.snapshot';
  readonly sessionId: string;
  readonly [field: string]: unknown;
}

/** An observer for `node.inspect`, or for the events of `GET /inspect`. */
export function statelyObserver(send: (message: StatelyMessage) => void): InspectionObserver {
  const known = new Map<string, Record<string, unknown>>();
  const tell = (
    type: StatelyMessage['type'],
    record: InspectionRecord,
    actor: string,
    says: object,
  ) => {
    const [sessionId, rootId] = [`${record.node} ${actor}`, `${record.node} node`];
    const stamp = { id: null, createdAt: String(record.at), _version: '0.7.2', rootId };
    send({ type, sessionId, ...stamp, ...says });
    return sessionId;
  };
  const meet = (record: InspectionRecord, actor: string, chart: string, state: string) => {
    const sessionId = `${record.node} ${actor}`;
    if (known.has(sessionId)) return;
    known.set(sessionId, {});
    const parentId = actor === 'node' ? undefined : `${record.node} ${parentOf(actor)}`;
    const snapshot = { status: 'active', value: stateValue(state), context: {} };
    const says = { name: sessionId, parentId, definition: definitionOf(chart), snapshot };
    tell('@xstate.actor', record, actor, says);
  };
  return (record) => {
    if (record.type === 'view') {
      const living = record.view.actors.map(({ actor }) => `${record.node} ${actor}`);
      for (const { actor, chart, state } of record.view.actors) meet(record, actor, chart, state);
      for (const gone of [...known.keys()].filter((id) => !living.includes(id))) {
        if (!gone.startsWith(`${record.node} `)) continue;
        known.delete(gone);
        const [, actor = ''] = gone.split(' ');
        tell('@xstate.snapshot', record, actor, {
          event: { type: 'xstate.stop' },
          snapshot: { status: 'stopped' },
        });
      }
    }
    if (record.type !== 'transition') return;
    const { actor, changes, chart, from, to } = record;
    meet(record, actor, chart, from);
    const event = { type: record.event };
    const sessionId = tell('@xstate.event', record, actor, { event, sourceId: undefined });
    const context = known.get(sessionId) ?? {};
    for (const [field, [, now]] of Object.entries(changes)) context[field] = now;
    const snapshot = { status: 'active', value: stateValue(to), context: { ...context } };
    tell('@xstate.snapshot', record, actor, { event, snapshot });
  };
}

const parentOf = (actor: string) => (actor.startsWith('replication:') ? 'raft' : 'node');

/** `leader.heartbeat.beating leader.quorum.watching` as XState has it: one object within the other. */
function stateValue(places: string): unknown {
  const paths = places.split(' ').map((place) => place.split('.'));
  const build = (inside: readonly (readonly string[])[]): unknown => {
    const names = [...new Set(inside.map(([name = '']) => name))];
    const [only = ''] = names;
    if (inside.length === 1 && inside[0]?.length === 1) return only;
    return Object.fromEntries(
      names.map((name) => [
        name,
        build(inside.filter((path) => path[0] === name).map((path) => path.slice(1))),
      ]),
    );
  };
  return build(paths);
}

/** Charts are named after their pictures: `log-writer` is `logWriter`. */
function definitionOf(picture: string): string | undefined {
  const id = picture.replaceAll(/-./g, (pair) => pair.slice(1).toUpperCase());
  const chart = Object.values(charts).find((each) => each.id === id);
  return (
    chart &&
    JSON.stringify(chart.config, (_, value) =>
      typeof value === 'function' ? { type: value.name } : value,
    )
  );
}

/** Reads the stream of one server, and again when it ends. */
async function follow(url: string, observe: InspectionObserver): Promise<never> {
  let said = '';
  for (;;) {
    let text = '';
    const answer = await fetch(`${url}/inspect`).catch(() => null);
    const trouble = answer?.ok ? '' : `${url}/inspect ${troubleIn(answer)} It is asked again.`;
    if (trouble !== said && trouble !== '') console.error(trouble);
    said = trouble;
    for await (const bytes of answer?.ok ? (answer.body ?? []) : []) {
      text += Buffer.from(bytes as Uint8Array).toString();
      const events = text.split('\n\n');
      text = events.pop() ?? '';
      for (const event of events) {
        const [, data] = /^data: (.*)$/m.exec(event) ?? [];
        if (data !== undefined) observe(JSON.parse(data));
      }
    }
    await new Promise((again) => setTimeout(again, 500));
  }
}

const troubleIn = (answer: Response | null) =>
  answer === null
    ? 'cannot be reached: is the server running?'
    : `answers ${answer.status}: was the server started with --inspect?`;

/** The relay, once it listens; a program without one says so, and ends. */
async function connected(relay: string): Promise<WebSocket> {
  const end = (why: string): never => {
    console.error(`The relay at ${relay} ${why}. Start it as the head of this file says.`);
    return exit(1);
  };
  if (!/^wss?:/.test(relay)) end('has no address: it begins with ws://');
  const socket = new WebSocket(relay);
  await new Promise((open) =>
    socket.once('open', open).on('error', ({ message }) => end(`cannot be reached (${message})`)),
  );
  return socket.once('close', () => end('has gone'));
}

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  const [relay = 'ws://127.0.0.1:8080', ...servers] = argv.slice(2);
  const socket = await connected(relay);
  const observe = statelyObserver((message) => socket.send(JSON.stringify(message)));
  await Promise.all(
    (servers.length > 0 ? servers : ['http://127.0.0.1:4100']).map((url) => follow(url, observe)),
  );
}
