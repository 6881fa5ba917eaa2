/**
 * Persist before speak, seen from the wire (S12, S13): whatever a message promises must lie on the disk of its
 * sender at the moment it leaves. What a leader answers to those who pass on commands and reads is held against
 * its log, the disks of a quorum, and what was committed when they asked (S40, S41); a pre-vote against the
 * request (S42).
 */
import { unreachable } from '../../../core/assert.ts';
import type { Configuration } from '../../../core/configuration.ts';
import type {
  AppendEntries,
  AppendEntriesReply,
  Message,
  PreVote,
  PreVoteReply,
  ProposeReply,
  ReadIndexReply,
  RequestVote,
} from '../../../core/message.ts';
import type { RaftState } from '../../../core/raft-state.ts';
import { termAt } from '../../../core/term-runs.ts';
import { type NodeId, term } from '../../../core/types.ts';
import { everyone } from '../../../rules/configurations.ts';
import { isUpToDate } from '../../../rules/election.ts';
import { isQuorum } from '../../../rules/quorum.ts';
import type { SometimesLog } from '../runtime/sometimes.ts';
import type { DurableLog } from './durable-log.ts';
import type { History } from './history.ts';
import type { Report } from './violation.ts';

interface Speaker {
  readonly id: NodeId;
  readonly durable: DurableLog;
  /** What it has in memory; `null` while it starts. */
  readonly raft: RaftState | null;
}

interface Checks {
  readonly history: History;
  readonly durableOf: (id: NodeId) => DurableLog;
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
  const { id } = speaker;
  switch (message.type) {
    case 'PreVote':
      checks.history.notePreVote(id, message.round, message.term);
      return checkCampaign(speaker, message, report);
    case 'RequestVote':
      checkVote(checks, speaker, { term: message.term, votedFor: id });
      noteCandidacy(checks, id, message);
      return checkCampaign(speaker, message, report);
    case 'RequestVoteReply':
      if (message.granted) checkVote(checks, speaker, { term: message.term, votedFor: to });
      else noteRefusal(checks, speaker, { to, term: message.term });
      return checkTerm(speaker, message.term, report);
    case 'AppendEntries':
      noteSent(checks.history, speaker, message);
      return checkTerm(speaker, message.term, report);
    case 'TimeoutNow':
    case 'TransferLeadership':
    case 'TransferLeadershipReply':
    case 'ChangeMembers':
    case 'ChangeMembersReply':
    case 'Propose':
    case 'SnapshotOffer':
    case 'PullChunk':
    case 'SnapshotChunk':
    case 'SnapshotGone':
      return checkTerm(speaker, message.term, report);
    case 'AppendEntriesReply':
      checkTerm(speaker, message.term, report);
      if (checks.history.noteAnswer(id, to, message.result.accepted) > 1) {
        checks.sometimes.note('a probe is refused twice in a row');
      }
      return checkAcceptance(checks, speaker, message);
    case 'PreVoteReply':
      checkTerm(speaker, message.term, report);
      return checkPreVote(checks, speaker, { to, reply: message });
    case 'ProposeReply':
      checkTerm(speaker, message.term, report);
      return checkAppended(checks, speaker, message);
    case 'ReadIndex':
      checks.history.noteReadAsked(id, message.requestId);
      return checkTerm(speaker, message.term, report);
    case 'ReadIndexReply':
      checkTerm(speaker, message.term, report);
      return checkReadIndex(checks, speaker, { to, reply: message });
    case 'Ping':
      // Its term is heard by nobody (TR19).
      return;
    default:
      return unreachable(message);
  }
}

function checkCampaign(
  { durable, id }: Speaker,
  { lastLog }: PreVote | RequestVote,
  report: Report,
): void {
  if (!durable.holds(lastLog)) report('S13', `${id} campaigns with a log not on its disk`);
}

/** A later term on the disk keeps a promise as well: in an earlier one this node never votes again. */
function checkVote(
  { history, report }: Checks,
  { id, durable }: Speaker,
  vote: { readonly term: number; readonly votedFor: NodeId },
): void {
  const known = history.voteOf(id, vote.term);
  if (known === vote.votedFor) return;
  // One write may hold the vote and the next term: the vote is kept by the term, and counts.
  const isKept = known === undefined && durable.hardState.term > vote.term;
  if (isKept) return history.noteVote(id, vote.term, vote.votedFor);
  report(
    'S12',
    `${id} speaks of a vote for ${vote.votedFor} in term ${vote.term}, not on its disk`,
  );
}

