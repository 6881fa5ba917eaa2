/** Binds the names of the raft chart to the rules of election, log matching, leadership and timing. */
import { assign, enqueueActions, raise, type SnapshotFrom } from 'xstate';
import { InvariantViolation, unreachable } from '../../src/core/assert.ts';
import type { Effect, RaftEffect } from '../../src/core/effect.ts';
import { FAREWELL_MS, type Limits } from '../../src/core/limits.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import type { ReplicationState } from '../../src/core/replication-state.ts';
import type { NodeId } from '../../src/core/types.ts';
import * as commit from '../../src/rules/commit.ts';
import * as compaction from '../../src/rules/compaction.ts';
import { mayAppend } from '../../src/rules/configuration-change.ts';
import { isElectable, membersChange } from '../../src/rules/configurations.ts';
import * as election from '../../src/rules/election.ts';
import { installSnapshot } from '../../src/rules/installation.ts';
import * as leadership from '../../src/rules/leadership.ts';
import * as matching from '../../src/rules/log-matching.ts';
import { startProgress } from '../../src/rules/progress.ts';
import * as timing from '../../src/rules/timing.ts';
import * as transfer from '../../src/rules/transfer.ts';
import { raftMachine } from '../raft.machine.ts';
import type { RaftEvent, RaftGrant } from '../raft.types.ts';
import { type Consequences, performer } from './perform.ts';
import type { replication } from './replication.ts';

export interface RaftPorts {
  /** Uniform in `[0, 1)`; drawn once for each timeout. */
  readonly random: () => number;
  readonly limits: Pick<Limits, 'messageBytesMax' | 'inflightMessagesMax' | 'inflightBytesMax'>;
}

/** The replication actor of a peer, as a child of the raft actor. */
export function replicationId(peer: string): string {
  return `replication:${peer}`;
}

type Snapshot = SnapshotFrom<typeof raftMachine>;
type NameOf<Value> = Value extends string ? Value : keyof Value;

/** The role is the outermost state, by its name in the chart. */
export function roleOf({ value }: Pick<Snapshot, 'value'>): NameOf<Snapshot['value']> {
  return (typeof value === 'string' ? value : Object.keys(value)[0]) as NameOf<Snapshot['value']>;
}

/** Adds the role to the news of it. What the same step has overtaken, a pre-vote that nobody else decides, is not told. */
export function tellingRole(outlet: (effect: Effect) => void) {
  return (effect: RaftEffect, after: Snapshot): void => {
    if (effect.type !== 'roleChanged') outlet(effect);
    else if (effect.term === after.context.term) outlet({ ...effect, role: roleOf(after) });
  };
}

const perform = performer<RaftState, RaftEvent, RaftEffect>(
  (state) => leadership.repliedTo(state).map(replicationId),
  consequencesOf,
);

/** MC1, MC5: whatever rule changed who counts, links and replication follow, and so does the own standing. */
function consequencesOf(
  before: RaftState,
  changes: Partial<RaftState>,
): Consequences<RaftEvent, RaftEffect> | null {
  const change = membersChange(before, changes);
  if (change === null) return null;
  const { come, gone } = change.effect;
  const standing = change.isElectable ? 'promoted' : 'demoted';
  return {
    effects: [change.effect],
    raised: [
      { type: 'members.changed', come, gone },
      ...(change.isElectable === null ? [] : [{ type: standing } as const]),
    ],
  };
}

type Chart = typeof raftMachine;

/** What needs nothing from outside is bound once; each step below binds the names of one concern. */
const unported = bindTransfer(bindLeadership(bindElection(bindGuards(raftMachine))));

/** The chart with every name bound. `peer` is the replication chart that a leader runs for each peer. */
export function bindRaft({ random, limits }: RaftPorts, peer: typeof replication): Chart {
  return unported.provide({
    actors: { replication: peer },
    actions: {
      startReplication: enqueueActions(({ context, enqueue }) => {
        for (const peer of leadership.peersOf(context)) {
          const input = progressOf(context, peer, limits);
          enqueue.spawnChild('replication', { id: replicationId(peer), input });
        }
      }),
      followMembers: enqueueActions(({ context, enqueue }, { come, gone }) => {
        for (const peer of come) {
          const input = progressOf(context, peer, limits);
          enqueue.spawnChild('replication', { id: replicationId(peer), input });
        }
        const left = gone.filter((peer) => peer !== context.id);
        if (left.length === 0) return;
        enqueue.assign({ leaving: [...context.leaving, ...left] });
        const { commitIndex } = context;
        for (const id of left.map(replicationId)) {
          // What it is told last is that it is no member any more.
          enqueue.sendTo(id, { type: 'commit.advanced', commitIndex });
          enqueue.sendTo(id, { type: 'heartbeat.due' });
        }
        const id = `farewell:${left.join()}`;
        enqueue.raise({ type: 'farewell.over', gone: left }, { id, delay: FAREWELL_MS });
      }),
      endFarewell: enqueueActions(({ context: { leaving }, enqueue }, { gone }) => {
        enqueue.assign({ leaving: leaving.filter((peer) => !gone.includes(peer)) });
        for (const peer of leaving.filter((each) => gone.includes(each))) {
          enqueue.stopChild(replicationId(peer));
        }
      }),
    },
    delays: bindDelays(random),
  });
}

