/**
 * Who founds a cluster where so many nodes start and none is told who goes first (FO1–FO9; the dissertation begins with a
 * configuration). A node has one durable promise at most; the founder, the lowest of a set of exactly as many as are
 * expected, writes the foundation once all of them have promised it theirs. It says what a node writes next, from what it
 * has on disk and what it has heard; how nodes find and ask each other, and what Raft makes of a foundation, it does not.
 */
import { assert } from '../core/assert.ts';
import type {
  Founder,
  FoundingMember,
  FoundingState,
  FoundingWord,
  Proposal,
} from '../core/founding.ts';
import type { NodeId } from '../core/types.ts';

/** The last word of each of the others, by id. */
export type FoundingWords = ReadonlyMap<NodeId, FoundingWord>;

/** What is to be written next; `null`: nothing, before more is heard. */
export function nextFoundingState(own: FoundingWord, heard: FoundingWords): FoundingState | null {
  if (own.state.foundation !== null) return null;
  const words = [...heard.values()].filter((word) => isOfSameCluster(word, own));
  return (
    taken(own, words) ??
    founded(own, words) ??
    released(own, words) ??
    withdrawn(own, words) ??
    (isFoundedElsewhere(words) ? null : (promised(own, words) ?? proposed(own, words)))
  );
}

/** FO4: a founder may take its proposal back whenever it likes, as where a member stays silent, but not once it has founded. */
export function takenBack({ self, state }: FoundingWord): FoundingState | null {
  if (state.foundation !== null || !isFounder(self, state.promised)) return null;
  return { ...state, round: state.round + 1, promised: null };
}

/** FO7: whoever is in a foundation takes it, from whichever member has it. */
function taken(
  { self, state }: FoundingWord,
  words: readonly FoundingWord[],
): FoundingState | null {
  const told = words.map((word) => word.state.foundation);
  const foundation = told.find((each) => each !== null && isAmong(self, each)) ?? null;
  if (foundation === null) return null;
  assert(isSame(state.promised, foundation), 'FO7: whoever is founded has promised just that');
  return { ...state, foundation };
}

/** FO6: once every member has promised this very proposal. None of them can have been released since: only this node could. */
function founded(
  { self, state }: FoundingWord,
  words: readonly FoundingWord[],
): FoundingState | null {
  const { promised: proposal } = state;
  if (proposal === null || !isFounder(self, proposal)) return null;
  const hasPromised = (member: FoundingMember): boolean =>
    words.some((word) => isThe(member, word.self) && isSame(word.state.promised, proposal));
  const others = proposal.members.filter((member) => !isThe(self, member));
  return others.every(hasPromised) ? { ...state, foundation: proposal } : null;
}

/** FO5: a promise ends only by a word of the founder itself, from after it has taken the proposal back. */
function released(
  { self, state }: FoundingWord,
  words: readonly FoundingWord[],
): FoundingState | null {
  const { promised: proposal } = state;
  if (proposal === null || isFounder(self, proposal)) return null;
  const word = words.find((each) => isThe(each.self, proposal.founder));
  const isOver = word !== undefined && word.state.round > proposal.round;
  return isOver ? { ...state, promised: null } : null;
}

/** FO4: a founder gives way to a lower one that wants one of its members, and where a member is lost or founded elsewhere. */
function withdrawn(own: FoundingWord, words: readonly FoundingWord[]): FoundingState | null {
  const { promised: proposal } = own.state;
  if (proposal === null || !isFounder(own.self, proposal)) return null;
  const isVain = words.some(({ self, state }) => {
    const member = proposal.members.find(({ id }) => id === self.id);
    return member !== undefined && (!isThe(member, self) || state.foundation !== null);
  });
  const isLower = words.some(
    ({ self, state }) =>
      self.id < own.self.id &&
      isFounder(self, state.promised) &&
      state.promised?.members.some((member) => isAmong(member, proposal)),
  );
  return isVain || isLower ? takenBack(own) : null;
}

/** FO8 */
function isFoundedElsewhere(words: readonly FoundingWord[]): boolean {
  return words.some(({ state }) => state.foundation !== null);
}

/** FO3: to the lowest founder that asks for this very directory. */
function promised(own: FoundingWord, words: readonly FoundingWord[]): FoundingState | null {
  if (own.state.promised !== null) return null;
  const [lowest] = words.filter((word) => isAsking(own, word)).sort(byId);
  return lowest === undefined ? null : { ...own.state, promised: lowest.state.promised };
}

function isAsking({ expected, self }: FoundingWord, { self: other, state }: FoundingWord): boolean {
  const { promised: proposal } = state;
  if (proposal === null || !isFounder(other, proposal)) return false;
  const { members } = proposal;
  const isLowest = members.every(({ id }) => other.id <= id);
  return members.length === expected && isLowest && isAmong(self, proposal);
}

/** FO2: the lowest of as many free nodes as are expected proposes these and no others. */
function proposed(own: FoundingWord, words: readonly FoundingWord[]): FoundingState | null {
  const { expected, self, state } = own;
  if (state.promised !== null) return null;
  const free = words.filter((word) => word.state.promised === null);
  const members = [own, ...free]
    .sort(byId)
    .slice(0, expected)
    .map((word) => word.self);
  if (members.length < expected || members[0] !== self) return null;
  const round = state.round + 1;
  const founder = { id: self.id, incarnation: self.incarnation };
  return { ...state, round, promised: { founder, round, members } };
}

function isOfSameCluster(word: FoundingWord, own: FoundingWord): boolean {
  const isSameName = word.cluster === own.cluster && word.self.id !== own.self.id;
  return isSameName && word.expected === own.expected;
}

function isThe(one: Founder, other: Founder): boolean {
  return one.id === other.id && one.incarnation === other.incarnation;
}

function isFounder(node: Founder, proposal: Proposal | null): boolean {
  return proposal !== null && isThe(node, proposal.founder);
}

function isAmong(node: Founder, { members }: Proposal): boolean {
  return members.some((member) => isThe(node, member));
}

function isSame(one: Proposal | null, other: Proposal): boolean {
  return one !== null && isThe(one.founder, other.founder) && one.round === other.round;
}

function byId(one: FoundingWord, other: FoundingWord): number {
  return one.self.id < other.self.id ? -1 : 1;
}
