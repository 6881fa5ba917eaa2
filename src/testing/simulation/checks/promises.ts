/**
 * Persist before speak, seen from the wire (S12, S13): whatever a message promises must lie on the disk of its
 * sender at the moment it leaves.
 */
import type { AppendEntriesReply, Message } from '../../../core/message.ts';
import type { NodeId } from '../../../core/types.ts';
import type { DurableLog } from './durable-log.ts';
import type { History } from './history.ts';
import type { Report } from './violation.ts';

export interface Speaker {
  readonly id: NodeId;
  readonly durable: DurableLog;
}

interface Checks {
  readonly history: History;
  readonly report: Report;
}

export function checkPromise(
  checks: Checks,
  speaker: Speaker,
  said: { readonly to: NodeId; readonly message: Message },
): void {
  const { report } = checks;
  const { message, to } = said;
  const { id, durable } = speaker;
  switch (message.type) {
    case 'PreVote':
      if (!durable.holds(message.lastLog))
        report('S13', `${id} campaigns with a log not on its disk`);
      return;
    case 'RequestVote':
      checkVote(checks, speaker, { term: message.term, votedFor: id });
      if (!durable.holds(message.lastLog)) {
        report('S13', `${id} campaigns with a log not on its disk`);
      }
      return;
    case 'RequestVoteReply':
      if (message.granted) checkVote(checks, speaker, { term: message.term, votedFor: to });
      return checkTerm(speaker, message.term, report);
    case 'AppendEntries':
      return checkTerm(speaker, message.term, report);
    case 'AppendEntriesReply':
      checkTerm(speaker, message.term, report);
      return checkAcceptance(speaker, message, report);
    default:
      return;
  }
}

/** A later term on the disk keeps a promise as well: in an earlier one this node never votes again. */
function checkVote(
  { history, report }: Checks,
  { id, durable }: Speaker,
  vote: { readonly term: number; readonly votedFor: NodeId },
): void {
  const known = history.voteOf(id, vote.term);
  const isKept = known === undefined && durable.hardState.term > vote.term;
  if (known === vote.votedFor || isKept) return;
  report(
    'S12',
    `${id} speaks of a vote for ${vote.votedFor} in term ${vote.term}, not on its disk`,
  );
}

function checkTerm({ id, durable }: Speaker, term: number, report: Report): void {
  if (durable.hardState.term < term) report('S12', `${id} speaks in term ${term}, not on its disk`);
}

function checkAcceptance(
  { id, durable }: Speaker,
  { result }: AppendEntriesReply,
  report: Report,
): void {
  if (result.accepted && durable.lastIndex < result.matchIndex) {
    report('S12', `${id} vouches for ${result.matchIndex}, its disk ends at ${durable.lastIndex}`);
  }
}