/** A new leader guesses that each peer holds what it held itself; whoever joins later, that it holds the whole log. */
function progressOf(
  { commitIndex, log, term, termStartIndex }: RaftState,
  peer: NodeId,
  limits: RaftPorts['limits'],
): ReplicationState {
  return startProgress({ peer, term, log, nextIndex: termStartIndex, commitIndex, limits });
}

/** A guard is asked before the action of its arrow: it judges the state that the action will leave. */
function bindGuards(chart: Chart): Chart {
  return chart.provide({
    guards: {
      mayGrantVote: ({ context }, { from, message }) =>
        election.mayGrantVote(context, from, message),
      completesQuorum: ({ context }, grant) => completesQuorum(context, grant),
      isLeaderLink: ({ context }, { peer }) =>
        election.heedsClosedLink(context) && context.leaderId === peer,
      commitsInTerm: ({ context }, held) =>
        leadership.commitsInTerm(
          context,
          held.type === 'disk.durable'
            ? leadership.withDurable(context, held.entry)
            : leadership.withProgress(context, held),
        ),
      hearsQuorum: ({ context }) => leadership.hearsQuorum(context),
      isTargetLink: ({ context }, { peer }) => context.transferTarget === peer,
      mayTakeOver: ({ context }, { message }) => transfer.mayTakeOver(context, message),
      isNamedByVote: ({ context }, { message }) => transfer.isNamedByVote(context, message),
      findsReadyTarget: ({ context }, request) =>
        transfer.holdsAll(context, transfer.chooseTarget(context, request).target),
      findsTarget: ({ context }, request) =>
        transfer.chooseTarget(context, request).target !== null,
      readiesTarget: ({ context }, held) => {
        const after = { ...context, ...leadership.withProgress(context, held) };
        return transfer.holdsAll(after, transfer.nextLeader(context, held));
      },
      mayChangeMembers: ({ context }, { membership }) => mayAppend(context, membership),
    },
  });
}

function completesQuorum(state: RaftState, grant: RaftGrant): boolean {
  const after = afterGrant(state, grant);
  return grant.type === 'preVote.answered' ? election.hasWonPreVote(after) : election.hasWon(after);
}

/** The state that the grant leaves, if it counts. */
export function afterGrant(state: RaftState, grant: RaftGrant): RaftState {
  const after = ({ changes }: election.RaftStep): RaftState => ({ ...state, ...changes });
  switch (grant.type) {
    case 'preVote.answered':
      return after(election.countPreVote(state, grant.from, grant.message));
    case 'vote.answered':
      return after(election.countVote(state, grant.from, grant.message));
    case 'disk.durable':
      return after(election.countOwnVote(state, grant.hardState));
    default:
      return unreachable(grant);
  }
}

const WON_PRE_VOTE: election.Campaign = { transfer: false, cause: 'won the pre-vote' };
const HANDED_OVER: election.Campaign = { transfer: true, cause: 'its leader hands over' };

