/** What a step of the raft chart means, in words: elections, and who follows whom. */
import type { TransitionRecord } from '../../../src/ports/inspection.ts';
import { roleIn } from '../fold/role-changes.ts';
import type { NodeScene, Scene } from '../fold/scene.ts';
import { milliseconds } from './listed.ts';
import { type Sentence, said } from './said.ts';

export function roleSentence(
  before: Scene,
  record: TransitionRecord,
  after: Scene,
): Sentence | null {
  const [was, is] = [before, after].map((scene) => scene.nodes.get(record.node));
  if (record.from === record.to && !isAskedAgain(record)) return null;
  if (was === undefined || is === undefined) return null;
  switch (roleIn(record.to)) {
    case 'preCandidate':
      return asksForPreVotes(record, was);
    case 'candidate':
      return campaigns(record, is);
    case 'leader':
      return leads(record, is);
    case 'follower':
    case 'learner':
      return follows(record, was, is);
    default:
      return null;
  }
}

function isAskedAgain({ to, event }: TransitionRecord): boolean {
  return to === 'preCandidate' && event.startsWith('after');
}

function asksForPreVotes(record: TransitionRecord, was: NodeScene): Sentence {
  const { node, from, at } = record;
  const why = (): string => {
    if (from === 'preCandidate') return 'got no majority of pre-votes and asks again';
    if (from === 'candidate')
      return 'got no majority of votes in time and asks for pre-votes again';
    if (from.endsWith('suspicious'))
      return 'waited its turn among the survivors and asks for pre-votes';
    return `${silence(was, at)} and asks for pre-votes`;
  };
  return said(node, 'election', `${node} ${why()}.`);
}

function silence({ view, leaderHeardAt }: NodeScene, at: number): string {
  const leader = view?.leader ?? null;
  if (leader === null) return 'heard of no leader';
  if (leaderHeardAt === null) return `heard nothing from ${leader}`;
  return `heard nothing from ${leader} for ${milliseconds(at - leaderHeardAt)}`;
}

function campaigns(record: TransitionRecord, is: NodeScene): Sentence {
  const { node, event } = record;
  const cause =
    event === 'timeoutNow.received'
      ? 'was told to take over'
      : `has a majority of pre-votes${voices(record)}`;
  return said(node, 'election', `${node} ${cause} and asks for votes in term ${termOf(is)}.`);
}

/** ` (2 of 3 granted: n1, n3)`, in the words of the guard that let it through. */
function voices({ guards }: TransitionRecord): string {
  const quorum = guards.find(([name, outcome]) => name === 'completesQuorum' && outcome);
  return quorum === undefined ? '' : ` (${quorum[2]})`;
}

function leads(record: TransitionRecord, is: NodeScene): Sentence | null {
  const { node, from, to } = record;
  const term = termOf(is);
  if (roleIn(from) !== 'leader') {
    return said(node, 'leader', `${node} leads in term ${term}${voices(record)}.`);
  }
  const [was, now] = [from, to].map((state) => /\bleader\.service\.(\w+)/.exec(state)?.[1]);
  if (was === now) return null;
  if (now === 'serving' && was === 'establishing') {
    return said(
      node,
      'leader',
      `${node} has committed its first entry of term ${term} and serves.`,
    );
  }
  if (now === 'serving')
    return said(node, 'leader', `${node} gives the handover up and serves again.`);
  return now === 'transferring'
    ? said(node, 'leader', `${node} prepares to hand leadership over.`)
    : null;
}

function follows(record: TransitionRecord, was: NodeScene, is: NodeScene): Sentence | null {
  const { node, from, to, at, event } = record;
  const leader = is.view?.leader ?? null;
  if (roleIn(from) === 'leader') {
    return said(node, 'leader', `${node} leads no more: ${endOfLead(record, is)}.`);
  }
  if (event === 'vote.requested') return null;
  if (to.endsWith('suspicious')) {
    return said(
      node,
      'election',
      `${node} lost its connection to ${was.view?.leader ?? 'its leader'}, its leader, and is suspicious.`,
    );
  }
  if (to.endsWith('doubtful')) {
    return said(node, 'election', `${node} ${silence(was, at)} and doubts that it leads.`);
  }
  if (to.endsWith('loyal') && !from.endsWith('doubtful') && leader !== null) {
    return said(node, 'follower', `${node} follows ${leader} in term ${termOf(is)}.`);
  }
  if (to.endsWith('loyal'))
    return said(node, 'follower', `${node} hears ${leader ?? 'its leader'} again.`);
  return event === 'term.observed'
    ? said(node, 'election', `${node} hears of term ${termOf(is)} and waits for its leader.`)
    : null;
}

function endOfLead({ event, guards }: TransitionRecord, is: NodeScene): string {
  if (event === 'term.observed') return `it has heard of term ${termOf(is)}`;
  if (event === 'demoted') return 'it is no member any more';
  if (event === 'disk.stalled') return 'its disk stalls';
  const [, , why] = guards.at(-1) ?? [];
  return why ?? 'no quorum answered in time';
}

function termOf({ view }: NodeScene): number {
  return view?.term ?? 0;
}
