/**
 * What is known of a cluster at one place of its story: plain data, made from the records before it and from nothing
 * else, so that going back is exact. What of it is drawn, and how, others decide.
 */
import type { MessageRecord, NodeView, TransitionRecord } from '../../../src/ports/inspection.ts';
import type { Presence } from '../stream/page-record.ts';
import { FLIGHT_MS } from './limits.ts';

export interface Scene {
  /** How many records made it. */
  readonly count: number;
  /** Of the newest of them, in milliseconds since 1970; 0 before the first. */
  readonly at: number;
  readonly nodes: ReadonlyMap<string, NodeScene>;
  /** The newest ones; from when each was sent. */
  readonly flights: readonly Flight[];
  /** How long a message is shown under way at least, in milliseconds. */
  readonly flightMs: number;
  /** The node whose role changed last: what most people want to look at. */
  readonly protagonist: string | null;
}

export interface NodeScene {
  readonly id: string;
  readonly presence: Presence;
  /** Why, as a predicate: `was killed`. */
  readonly how: string;
  /** Where it stood when it was heard last. */
  readonly view: NodeView | null;
  readonly actors: ReadonlyMap<string, ActorScene>;
  /** When it told something last. */
  readonly heardAt: number | null;
  /** When it last heard the leader that it follows. */
  readonly leaderHeardAt: number | null;
  /** Records of it that never came. */
  readonly missed: number;
  /** Through where it was told what is committed, and when. */
  readonly told: Told;
}

export interface Told {
  readonly commitIndex: number;
  readonly at: number;
}

export interface ActorScene {
  readonly actor: string;
  readonly chart: string;
  /** The innermost active states, by their paths, joined by spaces. */
  readonly state: string;
  /** The newest transitions that changed its state. */
  readonly steps: readonly TransitionRecord[];
  /** The newest transition of any kind. */
  readonly newest: TransitionRecord | null;
  /** How often it acted and stayed where it is since it last changed. */
  readonly stays: number;
}

export interface Flight {
  readonly id: string;
  readonly from: string;
  readonly to: string;
  readonly message: MessageRecord;
  readonly sentAt: number;
  /** `null`: under way, or lost. */
  readonly receivedAt: number | null;
}

export const EMPTY_SCENE: Scene = {
  count: 0,
  at: 0,
  nodes: new Map(),
  flights: [],
  flightMs: FLIGHT_MS,
  protagonist: null,
};

export type ShownRole = NodeView['role'] | 'silent' | 'stopped' | 'dead' | 'unheard';

/** What a node is to an onlooker: its role, unless it cannot have one. */
export function shownRole({ presence, view }: NodeScene): ShownRole {
  if (presence !== 'running') return presence;
  return view === null ? 'unheard' : view.role;
}

/** Those who lead, as far as they know themselves: two, while one of them has not heard of the other. The newest term first. */
export function leadersOf(scene: Scene): readonly NodeScene[] {
  return [...scene.nodes.values()]
    .filter((node) => shownRole(node) === 'leader')
    .sort((one, other) => (other.view?.term ?? 0) - (one.view?.term ?? 0));
}
