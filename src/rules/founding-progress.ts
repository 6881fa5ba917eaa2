/**
 * How far a node is with founding by number (FO10): what it has on disk, what it has heard and how often it has asked. All
 * time is counted in times asked: a word that old is forgotten, and a proposal that old is taken back.
 */
import { assert } from '../core/assert.ts';
import type { FoundingState, FoundingWord, Proposal } from '../core/founding.ts';
import { FOUNDERS_HEARD_MAX, FOUNDING_QUESTIONS_MAX } from '../core/limits.ts';
import type { NodeId } from '../core/types.ts';
import { type FoundingWords, nextFoundingState, takenBack } from './founding.ts';

export interface HeardWord {
  readonly word: FoundingWord;
  /** How often this node had asked by then. */
  readonly asked: number;
}

export interface FoundingProgress {
  /** As it is on disk: this may be said. */
  readonly own: FoundingWord;
  /** The last word of each of the others. Bound: `FOUNDERS_HEARD_MAX`; of more, those heard last. */
  readonly heard: readonly HeardWord[];
  readonly asked: number;
  /** How often it had asked when its promise was made or ended. */
  readonly promisedAt: number;
  /** A cluster that runs where others were asked, however it was founded; `null`: none was met. */
  readonly met: string | null;
}

/** FO7: a foundation that this directory is in, but has never promised: its disk is older than what it has said. */
export function checkHeard({ own: { self, state } }: FoundingProgress, heard: FoundingWord): void {
  const { foundation } = heard.state;
  const isOfOwn = foundation?.members.some(
    ({ id, incarnation }) => id === self.id && incarnation === self.incarnation,
  );
  if (foundation === null || !isOfOwn) return;
  const known = state.foundation ?? state.promised;
  assert(isSame(known, foundation), 'FO7: whoever is founded has promised just that');
}

export function heardWord(progress: FoundingProgress, word: FoundingWord): FoundingProgress {
  const { asked, heard } = progress;
  const others = heard.filter((each) => each.word.self.id !== word.self.id);
  return { ...progress, heard: [...others, { word, asked }].slice(-FOUNDERS_HEARD_MAX) };
}

export function askedOnceMore(progress: FoundingProgress): FoundingProgress {
  const asked = progress.asked + 1;
  const heard = progress.heard.filter((each) => asked - each.asked < FOUNDING_QUESTIONS_MAX);
  return { ...progress, asked, heard };
}

export function stored(progress: FoundingProgress, state: FoundingState): FoundingProgress {
  const { asked, own } = progress;
  return { ...progress, own: { ...own, state }, promisedAt: asked };
}

/** `null`: nothing is to be written before more is heard. */
export function nextToStore(progress: FoundingProgress): FoundingState | null {
  const { own } = progress;
  if (isLate(progress)) return null;
  return (
    nextFoundingState(own, wordsOf(progress)) ?? (isOutOfPatience(progress) ? takenBack(own) : null)
  );
}

/** FO4 */
export function isOutOfPatience({ asked, own, promisedAt }: FoundingProgress): boolean {
  return takenBack(own) !== null && asked - promisedAt >= FOUNDING_QUESTIONS_MAX;
}

/** FO8: there is a cluster, and this node is bound to none that may yet be founded. */
export function isLate({ heard, met, own }: FoundingProgress): boolean {
  if (own.state.promised !== null) return false;
  const isFounded = heard.some(
    ({ word }) => word.cluster === own.cluster && word.state.foundation !== null,
  );
  return isFounded || met !== null;
}

type FoundingStanding = 'free' | 'proposing' | 'promised' | 'founded';

export function standingOf({ self, state }: FoundingWord): FoundingStanding {
  const { foundation, promised } = state;
  if (foundation !== null) return 'founded';
  if (promised === null) return 'free';
  const { founder } = promised;
  const isOwn = founder.id === self.id && founder.incarnation === self.incarnation;
  return isOwn ? 'proposing' : 'promised';
}

function wordsOf({ heard }: FoundingProgress): FoundingWords {
  return new Map<NodeId, FoundingWord>(heard.map(({ word }) => [word.self.id, word]));
}

function isSame(one: Proposal | null, other: Proposal): boolean {
  if (one === null || one.round !== other.round) return false;
  const { founder } = one;
  return founder.id === other.founder.id && founder.incarnation === other.founder.incarnation;
}
