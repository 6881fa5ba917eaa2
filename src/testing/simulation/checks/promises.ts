/**
 * Persist before speak, seen from the wire (S12, S13): whatever a message promises must lie on the disk of its
 * sender at the moment it leaves.
 */
import type { AppendEntriesReply, Message, RequestVote } from '../../../core/message.ts';
import { type NodeId, term } from '../../../core/types.ts';
import { isUpToDate } from '../../../rules/election.ts';
import type { SometimesLog } from '../sometimes.ts';
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
  readonly sometimes: SometimesLog;
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
      noteCandidacy(checks, id, message);
      if (!durable.holds(message.lastLog)) {
        report('S13', `${id} campaigns with a log not on its disk`);
      }
      return;
    case 'RequestVoteReply':
      if (message.granted) checkVote(checks, speaker, { term: message.term, votedFor: to });
      else noteRefusal(checks, speaker, { to, term: message.term });
      return checkTerm(speaker, message.term, report);
    case 'AppendEntries':
      return checkTerm(speaker, message.term, report);
    case 'AppendEntriesReply':
      checkTerm(speaker, message.term, report);
      if (checks.history.noteAnswer(id, to, message.result.accepted) > 1) {
        checks.sometimes.note('a probe is refused twice in a row');
      }
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

function noteCandidacy(
  { history, sometimes }: Checks,
  id: NodeId,
  { term, lastLog }: RequestVote,
): void {
  if (history.noteCandidate(id, term, lastLog) > 1) sometimes.note('two candidates share a term');
  if (history.isBarren(term - 1) && history.isBarren(term - 2)) {
    sometimes.note('two terms in a row elect nobody');
  }
}

function noteRefusal(
  { history, sometimes }: Checks,
  { durable }: Speaker,
  refused: { readonly to: NodeId; readonly term: number },
): void {
  const asked = history.requestOf(refused.to, refused.term);
  if (asked === undefined || durable.hardState.term !== refused.term) return;
  const own = { index: durable.lastIndex, term: term(durable.lastTerm) };
  if (!isUpToDate(asked, own)) sometimes.note('a vote is refused for an older log');
}
