/**
 * The gate in front of the raft chart. A statechart lets a child's transition shadow its parent's rule for
 * the same event, so "a newer term makes me a follower" cannot live beside the other rules of a
 * message: terms are normalised here, before the chart sees the message (EL2, PS3).
 */

import { unreachable } from '../core/assert.ts';
import { TERM_LEAD_MAX } from '../core/limits.ts';
import type { Message } from '../core/message.ts';
import type { RaftState } from '../core/raft-state.ts';
import type { Term } from '../core/types.ts';

interface Standing extends Pick<RaftState, 'term' | 'protocol'> {
  /** Has a live leader, or is one: refuses to help depose it (EL13, §4.2.3). */
  readonly isLoyal: boolean;
  readonly leads: boolean;
}

export type Admission =
  /** Says nothing that still matters. */
  | { readonly type: 'drop' }
  /** Hand it to its receiver; observe `newerTerm` first unless it is null. */
  | { readonly type: 'deliver'; readonly newerTerm: Term | null }
  /** Only its term matters. */
  | { readonly type: 'observe'; readonly newerTerm: Term }
  /** A deposed leader speaks: tell it the newer term (A18). */
  | { readonly type: 'refuseStale' };

const DROP: Admission = { type: 'drop' };
const DELIVER: Admission = { type: 'deliver', newerTerm: null };

/** EL16: what is too far ahead to be true is not heard at all. EL15: loyalty goes with the check of the quorum. */
export function admit(standing: Standing, message: Message): Admission {
  const { term, protocol, isLoyal } = standing;
  if (message.term - term > TERM_LEAD_MAX) return DROP;
  const isNewer = message.term > term;
  if (isNewer && isBound(standing)) {
    const heard = heardWhileBound(message);
    if (heard !== 'whole') return heard === 'withoutItsTerm' ? DELIVER : DROP;
  }
  const isOlder = message.term < term;
  switch (message.type) {
    case 'Ping':
      return DROP;
    case 'PreVote':
      return DELIVER;
    case 'RequestVote':
      if (!isNewer) return DELIVER;
      // A leader that hands over is not deposed: its followers heed the candidate that it names (§4.2.3).
      if (isLoyal && protocol.checkQuorum && !message.transfer) return DROP;
      return { type: 'deliver', newerTerm: message.term };
    case 'AppendEntries':
      if (isOlder) return { type: 'refuseStale' };
      return isNewer ? { type: 'deliver', newerTerm: message.term } : DELIVER;
    case 'PreVoteReply':
    case 'Propose':
    case 'ReadIndex':
    case 'ProposeReply':
    case 'ReadIndexReply':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
      return isNewer ? { type: 'deliver', newerTerm: message.term } : DELIVER;
    case 'PullChunk':
    case 'SnapshotChunk':
    case 'SnapshotGone':
      // They belong on a connection of their own, and mean nothing here.
      return DROP;
    case 'SnapshotOffer':
    case 'TimeoutNow':
      if (isOlder) return DROP;
      return isNewer ? { type: 'deliver', newerTerm: message.term } : DELIVER;
    case 'RequestVoteReply':
      // Not asked for in a term that has yet to come: its leader hands over (LT8), and what it does then begins that term.
      if (isNewer && message.granted) return DELIVER;
      if (isNewer) return { type: 'observe', newerTerm: message.term };
      return isOlder ? DROP : DELIVER;
    case 'AppendEntriesReply':
      if (isNewer) return { type: 'observe', newerTerm: message.term };
      return isOlder ? DROP : DELIVER;
    default:
      return unreachable(message);
  }
}

/** RD7: its leader may count on it for as long as it is loyal, so that nobody else talks it into a newer term. */
function isBound({ protocol, isLoyal, leads }: Standing): boolean {
  return protocol.leaseReads === true && isLoyal && !leads;
}

/**
 * How much of a message of a newer term counts for whoever is bound.
 *
 * Safety (§4.2.3, §6.4.1): what members ask and answer for their callers wants no vote and claims no lead; without its term it
 * changes neither the term nor the loyalty of who hears it (EL13, RD7), so that no lease that counts on these ends early (S29).
 * What it says holds in every term: an entry is awaited by its index and its own term, an index that a read has to see was
 * confirmed by the leader that names it, a change of members is committed. A question of a newer term is refused, since
 * nobody leads in a term other than its own. Unheard, the answer of a leader that was deposed left its callers to their deadlines.
 */
function heardWhileBound(message: Message): 'whole' | 'withoutItsTerm' | 'not' {
  switch (message.type) {
    // A quorum has elected the leader of the newer term, or is about to, since its own leader hands over.
    case 'AppendEntries':
    case 'SnapshotOffer':
    case 'TimeoutNow':
    case 'PreVote':
      return 'whole';
    case 'RequestVote':
      return message.transfer ? 'whole' : 'not';
    case 'RequestVoteReply':
      return message.granted ? 'whole' : 'not';
    case 'Propose':
    case 'ProposeReply':
    case 'ReadIndex':
    case 'ReadIndexReply':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
      return 'withoutItsTerm';
    case 'Ping':
    case 'PreVoteReply':
    case 'AppendEntriesReply':
    case 'PullChunk':
    case 'SnapshotChunk':
    case 'SnapshotGone':
      return 'not';
    default:
      return unreachable(message);
  }
}
