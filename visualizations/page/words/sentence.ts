/**
 * The story in sentences: what one record means to an onlooker, if it means anything. Pure: from the scene before, the
 * record, and the scene after.
 */
import { unreachable } from '../../../src/core/assert.ts';
import type { MessageRecord, ViewRecord } from '../../../src/ports/inspection.ts';
import type { Scene } from '../fold/scene.ts';
import type { NoteRecord, PageRecord, PresenceRecord } from '../stream/page-record.ts';
import { commitSentence } from './commit-sentence.ts';
import { listed } from './listed.ts';
import { replicationSentence } from './replication-sentences.ts';
import { roleSentence } from './role-sentences.ts';
import { type Sentence, said } from './said.ts';

export function sentenceOf(before: Scene, record: PageRecord, after: Scene): Sentence | null {
  switch (record.type) {
    case 'transition':
      return record.actor === 'raft'
        ? roleSentence(before, record, after)
        : replicationSentence(record);
    case 'view':
      return viewSentence(before, record, after);
    case 'presence':
      return presenceSentence(before, record);
    case 'sent':
      return sentSentence(record);
    case 'missed':
      return missedSentence(record.node, before, after);
    case 'note':
      return noteSentence(record);
    case 'received':
      return null;
    default:
      return unreachable(record);
  }
}

/** Under load, what changes nothing is only counted: said when the count has one more digit, from four on. */
function missedSentence(node: string, before: Scene, after: Scene): Sentence | null {
  const [was, is] = [before, after].map((scene) => scene.nodes.get(node)?.missed ?? 0);
  if (was === undefined || is === undefined) return null;
  const digits = String(is).length;
  if (digits < 4 || digits === String(was).length) return null;
  return said(
    node,
    'log',
    `${node} does more than can be shown: ${is} records are left out so far.`,
  );
}

/** A vote is granted or refused when it is sent: by then it is on disk. */
function sentSentence({ node, peer, kind, term, granted }: MessageRecord): Sentence | null {
  if (kind === 'RequestVoteReply') {
    return said(
      node,
      'election',
      granted === true
        ? `${node} grants ${peer} its vote in term ${term}.`
        : `${node} refuses ${peer} its vote.`,
    );
  }
  if (kind === 'PreVoteReply' && granted === true) {
    return said(node, 'election', `${node} would vote for ${peer}.`);
  }
  if (kind === 'TimeoutNow') {
    return said(node, 'leader', `${node} hands leadership over to ${peer}: campaign at once.`);
  }
  if (kind === 'SnapshotOffer') {
    return said(
      node,
      'log',
      `${node} offers ${peer} a snapshot: what ${peer} lacks is no longer in the log.`,
    );
  }
  return null;
}

function viewSentence(before: Scene, { node, view }: ViewRecord, after: Scene): Sentence | null {
  const known = before.nodes.get(node)?.view ?? null;
  if (known === null || known.startedAt !== view.startedAt) {
    return said(
      node,
      'follower',
      `${node} runs, with ${wordsOfLog(view.lastIndex)} in term ${view.term}.`,
    );
  }
  if (known.lifecycle !== view.lifecycle && view.lifecycle === 'halted') {
    return said(node, 'fault', `${node} has halted: it answers no one and votes for no one.`);
  }
  const [was, is] = [known, view].map(({ members }) => wordsOfMembers(members));
  if (was !== is) return said(node, 'members', `${node} counts with ${is}.`);
  const [told, now] = [before, after].map((scene) => scene.nodes.get(node)?.told);
  if (view.role !== 'leader' || told === undefined || now === told) return null;
  return commitSentence(node, told.commitIndex, view);
}

function wordsOfLog(lastIndex: number): string {
  if (lastIndex === 0) return 'an empty log';
  return `a log of ${lastIndex} ${lastIndex === 1 ? 'entry' : 'entries'}`;
}

function wordsOfMembers({
  voters,
  votersOutgoing,
  learners,
}: ViewRecord['view']['members']): string {
  const outgoing =
    votersOutgoing.length === 0 ? '' : `, and with the former voters ${listed(votersOutgoing)}`;
  const learning =
    learners.length === 0
      ? ''
      : `; ${listed(learners)} ${learners.length === 1 ? 'learns' : 'learn'}`;
  return `the voters ${listed(voters)}${outgoing}${learning}`;
}

function presenceSentence(
  before: Scene,
  { node, how, presence, isByHand }: PresenceRecord,
): Sentence | null {
  const known = before.nodes.get(node);
  if (known?.presence === presence && known.how === how) return null;
  if (presence === 'running' && (known === undefined || known.how === '')) return null;
  const kind = presence === 'running' ? 'return' : 'fault';
  return said(node, kind, `${node} ${how}${isByHand ? ' by you' : ''}.`);
}

function noteSentence({ node, text, words = text }: NoteRecord): Sentence | null {
  if (words === null) return null;
  return said(node, 'note', node === null ? words : `${node} ${words}`);
}
