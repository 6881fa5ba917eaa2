/**
 * Reads a chart into plain data: states, transitions, actions and the events it ignores, by name. All
 * pictures start from this, so that they agree. It reads the public fields of XState's nodes, not
 * `toDirectedGraph`, which leaves out `always`. It decides nothing about looks.
 */
import type { AnyStateMachine, AnyStateNode } from 'xstate';

/** What sets a transition off. `always` is a condition that became true. */
interface Trigger {
  readonly kind: 'event' | 'after' | 'always' | 'done' | 'error';
  /** The event, the delay, or the actor that ended; empty for `always`. */
  readonly name: string;
}

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
}

/** A state that does nothing, for whoever draws more than a chart has. */
export const PLAIN_STATE = {
  ...{ type: 'atomic', entry: [], exit: [], invokes: [], initial: null, states: [] },
  ...{ transitions: [], ignores: [] },
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
  const transitions = transitionsOf(node);
  const first = node.type === 'compound' ? node.initial.target?.[0] : undefined;
  return {
    id: pathOf(node),
    key: node.key,
    type: node.type,
    description: node.description ?? '',
    entry: actionNames(node.entry),
    exit: actionNames(node.exit),
    invokes: node.invoke.map((invoked) => nameOf(invoked.src) ?? invoked.id),
    initial: first === undefined ? null : pathOf(first),
    states: Object.values(node.states).map(readState),
    transitions: transitions.filter((transition) => !isIgnored(transition)),
    ignores: transitions.filter(isIgnored).map(({ trigger }) => trigger.name),
  };
}

/** An XState transition, as far as it is read here. */
interface RawTransition {
  readonly eventType: string;
  readonly delay?: number | string | undefined;
  readonly guard?: unknown;
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly actions: readonly unknown[];
}

/** Conditions first, then timers, then events. */
function transitionsOf(node: AnyStateNode): readonly ChartTransition[] {
  const groups: readonly (readonly RawTransition[])[] = [...node.transitions.values()];
  const timers = groups.filter(([first]) => first?.delay !== undefined);
  const events = groups.filter(([first]) => first?.delay === undefined);
  return [node.always ?? [], ...timers, ...events].flatMap((group) => readBranches(node, group));
}

function readBranches(
  node: AnyStateNode,
  branches: readonly RawTransition[],
): readonly ChartTransition[] {
  return branches.map((branch, position) => {
    const trigger = readTrigger(branch);
    const [target] = branch.target ?? [];
    return {
      id: `${pathOf(node)}--${idOf(trigger)}--${position}`,
      source: pathOf(node),
      trigger,
      guard: nameOf(branch.guard),
      isElse: position > 0 && nameOf(branch.guard) === null,
      rank: branches.length > 2 ? position + 1 : null,
      target: target === undefined ? null : pathOf(target),
      actions: actionNames(branch.actions),
    };
  });
}

/** A chart's name, then the way down its states, whatever ids they give themselves. */
function pathOf({ machine, path }: AnyStateNode): string {
  return [machine.id, path.join('.')].filter((part) => part !== '').join('/');
}

function idOf({ kind, name }: Trigger): string {
  if (kind === 'event') return name;
  return name === '' ? kind : `${kind}.${name}`;
}

const INTERNAL_EVENT = /^xstate\.(done|error)\.(?:state|actor)\.(.+)$/;

function readTrigger({ eventType, delay }: RawTransition): Trigger {
  if (delay !== undefined) return { kind: 'after', name: String(delay) };
  if (eventType === '') return { kind: 'always', name: '' };
  const [, kind, name] = INTERNAL_EVENT.exec(eventType) ?? [];
  if (name === undefined) return { kind: 'event', name: eventType };
  return { kind: kind === 'done' ? 'done' : 'error', name };
}

function isIgnored({ trigger, target, actions }: ChartTransition): boolean {
  return trigger.kind === 'event' && target === null && actions.length === 0;
}

/** Timers are actions as well, built in and unnamed; they are drawn as `after`. */
function actionNames(actions: readonly unknown[]): readonly string[] {
  return actions
    .flatMap((action) => nameOf(action) ?? [])
    .filter((name) => !name.startsWith('xstate.'));
}

/** Guards, actions and actors are referred to by name, alone or with parameters. */
function nameOf(reference: unknown): string | null {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object' && typeof reference !== 'function') return null;
  if (reference === null || !('type' in reference)) return null;
  return typeof reference.type === 'string' ? reference.type : null;
}
