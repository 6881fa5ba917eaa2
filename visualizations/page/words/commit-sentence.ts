/** What a leader has committed, in words, and who holds it: those whose votes count, in each configuration (§4.3). */
import type { NodeView } from '../../../src/ports/inspection.ts';
import { type Sentence, said } from './said.ts';

/** `was`: the commit index that was told last. */
export function commitSentence(node: string, was: number, view: NodeView): Sentence | null {
  const { commitIndex, term } = view;
  if (commitIndex <= was) return null;
  const isOne = commitIndex - was === 1;
  const what = isOne ? `Entry ${commitIndex} is` : `Entries ${was + 1} to ${commitIndex} are`;
  const holders = holdersInWords(node, view);
  const held = holders === null ? '' : `: ${holders} hold ${isOne ? 'it' : 'them'}`;
  return said(node, 'log', `${what} committed in term ${term}${held}.`);
}

/**
 * `null`: it was decided by those who voted before the members that are seen now, and these say nothing of it yet. A learner
 * may hold it, and does not count.
 */
function holdersInWords(node: string, view: NodeView): string | null {
  const { voters, votersOutgoing } = view.members;
  const configurations = [voters, votersOutgoing].filter(({ length }) => length > 0);
  const counts = configurations.map((each) => countIn(each, holdersOf(node, view)));
  if (counts.some(({ holders, of }) => 2 * holders <= of)) return null;
  const [now, former] = counts.map(({ holders, of }) => `${holders} of ${of}`);
  if (now === undefined) return null;
  return former === undefined ? `${now} voters` : `${now} voters and ${former} former ones`;
}

function countIn(voters: readonly string[], holders: ReadonlySet<string>) {
  return { holders: voters.filter((id) => holders.has(id)).length, of: voters.length };
}

/** Everyone who has it on disk, as far as the leader knows. */
function holdersOf(
  node: string,
  { commitIndex, durableIndex, peers }: NodeView,
): ReadonlySet<string> {
  const others = peers.filter(({ match }) => (match ?? 0) >= commitIndex).map(({ peer }) => peer);
  return new Set(durableIndex >= commitIndex ? [node, ...others] : others);
}
