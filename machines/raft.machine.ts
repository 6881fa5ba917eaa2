/**
 * The role of one node: follower, pre-candidate, candidate, leader or learner (§3.3–§3.6, §4.2, §9.6).
 * The chart says when; the names it uses are bound to the rules of `src/rules` in `machines/bindings/raft.ts`.
 * Stickiness is a state, not a clock reading: a follower is loyal until the shortest election timeout has
 * passed without a word from its leader, doubtful after that, suspicious once the leader's link closes.
 */
import { fromCallback, setup } from 'xstate';
import type { RaftEffect } from '../src/core/effect.ts';
import type { RaftState } from '../src/core/raft-state.ts';
import type { ChartMeta } from './meta.types.ts';
import type { RaftEvent, RaftGrant, RaftTag } from './raft.types.ts';
import type { replicationMachine } from './replication.machine.ts';

type Received<Type extends RaftEvent['type']> = Extract<RaftEvent, { type: Type }>;

/** Bound to the replication chart in `machines/bindings/raft.ts`; this file imports nothing but xstate. */
const replicationPlaceholder = fromCallback(() => {});

/** The members of the chart that is opened alone. */
const THREE = { voters: ['n1', 'n2', 'n3'], votersOutgoing: [], learners: [], learnersNext: [] };

/** What a name is given that stands on an arrow: the arrow's event, whole. */
const event = <Event>(heard: { readonly event: Event }): Event => heard.event;

