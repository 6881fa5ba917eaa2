/** What the raft chart hears. Terms are normalised before: `term.observed` precedes a newer message. */
import type { Membership, MembershipAt } from '../src/core/configuration.ts';
import type { HardState } from '../src/core/hard-state.ts';
import type { EntrySpan, LogBase } from '../src/core/log-shape.ts';
import type {
  AppendEntries,
  PreVote,
  PreVoteReply,
  RequestVote,
  RequestVoteReply,
  TimeoutNow,
} from '../src/core/message.ts';
import type { EntryId, Index, NodeId, Term } from '../src/core/types.ts';

export type RaftEvent =
  | { readonly type: 'term.observed'; readonly term: Term }
  | { readonly type: 'preVote.requested'; readonly from: NodeId; readonly message: PreVote }
  | { readonly type: 'preVote.answered'; readonly from: NodeId; readonly message: PreVoteReply }
  | { readonly type: 'vote.requested'; readonly from: NodeId; readonly message: RequestVote }
  | { readonly type: 'vote.answered'; readonly from: NodeId; readonly message: RequestVoteReply }
  | {
      readonly type: 'entries.received';
      readonly from: NodeId;
      readonly message: AppendEntries;
      /** The runs beside the message, in order, without their payloads. */
      readonly spans: readonly EntrySpan[];
    }
  | { readonly type: 'proposals.gathered'; readonly count: number }
  | {
      /** Everything persisted so far, up to a point, is on disk: this hard state and this last entry. */
      readonly type: 'disk.durable';
      readonly hardState: HardState;
      readonly entry: EntryId;
    }
  | { readonly type: 'disk.stalled' }
  /** A snapshot on disk holds what the log does through this entry, and more. */
  | ({ readonly type: 'compaction.requested' } & LogBase)
  /** A snapshot of another member is on disk, whole. */
  | {
      readonly type: 'snapshot.received';
      readonly lastEntry: EntryId;
      readonly membership: MembershipAt;
    }
  | {
      readonly type: 'peer.progressed';
      readonly peer: NodeId;
      readonly matchIndex: Index;
      readonly round: number;
    }
  | { readonly type: 'round.requested' }
  | {
      readonly type: 'transfer.requested';
      /** `null`: whoever is fittest. */
      readonly to: NodeId | null;
      /** Peers whose links are open. */
      readonly connected: readonly NodeId[];
    }
  /** From itself: its target has been told to campaign. */
  | { readonly type: 'lead.offered' }
  | { readonly type: 'timeoutNow.received'; readonly from: NodeId; readonly message: TimeoutNow }
  /** A step of a change of membership (§4.3): the next configuration. */
  | { readonly type: 'configuration.proposed'; readonly membership: Membership }
  /** From itself: other members count now, or may count again. */
  | {
      readonly type: 'members.changed';
      readonly come: readonly NodeId[];
      readonly gone: readonly NodeId[];
    }
  /** From itself, a while later: whoever has gone is told nothing more. */
  | { readonly type: 'farewell.over'; readonly gone: readonly NodeId[] }
  /** From itself: it votes in a configuration that counts, or in none any more (MC5). */
  | { readonly type: 'promoted' }
  | { readonly type: 'demoted' }
  | { readonly type: 'link.opened'; readonly peer: NodeId }
  | { readonly type: 'link.closed'; readonly peer: NodeId };

/** Each may be the one that a campaign still lacked: a pre-vote, a vote, the own vote on disk. */
export type RaftGrant = Extract<
  RaftEvent,
  { readonly type: 'preVote.answered' | 'vote.answered' | 'disk.durable' }
>;

/**
 * `loyal`: has a live leader, or is one, and so refuses to help depose it (§4.2.3). `takesProposals`: leads, and is not
 * handing over. `campaigns`: may lead soon, and holds what it is passed until then.
 */
export type RaftTag = 'campaigns' | 'loyal' | 'leads' | 'servesReads' | 'takesProposals';
