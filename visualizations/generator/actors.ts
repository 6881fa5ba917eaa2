/**
 * The picture of one node: who runs whom, and who tells whom. A chart is drawn inside the one that names it among
 * its actors; the events are those that the charts take. Who sends them is no fact of a chart, and stands here: for each of them, and for no other.
 */
import type { AnyStateMachine } from 'xstate';
import { type ChartState, PLAIN_STATE } from './chart.ts';
import type { Arrow, Plan } from './plan.ts';

/** The world around the charts, from the top of the picture to its bottom. */
const AROUND = {
  clients: 'Whoever proposes and reads, on this node or through another.',
  driver: 'Carries out what the charts ask for, and tells them what came of it.',
  peers: 'The other members: what their messages say, and the sockets to them.',
  disk: 'Holds term, vote and log.',
  'state machine': 'Yours: commands and queries.',
} as const;

/** By the event; by the chart that hears it as well where not all hear it from the same. */
const TELLS: Readonly<Record<string, string>> = {
  clients:
    'proposals.gathered reads.gathered transfer.requested snapshot.wanted change.requested stop',
  peers:
    'snapshot.offered pull.ended term.observed preVote.requested preVote.answered vote.requested vote.answered timeoutNow.received entries.received append.accepted append.rejected socket.closed socket.silent hello.received hello.refused message.received call.received hello.accepted leader.answered leader.refused propose.taken propose.refused word.heard cluster.met',
  driver:
    'replication:log.compacted call:hello.refused write.requested commit.advanced reads.confirmed entries.applied failed handedOver drained peer.waits entries.dropped entries.outdated entries.sent propose.sent configuration.committed lead.established lead.lost membership:peer.progressed peer.joined peer.leaving compaction.requested snapshot.received restore.requested snapshotReceiver:snapshot.failed install.ended snapshot.released',
  disk: 'snapshotter:log.compacted chunk.stored pull.completed snapshot.stored snapshot.failed hello.believed hello.sent answer.ready disk.durable write.completed write.failed recovered founding.stored founding.unstored',
  'state machine':
    'restore.completed snapshot.captured snapshot.refused snapshot.impossible apply.completed apply.failed',
  raft: 'round.confirmed role.changed log.grew round.began heartbeat.due replication:link.opened replication:link.closed members.changed farewell.over lead.offered promoted demoted',
  replication: 'peer.progressed',
  logWriter: 'disk.stalled',
  node: 'dial peer.left',
  link: 'link.opened link.closed',
  readIndex: 'round.requested',
  membership: 'configuration.proposed',
  call: 'call.ended call.admitted',
};
const SENDERS = new Map(
  Object.entries(TELLS).flatMap(([sender, events]) =>
    events.split(' ').map((event) => [event, sender] as const),
  ),
);

type Charts = Readonly<Record<string, AnyStateMachine>>;

export function planActors(charts: Charts): Plan {
  const names = Object.keys(charts);
  const runs = (name: string): readonly string[] =>
    Object.keys(charts[name]?.implementations.actors ?? {}).filter((actor) =>
      names.includes(actor),
    );
  const run = new Set(names.flatMap(runs));
  const boxOf = (key: string, description: string, states: readonly ChartState[]): ChartState => {
    const id = idOf(key);
    return { ...PLAIN_STATE, id, key, description, states };
  };
  const chartOf = (name: string): ChartState =>
    boxOf(name, charts[name]?.root.description ?? '', runs(name).map(chartOf));
  const around = Object.entries(AROUND).map(([key, about]) => boxOf(key, about, []));
  const tops = names.filter((name) => !run.has(name)).map(chartOf);
  const root = boxOf(
    'one node',
    'Who runs whom: one box inside the other. Who tells whom: the arrows.',
    [...around.slice(0, 3), ...tops, ...around.slice(3)],
  );
  const arrows = names.flatMap((name) => arrowsTo(name, charts));
  const taken = new Set(names.flatMap((name) => eventsOf(name, charts).map(([key]) => key)));
  const untaken = [...SENDERS.keys()].filter((key) => !taken.has(key));
  if (untaken.length > 0) throw new Error(`no chart takes ${untaken.join(', ')}`);
  return { root, lines: new Map(), arrows, notes: [] };
}

function idOf(name: string): string {
  return `actors/${name.replaceAll(' ', '-')}`;
}

/** What a chart takes, each with the key under which its sender stands. */
function eventsOf(
  name: string,
  charts: Charts,
): readonly (readonly [key: string, event: string])[] {
  const events = (charts[name]?.events ?? []).filter((event) => !event.startsWith('xstate.'));
  return events.map((event) => [
    SENDERS.has(`${name}:${event}`) ? `${name}:${event}` : event,
    event,
  ]);
}

/** One arrow for all that one tells another. */
function arrowsTo(name: string, charts: Charts): readonly Arrow[] {
  const told = new Map<string, string[]>();
  for (const [key, event] of eventsOf(name, charts)) {
    const sender = SENDERS.get(key);
    if (sender === undefined) throw new Error(`who tells ${name} ${event}?`);
    told.set(sender, [...(told.get(sender) ?? []), event]);
  }
  return [...told].map(([sender, heard]) => ({
    ids: [`${idOf(sender)}--${name}`],
    from: idOf(sender),
    to: idOf(name),
    words: heard.map((event, at) => ({
      text: at < heard.length - 1 ? `${event},` : event,
      style: 'event' as const,
    })),
  }));
}
