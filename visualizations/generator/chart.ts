/**
 * Reads a chart into plain data: states, transitions, actions and the events it ignores, by name. All
 * pictures start from this, so that they agree. It reads the public fields of XState's nodes, not
 * `toDirectedGraph`, which leaves out `always`. It decides nothing about looks.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';
import {
  arrowId,
  type Branch,
  branchesOf,
  isIgnored,
  nameOf,
  stateId,
  type Trigger,
  triggerOf,
} from '../../machines/arrow-ids.ts';

export interface ChartTransition {
  /** `raft/follower.loyal--entries.received--0`: its state, its trigger, its place among the branches. */
  readonly id: string;
  readonly source: string;
  readonly trigger: Trigger;
  readonly guard: string | null;
  /** True for the unguarded last branch behind guarded ones. */
  readonly isElse: boolean;
  /** Its place among the branches of one event, from 1, where their order decides; `null` otherwise. */
  readonly rank: number | null;
  /** `null`: the chart acts and stays where it is. */
  readonly target: string | null;
  readonly actions: readonly string[];
  /** Of `docs/SPEC.md`, besides those of its state. */
  readonly rules: readonly string[];
}

export interface ChartState {
  /** `raft/follower.loyal`. */
  readonly id: string;
  readonly key: string;
  readonly type: string;
  readonly description: string;
  readonly entry: readonly string[];
  readonly exit: readonly string[];
  /** Actors that live as long as this state is active. */
  readonly invokes: readonly string[];
  /** The child that is entered first, if one is. */
  readonly initial: string | null;
  readonly states: readonly ChartState[];
  readonly transitions: readonly ChartTransition[];
  /** Events answered with nothing, visibly: `heartbeat: {}`. */
  readonly ignores: readonly string[];
  /** Of `docs/SPEC.md`, that it is there for. */
  readonly rules: readonly string[];
}

/** A state that does nothing, for whoever draws more than a chart has. */
export const PLAIN_STATE = {
  ...{ type: 'atomic', entry: [], exit: [], invokes: [], initial: null, states: [] },
  ...{ transitions: [], ignores: [], rules: [] },
} as const;

export function readChart(machine: AnyStateMachine): ChartState {
  return readState(machine.root);
}

/** The state and all below it, parents first. */
export function* statesOf(state: ChartState): Generator<ChartState> {
  yield state;
  for (const child of state.states) yield* statesOf(child);
}

function readState(node: AnyStateNode): ChartState {
  const groups = groupsOf(node);
  const first = node.type === 'compound' ? node.initial.target?.[0] : undefined;
  return {
    id: stateId(node),
    key: node.key,
    type: node.type,
    description: node.description ?? '',
    entry: actionNames(node.entry),
    exit: actionNames(node.exit),
    invokes: node.invoke.map((invoked) => nameOf(invoked.src) ?? invoked.id),
    initial: first === undefined ? null : stateId(first),
    states: Object.values(node.states).map(readState),
    transitions: groups.flatMap((group) => readBranches(node, group)),
    ignores: groups
      .flat()
      .filter(isIgnored)
      .map((branch) => triggerOf(branch).name),
    rules: rulesIn(node.meta),
  };
}

/** Conditions first, then timers, then events. */
function groupsOf(node: AnyStateNode): readonly (readonly Branch[])[] {
  const isTimer = ([first]: readonly Branch[]): boolean => first?.delay !== undefined;
  const [conditions = [], ...groups] = branchesOf(node);
  return [conditions, ...groups.filter(isTimer), ...groups.filter((group) => !isTimer(group))];
}

function readBranches(node: AnyStateNode, branches: readonly Branch[]): readonly ChartTransition[] {
  return branches.flatMap((branch, position) => {
    if (isIgnored(branch)) return [];
    const [target] = branch.target ?? [];
    return {
      id: arrowId(node, branch, position),
      source: stateId(node),
      trigger: triggerOf(branch),
      guard: nameOf(branch.guard),
      isElse: position > 0 && nameOf(branch.guard) === null,
      rank: branches.length > 2 ? position + 1 : null,
      target: target === undefined ? null : stateId(target),
      actions: actionNames(branch.actions),
      rules: rulesIn(branch.meta),
    };
  });
}

/** Timers are actions as well, built in and unnamed; they are drawn as `after`. */
function actionNames(actions: readonly unknown[]): readonly string[] {
  return actions
    .flatMap((action) => nameOf(action) ?? [])
    .filter((name) => !name.startsWith('xstate.'));
}

/** What a chart says of itself is typed where it says it, and unknown by the time it gets here. */
function rulesIn(meta: unknown): readonly string[] {
  if (!(meta instanceof Object) || !('rules' in meta) || !Array.isArray(meta.rules)) return [];
  return meta.rules.map(String);
}