export const raftMachine = setup({
  types: {
    context: {} as RaftState,
    events: {} as RaftEvent,
    emitted: {} as RaftEffect,
    input: {} as RaftState | undefined,
    tags: {} as RaftTag,
    meta: {} as ChartMeta,
  },
  actors: { replication: replicationPlaceholder as unknown as typeof replicationMachine },
  guards: {
    mayGrantVote: (_, _request: Received<'vote.requested'>) => false,
    completesQuorum: (_, _grant: RaftGrant) => false,
    isLeaderLink: (_, _link: { peer: string }) => false,
    isTargetLink: (_, _link: { peer: string }) => false,
    commitsInTerm: (_, _held: Received<'disk.durable'> | Received<'peer.progressed'>) => false,
    hearsQuorum: () => true,
    mayTakeOver: (_, _offer: Received<'timeoutNow.received'>) => false,
    isNamedByVote: (_, _vote: Received<'vote.answered'>) => false,
    findsReadyTarget: (_, _request: Received<'transfer.requested'>) => false,
    findsTarget: (_, _request: Received<'transfer.requested'>) => false,
    readiesTarget: (_, _held: Received<'peer.progressed'>) => false,
    mayChangeMembers: (_, _proposed: Received<'configuration.proposed'>) => false,
  },
  actions: {
    takeStanding: () => {},
    observeTerm: (_, _observed: Received<'term.observed'>) => {},
    grantPreVoteIfUpToDate: (_, _request: Received<'preVote.requested'>) => {},
    refusePreVote: (_, _request: Received<'preVote.requested'>) => {},
    startPreVote: (_, _cause: { cause: string }) => {},
    answerItself: () => {},
    countPreVote: (_, _answer: Received<'preVote.answered'>) => {},
    grantVote: (_, _request: Received<'vote.requested'>) => {},
    refuseVote: (_, _request: Received<'vote.requested'>) => {},
    startElection: () => {},
    takeOver: () => {},
    countVote: (_, _answer: Received<'vote.answered'>) => {},
    countOwnVote: (_, _written: Received<'disk.durable'>) => {},
    acceptEntries: (_, _request: Received<'entries.received'>) => {},
    assertSoleLeader: (_, _request: Received<'entries.received'>) => {},
    noteDurable: (_, _written: Received<'disk.durable'>) => {},
    compactLog: (_, _behind: Received<'compaction.requested'>) => {},
    installSnapshot: (_, _whole: Received<'snapshot.received'>) => {},
    becomeLeader: () => {},
    startReplication: () => {},
    stopReplication: () => {},
    announceEstablished: () => {},
    appendProposals: (_, _gathered: Received<'proposals.gathered'>) => {},
    countOwnDisk: (_, _written: Received<'disk.durable'>) => {},
    recordProgress: (_, _progress: Received<'peer.progressed'>) => {},
    appendConfiguration: (_, _proposed: Received<'configuration.proposed'>) => {},
    followMembers: (_, _changed: Received<'members.changed'>) => {},
    endFarewell: (_, _over: Received<'farewell.over'>) => {},
    announceStanding: () => {},
    beginRound: () => {},
    sendHeartbeats: () => {},
    forgetContacts: () => {},
    forwardLinkNews: (_, _link: Received<'link.opened'> | Received<'link.closed'>) => {},
    stepDown: (_, _cause: { cause: string }) => {},
    startTransfer: (_, _request: Received<'transfer.requested'>) => {},
    refuseTransfer: (_, _request: Received<'transfer.requested'>) => {},
    refuseForNow: (_, _request: Received<'transfer.requested'>) => {},
    settleTarget: (_, _held: Received<'peer.progressed'>) => {},
    joinTransfer: (_, _request: Received<'transfer.requested'>) => {},
    notePassedAhead: (_, _passed: Received<'proposals.gathered'>) => {},
    offerLead: () => {},
    followTarget: () => {},
    voteForTarget: () => {},
    giveUpTransfer: () => {},
  },
  delays: {
    electionTimeout: 450,
    electionTimeoutMinimum: 300,
    electionTimeoutRest: 150,
    leaderlessTimeout: 450,
    suspicionDelay: 25,
    heartbeatInterval: 50,
    quorumCheckInterval: 600,
    transferTimeout: 600,
  },
}).createMachine({
  id: 'raft',
  description:
    'The role of one node in its term. Before a message of a newer term the ingress says term.observed.',
  meta: { rules: ['EL2', 'LR19'] },
  context: ({ input }) =>
    input ??
    ({
      id: 'n1',
      configuration: THREE,
      configurations: [{ index: 0, configuration: THREE, addresses: {}, removed: [] }],
      timing: {
        electionTimeoutMinMs: 300,
        electionTimeoutMaxMs: 600,
        heartbeatIntervalMs: 50,
        suspicionStepMs: 25,
      },
      protocol: { preVote: true, checkQuorum: true },
      ...{ term: 0, votedFor: null, leaderId: null, granted: [], preVoteRound: 0, passedAhead: 0 },
      log: { base: { term: 0, index: 0 }, lastIndex: 0, termRuns: [] },
      ...{ durableIndex: 0, commitIndex: 0, matchIndex: {}, termStartIndex: 0, heardFrom: [] },
      ...{ round: 0, roundEchoed: {}, pendingRounds: [], leaving: [] },
      ...{ transferTarget: null, transferNamed: null },
    } as unknown as RaftState),
  initial: 'follower',
  entry: 'takeStanding',
  on: {
    'term.observed': {
      description:
        'From the ingress (src/rules/ingress.ts), just before a message of a newer term.',
      target: '.follower',
      actions: { type: 'observeTerm', params: event },
      meta: { rules: ['EL2', 'PS3'] },
    },
    'preVote.requested': {
      actions: { type: 'grantPreVoteIfUpToDate', params: event },
      meta: { rules: ['EL6'] },
    },
    'vote.requested': [
      {
        guard: { type: 'mayGrantVote', params: event },
        target: '.follower',
        actions: { type: 'grantVote', params: event },
        meta: { rules: ['EL3', 'PS1'] },
      },
      { actions: { type: 'refuseVote', params: event } },
    ],
    'entries.received': {
      target: '.follower.loyal',
      actions: { type: 'acceptEntries', params: event },
    },
    'disk.durable': { actions: { type: 'noteDurable', params: event }, meta: { rules: ['PS5'] } },
    'compaction.requested': { actions: { type: 'compactLog', params: event } },
    'snapshot.received': {
      actions: { type: 'installSnapshot', params: event },
      meta: { rules: ['IS2'] },
    },
    'preVote.answered': {},
    'vote.answered': {},
    'proposals.gathered': {},
    'peer.progressed': {},
    'round.requested': {},
    'transfer.requested': { actions: { type: 'refuseForNow', params: event } },
    'timeoutNow.received': {},
    'lead.offered': {},
    'disk.stalled': {},
    'link.opened': {},
    'link.closed': {},
    'configuration.proposed': {},
    'members.changed': {},
    'farewell.over': {},
    promoted: {},
    demoted: {
      description: 'Whatever it was about to do, it votes in no configuration that counts.',
      target: '.learner',
      actions: { type: 'stepDown', params: { cause: 'votes in no configuration' } },
      meta: { rules: ['MC7'] },
    },
  },
  states: {
    follower: {
      description: 'Answers others and takes entries from the leader.',
      meta: { rules: ['LR2', 'LR3', 'CM3', 'PS10', 'LT3'] },
      initial: 'leaderless',
      on: {
        'timeoutNow.received': {
          guard: { type: 'mayTakeOver', params: event },
          target: 'candidate',
          actions: 'takeOver',
        },
        'vote.answered': {
          description: 'Its leader has voted for it unasked, before the call to campaign is here.',
          guard: { type: 'isNamedByVote', params: event },
          target: 'candidate',
          actions: ['takeOver', { type: 'countVote', params: event }],
          meta: { rules: ['LT8'] },
        },
      },
      states: {
        leaderless: {
          description: 'Knows no leader of this term. A sole voter waits for none.',
          meta: { rules: ['EL12', 'EL19'] },
          after: { leaderlessTimeout: { target: '#raft.preCandidate' } },
          on: { 'term.observed': { actions: { type: 'observeTerm', params: event } } },
        },
        loyal: {
          description:
            'Has just heard its leader: votes for nobody; the ingress keeps candidates of newer terms out.',
          meta: { rules: ['EL13'] },
          tags: 'loyal',
          after: { electionTimeoutMinimum: { target: 'doubtful' } },
          on: {
            'entries.received': {
              target: 'loyal',
              reenter: true,
              actions: { type: 'acceptEntries', params: event },
            },
            'preVote.requested': { actions: { type: 'refusePreVote', params: event } },
            'vote.requested': { actions: { type: 'refuseVote', params: event } },
            'link.closed': { guard: { type: 'isLeaderLink', params: event }, target: 'suspicious' },
            demoted: { target: '#raft.learner.loyal', actions: 'announceStanding' },
          },
        },
        doubtful: {
          description: 'The leader has been silent for the shortest election timeout.',
          meta: { rules: ['EL12'] },
          after: { electionTimeoutRest: { target: '#raft.preCandidate' } },
          on: {
            'link.closed': { guard: { type: 'isLeaderLink', params: event }, target: 'suspicious' },
          },
        },
        suspicious: {
          description:
            "The leader's link closed: a hint, not a proof. The first in line asks at once.",
          meta: { rules: ['EL9'] },
          after: { suspicionDelay: { target: '#raft.preCandidate' } },
          on: { 'term.observed': { actions: { type: 'observeTerm', params: event } } },
        },
      },
    },
    learner: {
      description:
        'Votes in no configuration that counts: takes entries, answers who asks for its vote, never campaigns.',
      meta: { rules: ['LR2', 'LR3', 'CM3', 'MC8'] },
      initial: 'leaderless',
      on: {
        'term.observed': { target: '.leaderless', actions: { type: 'observeTerm', params: event } },
        'vote.requested': [
          {
            guard: { type: 'mayGrantVote', params: event },
            target: '.leaderless',
            actions: { type: 'grantVote', params: event },
          },
          { actions: { type: 'refuseVote', params: event } },
        ],
        'entries.received': { target: '.loyal', actions: { type: 'acceptEntries', params: event } },
      },
      states: {
        leaderless: {
          description: 'Knows no leader of this term, and waits for one.',
          meta: { rules: ['MC8'] },
          on: { promoted: { target: '#raft.follower.leaderless', actions: 'announceStanding' } },
        },
        loyal: {
          description: 'Has just heard its leader: votes for nobody, as a follower would.',
          meta: { rules: ['EL13'] },
          tags: 'loyal',
          after: { electionTimeoutMinimum: { target: 'doubtful' } },
          on: {
            'entries.received': {
              target: 'loyal',
              reenter: true,
              actions: { type: 'acceptEntries', params: event },
            },
            'preVote.requested': { actions: { type: 'refusePreVote', params: event } },
            'vote.requested': { actions: { type: 'refuseVote', params: event } },
            'link.closed': { guard: { type: 'isLeaderLink', params: event }, target: 'doubtful' },
            promoted: { target: '#raft.follower.loyal', actions: 'announceStanding' },
          },
        },
        doubtful: {
          description: 'The leader has been silent for the shortest election timeout.',
          meta: { rules: ['MC8'] },
          on: { promoted: { target: '#raft.follower.doubtful', actions: 'announceStanding' } },
        },
      },
    },
    preCandidate: {
      description: 'Asks whether it could win, before it disturbs anyone with a new term.',
      meta: { rules: ['EL7', 'EL8'] },
      entry: [{ type: 'startPreVote', params: { cause: 'no word from a leader' } }, 'answerItself'],
      after: { electionTimeout: { target: 'preCandidate', reenter: true } },
      on: {
        'preVote.answered': [
          {
            guard: { type: 'completesQuorum', params: event },
            target: 'candidate',
            actions: 'startElection',
            meta: { rules: ['EL5', 'EL15'] },
          },
          { actions: { type: 'countPreVote', params: event } },
        ],
      },
    },
    candidate: {
      description: 'In a new term, with its own vote on disk, asks for the votes of the others.',
      meta: { rules: ['EL4', 'EL5', 'PS2'] },
      tags: 'campaigns',
      after: { electionTimeout: { target: 'preCandidate' } },
      on: {
        'proposals.gathered': {
          description: 'Passed on by who has voted for it: its lead begins with them.',
          actions: { type: 'notePassedAhead', params: event },
          meta: { rules: ['LT7'] },
        },
        'vote.answered': [
          {
            guard: { type: 'completesQuorum', params: event },
            target: 'leader',
            actions: { type: 'countVote', params: event },
          },
          { actions: { type: 'countVote', params: event } },
        ],
        'disk.durable': [
          {
            guard: { type: 'completesQuorum', params: event },
            target: 'leader',
            actions: { type: 'countOwnVote', params: event },
          },
          { actions: { type: 'countOwnVote', params: event } },
        ],
      },
    },
    leader: {
      description: 'Orders the log for everyone; the only one of its term.',
      meta: { rules: ['EL11', 'LR4', 'LR9', 'LR14', 'PS4', 'CM1', 'MC5'] },
      tags: ['loyal', 'leads'],
      type: 'parallel',
      entry: ['becomeLeader', 'startReplication'],
      exit: 'stopReplication',
      on: {
        'preVote.requested': { actions: { type: 'refusePreVote', params: event } },
        'vote.requested': { actions: { type: 'refuseVote', params: event } },
        'entries.received': { actions: { type: 'assertSoleLeader', params: event } },
        'proposals.gathered': { actions: { type: 'appendProposals', params: event } },
        'disk.durable': { actions: { type: 'countOwnDisk', params: event } },
        'peer.progressed': { actions: { type: 'recordProgress', params: event } },
        'link.opened': { actions: { type: 'forwardLinkNews', params: event } },
        'link.closed': { actions: { type: 'forwardLinkNews', params: event } },
        'members.changed': { actions: { type: 'followMembers', params: event } },
        'farewell.over': { actions: { type: 'endFarewell', params: event } },
        'disk.stalled': {
          target: '#raft.follower',
          actions: { type: 'stepDown', params: { cause: 'its disk stalls' } },
          meta: { rules: ['PS8'] },
        },
      },
      states: {
        service: {
          description: 'What clients may ask for.',
          meta: { rules: ['RD1'] },
          initial: 'establishing',
          states: {
            establishing: {
              description: 'The no-op of the new term is under way; reads wait for it.',
              meta: { rules: ['LR8'] },
              tags: 'takesProposals',
              on: {
                'disk.durable': {
                  guard: { type: 'commitsInTerm', params: event },
                  target: 'serving',
                  actions: { type: 'countOwnDisk', params: event },
                },
                'peer.progressed': {
                  guard: { type: 'commitsInTerm', params: event },
                  target: 'serving',
                  actions: { type: 'recordProgress', params: event },
                },
              },
            },
            serving: {
              description: 'Its commit index is the newest; reads take one round of heartbeats.',
              meta: { rules: ['LT1', 'RD2'] },
              tags: ['servesReads', 'takesProposals'],
              entry: 'announceEstablished',
              on: {
                'round.requested': { actions: 'beginRound' },
                'configuration.proposed': {
                  guard: { type: 'mayChangeMembers', params: event },
                  actions: { type: 'appendConfiguration', params: event },
                  meta: { rules: ['MC3', 'MC4'] },
                },
                'transfer.requested': [
                  {
                    guard: { type: 'findsReadyTarget', params: event },
                    target: 'transferring.handingOver',
                    actions: { type: 'startTransfer', params: event },
                  },
                  {
                    guard: { type: 'findsTarget', params: event },
                    target: 'transferring',
                    actions: { type: 'startTransfer', params: event },
                  },
                  { actions: { type: 'refuseTransfer', params: event } },
                ],
              },
            },
            transferring: {
              description: 'Takes no proposals until its target leads, or has had its time.',
              meta: { rules: ['LT2', 'LT4'] },
              tags: 'servesReads',
              initial: 'catchingUp',
              after: { transferTimeout: { target: 'serving', actions: 'giveUpTransfer' } },
              on: {
                'proposals.gathered': {},
                'round.requested': { actions: 'beginRound' },
                'transfer.requested': { actions: { type: 'joinTransfer', params: event } },
                'link.closed': {
                  guard: { type: 'isTargetLink', params: event },
                  target: 'serving',
                  actions: [{ type: 'forwardLinkNews', params: event }, 'giveUpTransfer'],
                },
              },
              states: {
                catchingUp: {
                  description: 'Nobody who may be the target holds the whole log yet.',
                  meta: { rules: ['LT1', 'LT2'] },
                  on: {
                    'peer.progressed': {
                      guard: { type: 'readiesTarget', params: event },
                      target: 'handingOver',
                      actions: [
                        { type: 'recordProgress', params: event },
                        { type: 'settleTarget', params: event },
                      ],
                    },
                  },
                },
                handingOver: {
                  description:
                    'Tells the target to campaign, and leads no more: it votes for it unasked.',
                  meta: { rules: ['LT3', 'LT8'] },
                  entry: ['offerLead', 'followTarget'],
                  on: { 'lead.offered': { target: '#raft.follower', actions: 'voteForTarget' } },
                },
              },
            },
          },
        },
        heartbeat: {
          description: 'Keeps the followers loyal.',
          meta: { rules: ['EL12'] },
          initial: 'beating',
          states: {
            beating: {
              description: 'Every interval a message to every peer.',
              meta: { rules: ['EL12'] },
              after: {
                heartbeatInterval: { target: 'beating', reenter: true, actions: 'sendHeartbeats' },
              },
            },
          },
        },
        quorum: {
          description: 'Proves to itself that it still leads.',
          meta: { rules: ['EL10'] },
          initial: 'watching',
          states: {
            watching: {
              description: 'A quorum must answer within each interval.',
              meta: { rules: ['EL10'] },
              after: {
                quorumCheckInterval: [
                  {
                    guard: 'hearsQuorum',
                    target: 'watching',
                    reenter: true,
                    actions: 'forgetContacts',
                  },
                  {
                    target: '#raft.follower',
                    actions: {
                      type: 'stepDown',
                      params: { cause: 'no quorum answered for an election timeout' },
                    },
                  },
                ],
              },
            },
          },
        },
      },
    },
  },
  options: { maxIterations: 100 },
});
