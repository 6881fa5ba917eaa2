/**
 * What the states and arrows of a chart are called outside of it: in its picture, and in what is told of a running node.
 * Both ask here, so that whoever watches a node can light what its picture shows. It reads the public fields of XState's
 * nodes.
 */
import type { AnyStateNode } from 'xstate';

/** What sets a transition off. `always` is a condition that became true. */
export interface Trigger {
  readonly kind: 'event' | 'after' | 'always' | 'done' | 'error';
  /** The event, the delay, or the actor that ended; empty for `always`. */
  readonly name: string;
}

/** An XState transition, as far as it is read here. */
export interface Branch {
  readonly eventType: string;
  readonly delay?: number | string | undefined;
  readonly guard?: unknown;
  readonly target?: readonly AnyStateNode[] | undefined;
  readonly actions: readonly unknown[];
  readonly meta?: unknown;
}

/** `logWriter` is drawn in `log-writer.svg`, next to its chart in `log-writer.machine.ts`. */
export function stemOf(chartName: string): string {
  return chartName.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);
}

/** The chart that is drawn in `log-writer.svg`: `logWriter`. */
export function chartDrawnIn(stem: string): string {
  return stem.replaceAll(/-[a-z]/g, (dashed) => dashed.slice(1).toUpperCase());
}

/** A chart's name, then the way down its states, whatever ids they give themselves: `raft/follower.loyal`. */
export function stateId({ machine, path }: AnyStateNode): string {
  return [machine.id, path.join('.')].filter((part) => part !== '').join('/');
}

/** `raft/follower.loyal--entries.received--0`: its state, its trigger, its place among the branches of that trigger. */
export function arrowId(node: AnyStateNode, branch: Branch, position: number): string {
  const { kind, name } = triggerOf(branch);
  const trigger = kind === 'event' ? name : name === '' ? kind : `${kind}.${name}`;
  return `${stateId(node)}--${trigger}--${position}`;
}

/** The transitions of a state, those of one trigger together, in the order in which their guards are asked. */
export function branchesOf(node: AnyStateNode): readonly (readonly Branch[])[] {
  return [node.always ?? [], ...node.transitions.values()];
}

const INTERNAL_EVENT = /^xstate\.(done|error)\.(?:state|actor)\.(.+)$/;

export function triggerOf({ eventType, delay }: Branch): Trigger {
  if (delay !== undefined) return { kind: 'after', name: String(delay) };
  if (eventType === '') return { kind: 'always', name: '' };
  const [, kind, name] = INTERNAL_EVENT.exec(eventType) ?? [];
  if (name === undefined) return { kind: 'event', name: eventType };
  return { kind: kind === 'done' ? 'done' : 'error', name };
}

/** As a picture has it; nothing for `always`. */
export function triggerWords({ kind, name }: Trigger): string {
  if (kind === 'after') return `after ${/^\d+$/.test(name) ? `${name} ms` : name}`;
  if (kind === 'done') return `${name} is done`;
  return kind === 'error' ? `${name} fails` : name;
}

/** Answered with nothing, visibly: `heartbeat: {}`. It is no arrow, and a word below the picture. */
export function isIgnored(branch: Branch): boolean {
  const { target, actions } = branch;
  return triggerOf(branch).kind === 'event' && target === undefined && actions.length === 0;
}

/** Guards, actions and actors are referred to by name, alone or with parameters. */
export function nameOf(reference: unknown): string | null {
  if (typeof reference === 'string') return reference;
  if (typeof reference !== 'object' && typeof reference !== 'function') return null;
  if (reference === null || !('type' in reference)) return null;
  return typeof reference.type === 'string' ? reference.type : null;
}
