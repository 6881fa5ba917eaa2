/**
 * The picture of one node: who runs whom, and who tells whom. A chart is drawn inside the one that names it among
 * its actors; the events are those that the charts take. Who sends them is no fact of a chart, and stands here.
 */
import type { AnyStateMachine } from 'xstate';
import type { ChartState } from './chart.ts';
import type { Arrow, Plan } from './plan.ts';

/** The world around the charts, from the top of the picture to its bottom; whatever is unnamed comes from the driver. */
const AROUND = {
  clients: 'Whoever proposes and reads, on this node or through another.',
  driver: 'Carries out what the charts ask for, and tells them what came of it.',
  peers: 'The other members: what their messages say, and the sockets to them.',
  disk: 'Holds term, vote and log.',
  'state machine': 'Yours: commands and queries.',
} as const;

type Sender = keyof typeof AROUND | 'node' | 'raft' | 'replication' | 'logWriter' | 'link';

/** By the chart that hears it and the event; by the event alone where all hear it from the same. */
const SENDERS: Readonly<Record<string, Sender>> = {
  'proposals.gathered': 'clients',
  'round.requested': 'clients',
  stop: 'clients',
  'term.observed': 'peers',
  'preVote.requested': 'peers',
  'preVote.answered': 'peers',
  'vote.requested': 'peers',
  'vote.answered': 'peers',
  'entries.received': 'peers',
  'append.accepted': 'peers',
  'append.rejected': 'peers',
  'socket.opened': 'peers',
  'socket.closed': 'peers',
  'socket.silent': 'peers',
  'hello.accepted': 'peers',
  'hello.refused': 'peers',
  'disk.durable': 'disk',
  'write.completed': 'disk',
  'write.failed': 'disk',
  recovered: 'disk',
  'apply.completed': 'state machine',
  'apply.failed': 'state machine',
  'disk.stalled': 'logWriter',
  'write.requested': 'raft',
  'commit.advanced': 'raft',
  'log.grew': 'raft',
  'round.began': 'raft',
  'heartbeat.due': 'raft',
  'peer.progressed': 'replication',
  'link.opened': 'link',
  'link.closed': 'link',
  'replication link.opened': 'raft',
  'replication link.closed': 'raft',
};

type Charts = Readonly<Record<string, AnyStateMachine>>;

export function planActors(charts: Charts): Plan {
  const names = Object.keys(charts);
  const runs = (name: string): readonly string[] =>
    Object.keys(charts[name]?.implementations.actors ?? {}).filter((actor) =>
      names.includes(actor),
    );
  const run = new Set(names.flatMap(runs));
  const boxOf = (key: string, description: string, states: readonly ChartState[]): ChartState => ({
    ...{ id: idOf(key), key, description, states, type: 'compound', initial: null },
    ...{ entry: [], exit: [], invokes: [], transitions: [], ignores: [] },
  });
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
  return { root, everywhere: '', lines: new Map(), arrows, notes: [] };
}

function idOf(name: string): string {
  return `actors/${name.replaceAll(' ', '-')}`;
}

/** One arrow for all that one tells another. */
function arrowsTo(name: string, charts: Charts): readonly Arrow[] {
  const told = new Map<string, string[]>();
  const events = (charts[name]?.events ?? []).filter((event) => !event.startsWith('xstate.'));
  for (const event of events) {
    const sender = SENDERS[`${name} ${event}`] ?? SENDERS[event] ?? 'driver';
    told.set(sender, [...(told.get(sender) ?? []), event]);
  }
  return [...told].map(([sender, heard]) => ({
    ids: [`${idOf(sender)}--${name}`],
    from: idOf(sender),
    to: idOf(name),
    caption: { events: heard, guard: '', action: '' },
  }));
}
