/** The logs side by side: which entries are shown, and what each of them is to its node. */
import type { NodeView } from '../../../../src/ports/inspection.ts';
import { leadersOf, type NodeScene, type Scene } from '../../fold/scene.ts';

interface LogRow {
  readonly node: NodeScene;
  readonly cells: readonly LogCell[];
}

export interface LogCell {
  readonly index: number;
  /** `null`: it has no such entry, or none that it tells of. */
  readonly term: number | null;
  readonly isCommitted: boolean;
  /** The last of them: the commit line stands behind it. */
  readonly isCommitEnd: boolean;
  readonly isApplied: boolean;
  /** Only in a snapshot. */
  readonly isCompacted: boolean;
  /** Where the leader knows it to be equal, and what it sends next. */
  readonly isMatch: boolean;
  readonly isNext: boolean;
}

/** The newest entries, and room for one more. */
export function shownIndexes(scene: Scene, count: number): readonly number[] {
  const lasts = [...scene.nodes.values()].map(({ view }) => view?.lastIndex ?? 0);
  const last = Math.max(0, ...lasts) + 1;
  const first = Math.max(1, last - count + 1);
  return Array.from({ length: count }, (_, at) => first + at);
}

export function logRows(scene: Scene, indexes: readonly number[]): readonly LogRow[] {
  const [leader] = leadersOf(scene);
  return [...scene.nodes.values()].map((node) => {
    const known = leader?.view?.peers.find(({ peer }) => peer === node.id);
    return { node, cells: indexes.map((index) => cellAt(index, node.view, known ?? null)) };
  });
}

type Known = NodeView['peers'][number] | null;

function cellAt(index: number, view: NodeView | null, known: Known): LogCell {
  const has = view !== null && index <= view.lastIndex;
  return {
    index,
    term: has ? termAt(view, index) : null,
    isCommitted: has && index <= view.commitIndex,
    isCommitEnd: has && index === view.commitIndex,
    isApplied: has && index <= view.lastApplied,
    isCompacted: has && index < view.firstIndex,
    isMatch: known?.match === index,
    isNext: known?.next === index,
  };
}

function termAt({ terms, lastIndex }: NodeView, index: number): number | null {
  if (index > lastIndex) return null;
  return terms.findLast(([first]) => first <= index)?.[1] ?? null;
}
