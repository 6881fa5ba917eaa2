/** What XState reports of the charts of one node, reduced to what a reader of a play wants to know. */
import type { InspectionEvent } from 'xstate';
import { pathOf } from '../../src/testing/mini-cluster/path-of.ts';

export interface Moved {
  /** `raft`, or `replication:n2`. */
  readonly actor: string;
  /** The event as XState names it. */
  readonly event: string;
  /** The event as the chart names it; a timer by its delay. */
  readonly cause: string;
  /** As `pathOf` writes it. */
  readonly path: string;
  /** As far as this actor knows. */
  readonly commitIndex: number;
}

/**
 * `null`: nothing for the reader. Of the role every microstep counts, for it may pass through a candidacy; of a
 * peer's replication only what it comes to rest in. `reported` is what XState hands to an inspector.
 */
export function movedIn(reported: unknown): Moved | null {
  const event = reported as InspectionEvent;
  if (event.type !== '@xstate.microstep' && event.type !== '@xstate.snapshot') return null;
  const actor = textIn(event.actorRef, 'id');
  const isRole = actor === 'raft';
  if (!isRole && !actor.startsWith('replication:')) return null;
  if (!isRole && event.type === '@xstate.microstep') return null;
  const { snapshot } = event;
  if (snapshot.status !== 'active' || !('value' in snapshot)) return null;
  const { type } = event.event;
  const cause = type.startsWith('xstate.after.') ? (type.split('.')[2] ?? type) : type;
  const path = pathOf(snapshot.value);
  return { actor, event: type, cause, path, commitIndex: commitIndexIn(snapshot) };
}

/** `follower.loyal`, `leader.serving`, `probe`, `replicate, window full`. */
export function labelOf({ actor, path }: Moved): string {
  if (actor === 'raft') return path.replace(/^leader\.service\.([\w.]+)\|.*$/, 'leader.$1');
  if (path === 'probe.postponed') return 'probe, waiting';
  if (path === 'replicate.awaiting.room') return 'replicate, window full';
  return path.replace(/\..*/, '');
}

function commitIndexIn(snapshot: object): number {
  const context: unknown = Reflect.get(snapshot, 'context');
  if (typeof context !== 'object' || context === null) return 0;
  const commitIndex: unknown = Reflect.get(context, 'commitIndex');
  return typeof commitIndex === 'number' ? commitIndex : 0;
}

function textIn(object: object, field: string): string {
  const value: unknown = Reflect.get(object, field);
  return typeof value === 'string' ? value : '';
}