function checkTerm({ id, durable }: Speaker, term: number, report: Report): void {
  if (durable.hardState.term < term) report('S12', `${id} speaks in term ${term}, not on its disk`);
}

/** What it vouches for is the leader's own entry, not just any at that place. */
function checkAcceptance(
  { history, report }: Checks,
  { id, durable }: Speaker,
  { result, term: inTerm }: AppendEntriesReply,
): void {
  if (!result.accepted) return;
  const { matchIndex } = result;
  if (durable.lastIndex < matchIndex) {
    return report('S12', `${id} vouches for ${matchIndex}, its disk ends at ${durable.lastIndex}`);
  }
  const log = history.logOf(inTerm);
  const held = durable.at(matchIndex)?.term ?? 0;
  if (log === undefined || matchIndex < log.base.index) return;
  if (termAt(log, matchIndex) === held) return;
  const text = `${id} vouches for ${held}/${matchIndex} to the leader of term ${inTerm}`;
  report('S12', `${text}, who has ${termAt(log, matchIndex)}/${matchIndex}`);
}

function checkPreVote(
  { history, report }: Checks,
  { id }: Speaker,
  { to, reply }: { readonly to: NodeId; readonly reply: PreVoteReply },
): void {
  const asked = history.preVoteOf(to, reply.round);
  if (!reply.granted || asked === undefined || asked > reply.term) return;
  report('S42', `${id}, in term ${reply.term}, grants a pre-vote for term ${asked}`);
}

/** Its own answer, or, if it was deposed meanwhile and has passed the command on, that of the leader of the term. */
function checkAppended(
  { history, report }: Checks,
  { id, raft }: Speaker,
  { firstIndex, term: inTerm }: ProposeReply,
): void {
  if (firstIndex === null || raft === null) return;
  const place = `${inTerm}/${firstIndex}`;
  const leads = raft.term === inTerm && raft.leaderId === id;
  const log = leads ? raft.log : history.logOf(inTerm);
  const held = log === undefined ? null : termAt(log, firstIndex);
  if (log !== undefined && firstIndex < log.base.index) return;
  if (held !== inTerm) report('S40', `${id} says that ${place} was appended: there is ${held}`);
  else if (leads && history.committed(firstIndex)?.term === inTerm) {
    report('S40', `${id} says that it appended ${place}, which was committed before`);
  }
}

/** Its own answer, or, if it was deposed meanwhile and has asked in its turn, that of the newer leader. */
function checkReadIndex(
  { history, durableOf, report }: Checks,
  { id, raft }: Speaker,
  { to, reply }: { readonly to: NodeId; readonly reply: ReadIndexReply },
): void {
  const { readIndex, requestId } = reply;
  if (readIndex === null || raft === null) return;
  const committed = history.readAsked(to, requestId) ?? 0;
  if (readIndex < committed) {
    report('S41', `${id} lets ${to} read at ${readIndex}, which asked after ${committed}`);
  }
  const leads = raft.leaderId === id;
  // Whoever passes an answer on may not know yet who the members are by now.
  if (!leads && history.committed(readIndex) !== undefined) return;
  const own = leads ? termAt(raft.log, readIndex) : null;
  const held = own ?? history.committed(readIndex)?.term;
  const place = { index: readIndex, term: held ?? 0 };
  const holders = everyone(raft).filter((voter) => durableOf(voter).holds(place));
  if (whichMayHaveCommitted(raft, readIndex).some((each) => isQuorum(each, holders))) return;
  report('S41', `${id} lets ${to} read at ${readIndex}, on the disks of ${holders.join(', ')}`);
}

/** A configuration counts from its append on (§4.1): entries before it may have been committed by the one before. */
function whichMayHaveCommitted(
  { configurations }: RaftState,
  at: number,
): readonly Configuration[] {
  const isAfter = (place: number): boolean => (configurations[place]?.index ?? at + 1) > at;
  return configurations
    .filter((_, place) => isAfter(place + 1))
    .map(({ configuration }) => configuration);
}

/** A leader that appends, sends and halts in one step is seen leading that log by nobody but whom it was sent to. */
function noteSent(history: History, { id, raft }: Speaker, { term }: AppendEntries): void {
  if (raft?.term === term && raft.leaderId === id) history.noteLog(term, raft.log);
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
