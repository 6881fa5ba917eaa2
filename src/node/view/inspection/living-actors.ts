/** The actors of a node that run a chart, and what each of them knows. */
import type { Actor, AnyActorRef, AnyMachineSnapshot, AnyStateMachine } from 'xstate';

export interface Living {
  /** Its `logic` is its chart, bound for this node alone. */
  readonly actor: Actor<AnyStateMachine>;
  readonly snapshot: AnyMachineSnapshot;
}

/** Itself first. What is no chart, such as the opening of the disk, is left out. */
export function livingFrom(root: AnyActorRef): readonly Living[] {
  const snapshot: unknown = root.getSnapshot();
  if (!isOfChart(snapshot) || snapshot.status !== 'active') return [];
  const children: readonly (AnyActorRef | undefined)[] = Object.values(snapshot.children);
  return [
    { actor: root as Actor<AnyStateMachine>, snapshot },
    ...children.flatMap((child) => (child === undefined ? [] : livingFrom(child))),
  ];
}

export function isOfChart(snapshot: unknown): snapshot is AnyMachineSnapshot {
  return typeof snapshot === 'object' && snapshot !== null && 'machine' in snapshot;
}
