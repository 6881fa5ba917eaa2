/**
 * The story, folded: `reduce(scene, record)` is the scene after one more record. Pure, so that any place of the story
 * can be had again exactly; what did not change is shared.
 */
import { unreachable } from '../../../src/core/assert.ts';
import type {
  MissedRecord,
  NodeView,
  TransitionRecord,
  ViewRecord,
} from '../../../src/ports/inspection.ts';
import type { PageRecord, PresenceRecord } from '../stream/page-record.ts';
import { actorsAfter, actorsIn } from './actors.ts';
import { flightsAfter, flightsWithout } from './flights.ts';
import { CLOCK_STEP_MS, TOLD_EVERY_MS } from './limits.ts';
import { roleIn, viewAfter } from './role-changes.ts';
import type { NodeScene, Scene, Told } from './scene.ts';

export function reduce(before: Scene, record: PageRecord): Scene {
  const scene = record.at < before.at - CLOCK_STEP_MS ? setBack(before, record.at) : before;
  const at = Math.max(scene.at, record.at);
  return { ...changed(withHeardAt(scene, record), record), at, count: scene.count + 1 };
}

/** Only what a node itself says: who is there others tell as well. */
function withHeardAt(scene: Scene, record: PageRecord): Scene {
  if (record.type === 'presence' || record.type === 'note') return scene;
  return heard(scene, record.node, (node) => ({ ...node, heardAt: record.at }));
}

/** What is under way has times of a clock that is not any more. */
function setBack(scene: Scene, at: number): Scene {
  return { ...scene, at, flights: [] };
}

function changed(scene: Scene, record: PageRecord): Scene {
  switch (record.type) {
    case 'transition':
      return stepped(scene, record);
    case 'view':
      return viewed(scene, record);
    case 'missed':
      return missed(scene, record);
    case 'presence':
      return present(scene, record);
    case 'note':
      return scene;
    case 'sent':
      return { ...scene, flights: flightsAfter(scene, record) };
    case 'received':
      return heard({ ...scene, flights: flightsAfter(scene, record) }, record.node, (node) =>
        record.kind === 'AppendEntries' && record.peer === node.view?.leader
          ? { ...node, leaderHeardAt: record.at }
          : node,
      );
    default:
      return unreachable(record);
  }
}

function stepped(scene: Scene, record: TransitionRecord): Scene {
  const after = heard(scene, record.node, (node) => ({
    ...node,
    actors: actorsAfter(node.actors, record),
    leaderHeardAt: hearsLeader(record) ? record.at : node.leaderHeardAt,
    view: node.view === null ? null : viewAfter(node.view, record),
  }));
  return isNews(record) ? { ...after, protagonist: record.node } : after;
}

/** A role is taken up, or leadership given up: who merely follows somebody else now is not who one looks at. */
function isNews({ actor, from, to }: TransitionRecord): boolean {
  const [before, after] = [roleIn(from), roleIn(to)];
  if (actor !== 'raft' || before === after) return false;
  return before === 'leader' || !(after === 'follower' || after === 'learner');
}

function hearsLeader({ actor, event }: TransitionRecord): boolean {
  return actor === 'raft' && event === 'entries.received';
}

function viewed(scene: Scene, { node: id, view, at }: ViewRecord): Scene {
  const after = heard(scene, id, (node) => ({
    ...node,
    view,
    told: toldAfter(node, view, at),
    actors: actorsIn(view, node.view?.startedAt === view.startedAt ? node.actors : new Map()),
    leaderHeardAt: node.view === null || node.view.leader === view.leader ? node.leaderHeardAt : at,
  }));
  const { protagonist } = scene;
  const isFirst = protagonist === null || (scene.nodes.get(protagonist)?.view ?? null) === null;
  return isFirst || (view.role === 'leader' && !hasNews(scene, protagonist))
    ? { ...after, protagonist: id }
    : after;
}

/** What a leader commits is told once a second, however often it does. */
function toldAfter({ told, view: known }: NodeScene, view: NodeView, at: number): Told {
  const { commitIndex, role } = view;
  if (known === null || role !== 'leader') return { commitIndex, at: told.at };
  const isDue = commitIndex > told.commitIndex && at - told.at >= TOLD_EVERY_MS;
  return isDue ? { commitIndex, at } : told;
}

/** Somebody's role has been seen to change; who merely leads does not take the stage from them. */
function hasNews(scene: Scene, id: string): boolean {
  return scene.nodes.get(id)?.actors.get('raft')?.steps.some(isNews) ?? false;
}

function missed(scene: Scene, { node, count }: MissedRecord): Scene {
  return heard(scene, node, (each) => ({ ...each, missed: each.missed + count }));
}

function present(scene: Scene, { node, presence, how }: PresenceRecord): Scene {
  const after = heard(scene, node, (each) => {
    const isReborn = each.presence === 'dead' && presence === 'running';
    return { ...(isReborn ? unheard(node) : each), presence, how };
  });
  return presence === 'dead' ? { ...after, flights: flightsWithout(after.flights, node) } : after;
}

function heard(scene: Scene, id: string, change: (node: NodeScene) => NodeScene): Scene {
  const before = scene.nodes.get(id) ?? unheard(id);
  const after = change(before);
  if (after === before && scene.nodes.has(id)) return scene;
  const nodes = new Map(scene.nodes).set(id, after);
  return { ...scene, nodes: scene.nodes.has(id) ? nodes : byName(nodes) };
}

function byName(nodes: ReadonlyMap<string, NodeScene>): ReadonlyMap<string, NodeScene> {
  const compare = new Intl.Collator('en', { numeric: true }).compare;
  return new Map([...nodes].sort(([one], [other]) => compare(one, other)));
}

function unheard(id: string): NodeScene {
  return {
    ...{ id, presence: 'running', how: '', view: null, actors: new Map() },
    ...{ heardAt: null, leaderHeardAt: null, missed: 0, told: { commitIndex: 0, at: 0 } },
  };
}