function bindElection(chart: Chart): Chart {
  return chart.provide({
    actions: {
      takeStanding: enqueueActions(({ context, enqueue }) => {
        if (!isElectable(context)) enqueue.raise({ type: 'demoted' });
      }),
      announceStanding: perform((state) => ({
        changes: {},
        effects: [election.roleChanged(state, 'the members have changed')],
      })),
      observeTerm: perform((state, { term }) => election.observeTerm(state, term)),
      grantPreVoteIfUpToDate: perform((state, { from, message }) =>
        election.answerPreVote(state, from, message, false),
      ),
      refusePreVote: perform((state, { from, message }) =>
        election.answerPreVote(state, from, message, true),
      ),
      startPreVote: perform((state, { cause }) => election.startPreVote(state, cause)),
      answerItself: raise(({ context }) => ({
        type: 'preVote.answered',
        from: context.id,
        message: election.ownPreVote(context),
      })),
      countPreVote: perform((state, { from, message }) =>
        election.countPreVote(state, from, message),
      ),
      grantVote: perform((state, { from, message }) => election.grantVote(state, from, message)),
      refuseVote: perform((state, { from }) => election.refuseVote(state, from)),
      startElection: perform((state) => election.startElection(state, WON_PRE_VOTE)),
      takeOver: perform((state) => election.startElection(state, HANDED_OVER)),
      countVote: perform((state, { from, message }) => election.countVote(state, from, message)),
      countOwnVote: perform((state, { entry, hardState }) => {
        const { changes } = commit.noteDurable(state, entry);
        const counted = election.countOwnVote(state, hardState);
        return { changes: { ...changes, ...counted.changes }, effects: [] };
      }),
      acceptEntries: perform((state, { from, message, spans }) =>
        matching.acceptEntries(state, from, message, spans),
      ),
      assertSoleLeader: ({ context }, { from }) => {
        throw new InvariantViolation(
          `EL11: a term has at most one leader, but ${from} and ${context.id} both lead term ${context.term}`,
        );
      },
      noteDurable: perform((state, { entry }) => commit.noteDurable(state, entry)),
      compactLog: perform(compaction.compactLog),
      installSnapshot: perform(installSnapshot),
    },
  });
}

function bindLeadership(chart: Chart): Chart {
  return chart.provide({
    actions: {
      becomeLeader: perform(leadership.becomeLeader),
      stopReplication: enqueueActions(({ context, enqueue }) => {
        for (const peer of leadership.repliedTo(context)) enqueue.stopChild(replicationId(peer));
      }),
      announceEstablished: perform(({ term }) => ({
        changes: {},
        effects: [{ type: 'established', term }],
      })),
      appendProposals: perform((state, { count }) => leadership.appendProposals(state, count)),
      countOwnDisk: perform((state, { entry }) => leadership.recordDurable(state, entry)),
      recordProgress: perform(leadership.recordProgress),
      appendConfiguration: perform((state, { membership }) =>
        leadership.appendConfiguration(state, membership),
      ),
      beginRound: perform(leadership.beginRound),
      sendHeartbeats: perform(() => ({
        changes: {},
        effects: [],
        news: [{ type: 'heartbeat.due' }],
      })),
      forgetContacts: assign({ heardFrom: [] }),
      forwardLinkNews: enqueueActions(({ context, enqueue }, { type, peer }) => {
        // Not everyone who has a link is a member as this leader knows them (MC11).
        if (leadership.repliedTo(context).includes(peer as NodeId))
          enqueue.sendTo(replicationId(peer), { type });
      }),
      stepDown: perform((state, { cause }) => leadership.stepDown(state, cause)),
    },
  });
}

function bindTransfer(chart: Chart): Chart {
  return chart.provide({
    actions: {
      startTransfer: perform(transfer.startTransfer),
      refuseTransfer: perform(transfer.refuseTransfer),
      refuseForNow: perform((_, request) => transfer.refusing(request, 'notLeading')),
      settleTarget: perform((state, held) => transfer.settleTarget(state, held)),
      joinTransfer: perform(transfer.joinTransfer),
      notePassedAhead: perform((state, { count }) => transfer.notePassedAhead(state, count)),
      offerLead: perform(transfer.offerLead),
      followTarget: raise({ type: 'lead.offered' }),
      voteForTarget: perform(transfer.voteForTarget),
      giveUpTransfer: perform(transfer.giveUpTransfer),
    },
  });
}

function bindDelays(random: () => number) {
  type Asked = { readonly context: RaftState };
  return {
    electionTimeout: ({ context }: Asked) => timing.electionTimeoutMs(context.timing, random()),
    electionTimeoutMinimum: ({ context }: Asked) => context.timing.electionTimeoutMinMs,
    electionTimeoutRest: ({ context }: Asked) =>
      timing.electionTimeoutRestMs(context.timing, random()),
    leaderlessTimeout: ({ context }: Asked) => timing.leaderlessTimeoutMs(context, random()),
    suspicionDelay: ({ context }: Asked) => timing.suspicionDelayMs(context, random()),
    heartbeatInterval: ({ context }: Asked) => context.timing.heartbeatIntervalMs,
    quorumCheckInterval: ({ context }: Asked) => context.timing.electionTimeoutMaxMs,
    transferTimeout: ({ context }: Asked) => context.timing.electionTimeoutMaxMs,
  };
}
