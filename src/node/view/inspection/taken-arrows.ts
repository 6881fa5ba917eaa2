/** Which arrow of which picture a transition of XState is, and which guards were asked before it was taken. */
import type { AnyEventObject, AnyMachineSnapshot, AnyStateMachine, AnyStateNode } from 'xstate';
import {
  arrowId,
  type Branch,
  branchesOf,
  isIgnored,
  nameOf,
  stemOf,
  triggerOf,
  triggerWords,
} from '../../../../machines/arrow-ids.ts';
import { reasonOf } from '../../../../machines/reasons/reasons.ts';
import type { GuardAnswer } from '../../../ports/inspection.ts';

/** As XState hands it to its inspectors. */
export interface Taken extends Branch {
  readonly source: AnyStateNode;
}

export interface Arrow {
  readonly id: string;
  /** The stem of the picture. */
  readonly chart: string;
  /** What set it off, as the picture has it. */
  readonly event: string;
}

const ARROWS = new WeakMap<AnyStateNode, ReadonlyMap<Branch, Arrow>>();

export function chartOf({ id }: AnyStateMachine): string {
  return stemOf(id);
}

/** `null`: what is visibly ignored has no arrow. */
export function arrowOf(taken: Taken): Arrow | null {
  const known = ARROWS.get(taken.source) ?? arrowsFrom(taken.source);
  ARROWS.set(taken.source, known);
  return known.get(taken) ?? null;
}

function arrowsFrom(node: AnyStateNode): ReadonlyMap<Branch, Arrow> {
  const arrows = new Map<Branch, Arrow>();
  const chart = stemOf(node.machine.id);
  for (const group of branchesOf(node)) {
    for (const [position, branch] of group.entries()) {
      const event = triggerWords(triggerOf(branch)) || 'at once';
      const id = arrowId(node, branch, position);
      if (!isIgnored(branch)) arrows.set(branch, { id, chart, event });
    }
  }
  return arrows;
}

/** A branch that has a guard, and the state whose it is. */
interface Candidate {
  readonly node: AnyStateNode;
  readonly branch: Branch;
}

const CANDIDATES = new WeakMap<Branch, readonly Candidate[]>();

/**
 * Guards are pure: asked again, with what the chart knew before, they say the same. Inner states were asked before outer
 * ones, and in vain; then the branches of the state that took it, as far as the one that was taken.
 */
export function guardsAsked(
  before: AnyMachineSnapshot,
  taken: Taken,
  event: AnyEventObject,
): readonly GuardAnswer[] {
  const candidates = CANDIDATES.get(taken) ?? candidatesFor(taken);
  CANDIDATES.set(taken, candidates);
  return candidates
    .filter(({ node }) => node === taken.source || before._nodes.includes(node))
    .map(({ branch }) => answerOf(before, branch, event))
    .filter((answer) => answer !== null);
}

/** Whatever is active: for most transitions there are none. */
function candidatesFor(taken: Taken): readonly Candidate[] {
  const { source } = taken;
  const own = branchesFor(source, taken);
  const inner = statesBelow(source).flatMap((node) =>
    branchesFor(node, taken).map((branch) => ({ node, branch })),
  );
  const asked = own.slice(0, own.indexOf(taken) + 1).map((branch) => ({ node: source, branch }));
  return [...inner, ...asked].filter(({ branch }) => nameOf(branch.guard) !== null);
}

/** Innermost first. */
function statesBelow(node: AnyStateNode): readonly AnyStateNode[] {
  return Object.values(node.states).flatMap((child) => [...statesBelow(child), child]);
}

function branchesFor(node: AnyStateNode, { eventType }: Branch): readonly Branch[] {
  return (eventType === '' ? node.always : node.transitions.get(eventType)) ?? [];
}

function answerOf(
  { context, machine }: AnyMachineSnapshot,
  { guard }: Branch,
  event: AnyEventObject,
): GuardAnswer | null {
  const name = nameOf(guard);
  if (name === null) return null;
  const params = paramsOf(guard, { context, event });
  const ask: unknown = machine.implementations.guards[name];
  const outcome = typeof ask === 'function' && ask({ context, event }, params) === true;
  return [name, outcome, reasonOf(machine.id, name)?.({ context, outcome }, params) ?? ''];
}

function paramsOf(guard: unknown, asked: { context: unknown; event: AnyEventObject }): unknown {
  if (typeof guard !== 'object' || guard === null || !('params' in guard)) return undefined;
  return typeof guard.params === 'function' ? guard.params(asked) : guard.params;
}
