/** Why the guards of the raft chart say what they say, from the rules that they ask themselves. */
import { unreachable } from '../../src/core/assert.ts';
import { isVoter, members } from '../../src/core/configuration.ts';
import type { RaftState } from '../../src/core/raft-state.ts';
import { lastLog } from '../../src/core/term-runs.ts';
import type { TransferRefusal } from '../../src/core/transfer-refusal.ts';
import type { NodeId } from '../../src/core/types.ts';
import { heldThrough } from '../../src/rules/commit.ts';
import { isStep } from '../../src/rules/configuration-change.ts';
import { membershipInForce } from '../../src/rules/configurations.ts';
import { heedsClosedLink, isUpToDate } from '../../src/rules/election.ts';
import { withDurable, withProgress } from '../../src/rules/leadership.ts';
import {
  chooseTarget,
  heldBy,
  nextLeader,
  type TransferRequest,
} from '../../src/rules/transfer.ts';
import { afterGrant } from '../bindings/raft.ts';
import type { raftMachine } from '../raft.machine.ts';
import type { RaftGrant } from '../raft.types.ts';
import { countOf, listOf, placeOf, type ReasonsFor } from './words.ts';

export const raftReasons: ReasonsFor<typeof raftMachine> = {
  mayGrantVote: ({ context }, { from, message: { lastLog: its, term } }) => {
    const own = lastLog(context.log);
    const { votedFor } = context;
    if (term !== context.term) return `it asks in term ${term}, and this is term ${context.term}`;
    if (votedFor !== null && votedFor !== from) return `the vote of term ${term} is ${votedFor}'s`;
    const ends = `its log ends at ${placeOf(its)}, ours at ${placeOf(own)}`;
    if (!isUpToDate(its, own)) return ends;
    return `${ends}; the vote of term ${term} is ${votedFor === null ? 'free' : 'its already'}`;
  },
  completesQuorum: ({ context }, grant) => {
    if (grant.type === 'preVote.answered' && !context.protocol.preVote) {
      return 'pre-votes are left out: its own answer is enough';
    }
    const { granted } = afterGrant(context, grant);
    const count = countOf(context.configuration, granted, 'granted');
    const idle = idleGrant(context, grant, granted);
    return idle === null ? count : `${idle}; ${count}`;
  },
  isLeaderLink: ({ context }, { peer }) => {
    if (context.leaderId !== peer) return `${peer} is not its leader; ${leaderOf(context)}`;
    return heedsClosedLink(context)
      ? `${peer} is its leader`
      : `${peer} is its leader, but a closed link is no hint where leases are on or pre-votes off`;
  },
  isTargetLink: ({ context: { transferTarget } }, { peer }) =>
    transferTarget === peer
      ? `${peer} is to lead next`
      : `${transferTarget ?? 'nobody'} is to lead next, not ${peer}`,
  commitsInTerm: ({ context }, held) => {
    const changes =
      held.type === 'disk.durable' ? withDurable(context, held.entry) : withProgress(context, held);
    const after = { ...context, ...changes };
    const { configuration, termStartIndex } = context;
    const having = members(configuration).filter((id) => heldThrough(after, id) >= termStartIndex);
    return countOf(configuration, having, `hold ${termStartIndex}, the first of its term`);
  },
  hearsQuorum: ({ context: { configuration, heardFrom, id, protocol } }) =>
    protocol.checkQuorum
      ? countOf(configuration, [id, ...heardFrom], 'heard since the last check')
      : 'the quorum is not checked',
  mayTakeOver: ({ context }, { message: { lastLog: end, term } }) => {
    const own = lastLog(context.log);
    if (term !== context.term) return `it is of term ${term}, and this is term ${context.term}`;
    if (!isVoter(context.configuration, context.id)) return 'it has no vote';
    if (own.index !== end.index || own.term !== end.term) {
      return `the leader's log ends at ${placeOf(end)}, ours at ${placeOf(own)}`;
    }
    return context.durableIndex === own.index
      ? `its log ends where the leader's does, at ${placeOf(own)}, all on its disk`
      : `only ${context.durableIndex} of ${own.index} entries are on its disk`;
  },
  isNamedByVote: ({ context }, { message }) => {
    if (!message.granted) return 'it is no vote';
    if (!isVoter(context.configuration, context.id)) return 'it has no vote itself';
    return `it is for term ${message.term}, and this is term ${context.term}`;
  },
  findsReadyTarget: ({ context }, request) => targetInWords(context, request),
  findsTarget: ({ context }, request) => targetInWords(context, request),
  readiesTarget: ({ context }, held) =>
    holdingOf({ ...context, ...withProgress(context, held) }, nextLeader(context, held)),
  mayChangeMembers: ({ context }, { membership }) => {
    const { commitIndex, termStartIndex } = context;
    const present = membershipInForce(context);
    if (commitIndex < termStartIndex || termStartIndex === 0) {
      return `${termStartIndex}, the first of its term, is not committed`;
    }
    if (commitIndex < present.index) {
      return `the configuration at ${present.index} is not committed: only ${commitIndex} is`;
    }
    return isStep(present.configuration, membership.configuration)
      ? `the configuration at ${present.index} is committed, and any two majorities share a voter`
      : 'two majorities could decide apart';
  },
};

function leaderOf({ leaderId }: RaftState): string {
  return leaderId === null ? 'it knows none' : `${leaderId} is`;
}

/** Why a grant adds nothing; `null`: it does. */
function idleGrant(state: RaftState, grant: RaftGrant, granted: readonly NodeId[]): string | null {
  if (granted.length > state.granted.length) return null;
  switch (grant.type) {
    case 'preVote.answered':
      if (!grant.message.granted) return `${grant.from} refuses`;
      return grant.message.round === state.preVoteRound
        ? `${grant.from} has granted before`
        : `${grant.from} answers round ${grant.message.round}, and this is round ${state.preVoteRound}`;
    case 'vote.answered':
      if (!grant.message.granted) return `${grant.from} refuses`;
      return grant.message.term === state.term
        ? `${grant.from} has granted before`
        : `${grant.from} answers in term ${grant.message.term}, and this is term ${state.term}`;
    case 'disk.durable':
      return state.granted.includes(state.id)
        ? 'its own vote was counted before'
        : `its vote of term ${state.term} is not on its disk`;
    default:
      return unreachable(grant);
  }
}

const REFUSALS: Readonly<Record<TransferRefusal, string>> = {
  notLeading: 'it does not lead',
  noVoter: 'is no other voter',
  notConnected: 'is not connected',
  behind: 'lacks too much of the log',
  nobodyFit: 'no voter is connected and near the end of the log',
  underWay: 'another transfer is under way',
  inVain: 'did not take over in time',
};

function targetInWords(state: RaftState, request: TransferRequest): string {
  const { refusal, target } = chooseTarget(state, request);
  if (target !== null) return holdingOf(state, target);
  const { connected, to } = request;
  const who = to === null ? '' : `${to} `;
  return `${who}${REFUSALS[refusal]}; connected: ${listOf(connected)}`;
}

function holdingOf(state: RaftState, target: NodeId | null): string {
  if (target === null) return 'nobody is to lead next';
  return `${target} holds ${heldBy(state, target)} of ${state.log.lastIndex} entries`;
}
