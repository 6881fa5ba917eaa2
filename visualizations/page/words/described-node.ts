/** A node in one sentence: the text alternative of its circle, which begins as what is written there. */
import { type NodeScene, shownRole } from '../fold/scene.ts';
import { wordOfRole } from './role-words.ts';
import { silentFor } from './silence.ts';

export function describedNode(node: NodeScene, now: number): string {
  const { id, view, how } = node;
  const role = shownRole(node);
  const why = role === 'dead' || role === 'stopped' ? [how] : [];
  const start = [id, wordOfRole(role), ...(role === 'silent' ? [silentFor(node, now)] : [])].join(
    ' ',
  );
  if (view === null) return [start, ...why].join(', ');
  const following = role === 'follower' && view.leader !== null ? [`follows ${view.leader}`] : [];
  const log = [`log through ${view.lastIndex}`, `committed through ${view.commitIndex}`];
  return [`${start} term ${view.term}`, ...why, ...following, ...log].join(', ');
}
