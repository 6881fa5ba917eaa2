/**
 * The tree of boxes that is laid out: the chart's states, the dots where they begin, the box "in every
 * state", and invisible stacks where an arrangement asks for them. Sizes of leaves come from their text.
 */
import { ARRANGEMENTS, EVERYWHERE } from './arrangements.ts';
import { type BoxText, setBox } from './box.ts';
import type { Plan } from './plan.ts';
import type { ChartState } from './walk.ts';

export interface Block {
  readonly id: string;
  readonly kind: 'leaf' | 'dot' | 'compound' | 'parallel' | 'stack';
  readonly text: BoxText | null;
  readonly children: readonly Block[];
  /** Of a parallel state, if its regions are arranged in columns. */
  readonly columns?: readonly (readonly Block[])[];
}

export const DOT_SIZE = 11;

export function startOf(id: string): string {
  return `${id} start`;
}

export function buildBlocks(plan: Plan): Block {
  return stateBlock(plan.root, plan);
}

export function* blocksOf(block: Block): Generator<Block> {
  yield block;
  for (const child of block.children) yield* blocksOf(child);
}

/** The widest that text may be, in a frame, a container, a leaf. */
const WIDTHS = { frame: 900, container: 590, everywhere: 380, leaf: 214 } as const;

function stateBlock(state: ChartState, plan: Plan): Block {
  const isRoot = state === plan.root;
  const isLeaf = state.states.length === 0;
  const text = setBox({
    heading: { text: state.key, style: isRoot ? 'title' : 'name' },
    description: state.description,
    lines: isRoot ? [] : (plan.lines.get(state.id) ?? []),
    widthMax: isRoot ? WIDTHS.frame : isLeaf ? WIDTHS.leaf : WIDTHS.container,
    columns: isLeaf ? 1 : 2,
  });
  if (isLeaf) return { id: state.id, kind: 'leaf', text, children: [] };
  const states = state.states.map((child) => stateBlock(child, plan));
  const everywhere = isRoot ? everywhereBlock(plan) : [];
  const kind = state.type === 'parallel' ? 'parallel' : 'compound';
  const stacks = stackUp(state, [...everywhere, ...states], plan);
  const isArranged = ARRANGEMENTS[state.id]?.stacks !== undefined;
  if (kind === 'parallel') {
    return { id: state.id, kind, text, children: states, ...(isArranged && { columns: stacks }) };
  }
  return { id: state.id, kind, text, children: withStart(state, stacks.map(asBlock)) };
}

function everywhereBlock(plan: Plan): readonly Block[] {
  const lines = plan.lines.get(plan.everywhere) ?? [];
  const leads = plan.arrows.some(({ from }) => from === plan.everywhere);
  if (lines.length === 0 && !leads) return [];
  const text = setBox({
    heading: { text: EVERYWHERE, style: 'caption' },
    description: 'unless the state says otherwise',
    lines,
    widthMax: WIDTHS.everywhere,
    columns: 1,
  });
  return [{ id: plan.everywhere, kind: 'leaf', text, children: [] }];
}

function stackUp(
  state: ChartState,
  blocks: readonly Block[],
  plan: Plan,
): readonly (readonly Block[])[] {
  const idOf = (name: string): string =>
    name === EVERYWHERE ? plan.everywhere : `${state.id}.${name}`;
  const stacks = (ARRANGEMENTS[state.id]?.stacks ?? []).map((names) => names.map(idOf));
  const stacked = stacks.map((ids) =>
    ids.flatMap((id) => blocks.filter((block) => block.id === id)),
  );
  const alone = blocks.filter(({ id }) => !stacks.flat().includes(id));
  return [...stacked.filter((members) => members.length > 0), ...alone.map((block) => [block])];
}

function asBlock(members: readonly Block[]): Block {
  const [first, ...others] = members;
  if (first !== undefined && others.length === 0) return first;
  const id = `stack of ${members.map((member) => member.id).join(', ')}`;
  return { id, kind: 'stack', text: null, children: members };
}

/** Puts the dot where the state that it points to is. */
function withStart({ id, initial }: ChartState, blocks: readonly Block[]): readonly Block[] {
  if (initial === null) return blocks;
  const dot: Block = { id: startOf(id), kind: 'dot', text: null, children: [] };
  if (blocks.some((block) => block.id === initial)) return [dot, ...blocks];
  return blocks.map((block) =>
    block.children.some((child) => child.id === initial)
      ? { ...block, children: [dot, ...block.children] }
      : block,
  );
}
