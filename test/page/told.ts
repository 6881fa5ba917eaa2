/** An invented stream: records of a cluster as its nodes would tell them, for whoever tests what becomes of them. */
import type {
  MessageRecord,
  NodeView,
  TransitionRecord,
  ViewRecord,
} from '../../src/ports/inspection.ts';
import type { PageRecord, PresenceRecord } from '../../visualizations/page/stream/page-record.ts';

/** When it all begins, in milliseconds since 1970. */
export const BEGIN = Date.UTC(2026, 0, 1);

export function view(node: string, at: number, changes: Partial<NodeView> = {}): ViewRecord {
  const members = { voters: ['n1', 'n2', 'n3'], votersOutgoing: [], learners: [] };
  const raft = { actor: 'raft', chart: 'raft', state: changes.state ?? 'follower.loyal' };
  const standing: NodeView = {
    ...{ startedAt: BEGIN, lifecycle: 'running', role: 'follower', state: raft.state },
    ...{ term: 4, votedFor: null, leader: 'n1', votes: [], members },
    ...{ commitIndex: 7, lastApplied: 7, firstIndex: 1, lastIndex: 7 },
    durableIndex: changes.lastIndex ?? 7,
    ...{ snapshotIndex: 0, terms: [[1, 3] as const, [5, 4] as const], peers: [], timers: [] },
    actors: [raft],
    ...changes,
  };
  return { type: 'view', sequence: 1, at: BEGIN + at, node, view: standing };
}

export function leaderView(node: string, at: number, changes: Partial<NodeView> = {}): ViewRecord {
  const others = ['n1', 'n2', 'n3'].filter((id) => id !== node);
  return view(node, at, {
    ...{ role: 'leader', state: LEADING, leader: node },
    peers: others.map((peer) => ({
      ...{ peer, link: 'open' as const, next: 8, match: 7, state: 'replicate.caughtUp' },
    })),
    ...changes,
  });
}

const LEADING = 'leader.service.serving leader.heartbeat.beating leader.quorum.watching';
const NEW_LEADER = 'leader.service.establishing leader.heartbeat.beating leader.quorum.watching';

export function step(
  node: string,
  at: number,
  more: Partial<TransitionRecord> & Pick<TransitionRecord, 'event' | 'from' | 'to'>,
): TransitionRecord {
  return {
    ...{ type: 'transition', sequence: 1, at: BEGIN + at, node, actor: 'raft', chart: 'raft' },
    ...{ arrow: `raft/${more.from}--${more.event.replace(' ', '.')}--0`, guards: [], changes: {} },
    ...more,
  };
}

export function message(
  type: MessageRecord['type'],
  [from, to]: readonly [from: string, to: string],
  at: number,
  more: Partial<MessageRecord> = {},
): MessageRecord {
  const [node, peer] = type === 'sent' ? [from, to] : [to, from];
  const kind = more.kind ?? 'AppendEntries';
  return {
    ...{
      type,
      sequence: 1,
      at: BEGIN + at,
      node,
      peer,
      kind,
      id: `${from}>${to} ${kind}`,
      term: 4,
    },
    ...more,
  };
}

export function presence(
  node: string,
  at: number,
  state: PresenceRecord['presence'],
  how: string,
): PresenceRecord {
  return { type: 'presence', at: BEGIN + at, node, presence: state, how, isByHand: true };
}

const HOLDING = (['n1', 'n3'] as const).map((peer, at) => ({
  ...{ peer, link: 'open' as const, next: 9, match: 8 * at, state: 'replicate.caughtUp' },
}));

/** n1 leads in term 4, is killed, and n2 takes over in term 5. */
export function takeover(): readonly PageRecord[] {
  const raised = { term: [4, 5] as const, votedFor: [null, 'n2'] as const };
  return [
    ...[leaderView('n1', 0), view('n2', 1), view('n3', 2)],
    message('sent', ['n1', 'n2'], 50),
    message('received', ['n1', 'n2'], 51),
    step('n2', 51, { event: 'entries.received', from: 'follower.loyal', to: 'follower.loyal' }),
    presence('n1', 80, 'dead', 'was killed'),
    step('n2', 81, { event: 'link.closed', from: 'follower.loyal', to: 'follower.suspicious' }),
    step('n3', 82, { event: 'link.closed', from: 'follower.loyal', to: 'follower.suspicious' }),
    step('n2', 106, {
      ...{ event: 'after suspicionDelay', from: 'follower.suspicious', to: 'preCandidate' },
    }),
    message('sent', ['n2', 'n3'], 107, { kind: 'PreVote', term: 5 }),
    message('received', ['n2', 'n3'], 108, { kind: 'PreVote', term: 5 }),
    message('sent', ['n3', 'n2'], 109, { kind: 'PreVoteReply', granted: true }),
    step('n2', 110, {
      ...{ event: 'preVote.answered', from: 'preCandidate', to: 'candidate', changes: raised },
      guards: [['completesQuorum', true, '2 of 3 granted: n2, n3']],
    }),
    message('sent', ['n3', 'n2'], 116, { kind: 'RequestVoteReply', granted: true, term: 5 }),
    step('n2', 118, {
      ...{ event: 'vote.answered', from: 'candidate', to: NEW_LEADER },
      guards: [['completesQuorum', true, '2 of 3 granted: n2, n3']],
    }),
    step('n2', 125, { event: 'peer.progressed', from: NEW_LEADER, to: LEADING }),
    leaderView('n2', 130, {
      term: 5,
      commitIndex: 8,
      lastIndex: 8,
      lastApplied: 8,
      peers: HOLDING,
    }),
  ];
}
