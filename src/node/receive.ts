/**
 * A message of a peer, from the wire to the chart: terms are normalised first (`src/rules/ingress.ts`), then
 * each message becomes one event of the actor that it is for.
 */
import { assert, unreachable } from '../core/assert.ts';
import { membershipOf } from '../core/configuration-entry.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { EntrySpan } from '../core/log-shape.ts';
import type { AppendEntriesReply, Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import { admit } from '../rules/ingress.ts';
import { refuseStaleEntries } from '../rules/log-matching.ts';
import type { Parts } from './parts.ts';
import { type Actors, raftOf } from './tree/actors.ts';

type Receivers = Pick<Parts, 'actors' | 'clients' | 'disk' | 'installing' | 'run'>;

export function receive(
  receivers: Receivers,
  from: NodeId,
  message: Message,
  runs: readonly EntryRun[],
): void {
  const { actors, disk, run } = receivers;
  if (actors.raft === null) return;
  const { term, protocol } = raftOf(actors);
  const [isLoyal, leads] = [actors.hasTag('loyal'), actors.hasTag('leads')];
  const admission = admit({ term, protocol, isLoyal, leads }, message);
  switch (admission.type) {
    case 'drop':
      return;
    case 'refuseStale':
      assert(message.type === 'AppendEntries', 'PS3: only entries are refused as stale');
      for (const effect of refuseStaleEntries(raftOf(actors), from, message).effects) {
        disk.sendWhenDurable(effect);
      }
      return;
    case 'observe':
      return actors.tellRaft({ type: 'term.observed', term: admission.newerTerm });
    case 'deliver': {
      const { newerTerm } = admission;
      if (newerTerm !== null) actors.tellRaft({ type: 'term.observed', term: newerTerm });
      return run(() => deliver(receivers, from, message, runs), runs);
    }
    default:
      return unreachable(admission);
  }
}

function deliver(
  receivers: Receivers,
  from: NodeId,
  message: Message,
  runs: readonly EntryRun[],
): void {
  const { actors, clients } = receivers;
  switch (message.type) {
    case 'Ping':
      return;
    case 'PreVote':
      return actors.tellRaft({ type: 'preVote.requested', from, message });
    case 'PreVoteReply':
      return actors.tellRaft({ type: 'preVote.answered', from, message });
    case 'RequestVote':
      return actors.tellRaft({ type: 'vote.requested', from, message });
    case 'RequestVoteReply':
      return actors.tellRaft({ type: 'vote.answered', from, message });
    case 'AppendEntries':
      return actors.tellRaft({ type: 'entries.received', from, message, spans: runs.map(spanOf) });
    case 'AppendEntriesReply':
      return deliverAnswer(actors, from, message);
    case 'Propose':
      return clients.proposedBy(from, message, runs);
    case 'ProposeReply':
      return clients.forwardAnswered(message);
    case 'ReadIndex':
      return clients.readAskedBy(from, message);
    case 'ChangeMembers':
      return clients.changes.askedBy(from, message);
    case 'ChangeMembersReply':
      return clients.changes.answeredBy(message);
    case 'ReadIndexReply':
      return clients.reads.answeredBy(message);
    case 'SnapshotOffer':
      return receivers.installing.offered(from, message, runs);
    case 'PullChunk':
    case 'SnapshotChunk':
    case 'SnapshotGone':
      return;
    case 'TimeoutNow':
      return actors.tellRaft({ type: 'timeoutNow.received', from, message });
    case 'TransferLeadership':
      clients.transfers.askedBy(from, message);
      return clients.schedulePump();
    case 'TransferLeadershipReply':
      return clients.transfers.answeredBy(message);
    default:
      return unreachable(message);
  }
}

function deliverAnswer(actors: Actors, from: NodeId, reply: AppendEntriesReply): void {
  const { prevIndex, round, result } = reply;
  if (result.accepted) {
    const { matchIndex } = result;
    return actors.tellReplication(from, { type: 'append.accepted', matchIndex, round });
  }
  const { log } = raftOf(actors);
  const rejection = result;
  actors.tellReplication(from, { type: 'append.rejected', prevIndex, round, rejection, log });
}

/** Payload never enters a chart, nor what its inspectors see. */
function spanOf(run: EntryRun): EntrySpan {
  const { term, firstIndex, lastIndex } = run;
  const membership = membershipOf(run);
  return membership === null
    ? { term, firstIndex, lastIndex }
    : { term, firstIndex, lastIndex, membership };
}
