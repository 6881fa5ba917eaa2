/**
 * A message of a peer, from the wire to the chart: terms are normalised first (`src/rules/ingress.ts`), then
 * each message becomes one event of the actor that it is for.
 */
import { assert, unreachable } from '../core/assert.ts';
import type { EntryRun } from '../core/entry-run.ts';
import type { AppendEntriesReply, Message } from '../core/message.ts';
import type { NodeId } from '../core/types.ts';
import { admit } from '../rules/ingress.ts';
import { refuseStaleEntries } from '../rules/log-matching.ts';
import type { Parts } from './parts.ts';
import { raftOf } from './surroundings.ts';

export function receive(
  parts: Parts,
  from: NodeId,
  message: Message,
  runs: readonly EntryRun[],
): void {
  const { actors, disk } = parts;
  if (actors.raft === null) return;
  const { term, protocol } = raftOf(parts);
  const standing = { term, isLoyal: protocol.checkQuorum && actors.hasTag('loyal') };
  const admission = admit(standing, message);
  switch (admission.type) {
    case 'drop':
      return;
    case 'refuseStale':
      assert(message.type === 'AppendEntries', 'PS3: only entries are refused as stale');
      for (const effect of refuseStaleEntries(raftOf(parts), from, message).effects) {
        if (effect.type === 'send') disk.sendWhenDurable(effect);
      }
      return;
    case 'observe':
      return actors.tellRaft({ type: 'term.observed', term: admission.newerTerm });
    case 'deliver': {
      const { newerTerm } = admission;
      if (newerTerm !== null) actors.tellRaft({ type: 'term.observed', term: newerTerm });
      const judgedIn = newerTerm ?? term;
      // Early messages of a new link come many at once: one behind this may have brought a newer term meanwhile.
      return parts.run(() =>
        actors.raft?.term === judgedIn
          ? deliver(parts, from, message, runs)
          : receive(parts, from, message, runs),
      );
    }
    default:
      return unreachable(admission);
  }
}

function deliver(parts: Parts, from: NodeId, message: Message, runs: readonly EntryRun[]): void {
  const { actors, clients } = parts;
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
      parts.hand.runs = runs;
      return actors.tellRaft({ type: 'entries.received', from, message, spans: runs });
    case 'AppendEntriesReply':
      return deliverAnswer(parts, from, message);
    case 'Propose':
      return clients.proposedBy(from, message, runs);
    case 'ProposeReply':
      return clients.forwardAnswered(message);
    case 'ReadIndex':
      return clients.readAskedBy(from, message);
    case 'ReadIndexReply':
      return clients.readAnswered(message);
    default:
      return unreachable(message);
  }
}

function deliverAnswer(parts: Parts, from: NodeId, reply: AppendEntriesReply): void {
  const { prevIndex, round, result } = reply;
  const { actors } = parts;
  if (result.accepted) {
    const { matchIndex } = result;
    return actors.tellReplication(from, { type: 'append.accepted', matchIndex, round });
  }
  const { log } = raftOf(parts);
  const rejection = result;
  actors.tellReplication(from, { type: 'append.rejected', prevIndex, round, rejection, log });
}
