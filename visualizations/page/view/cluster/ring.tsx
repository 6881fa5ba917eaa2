/** The cluster as a ring: who is what in which term, whose patience runs out, and what is said meanwhile. */
import type { JSX } from 'preact';
import { type NodeScene, shownRole } from '../../fold/scene.ts';
import type { Session } from '../../session/session.ts';
import { describedNode } from '../../words/described-node.ts';
import { wordOfRole } from '../../words/role-words.ts';
import { silentFor } from '../../words/silence.ts';
import { RoleSign, toneOfRole } from '../role-marks.tsx';
import { Messages } from './messages.tsx';
import { arcPath, type Place, type Ring, ROOMY_MAX, ringOf } from './ring-places.ts';

export function RingPicture({ session }: { readonly session: Session }): JSX.Element {
  const { scene, now } = session.frame.value;
  const nodes = [...scene.nodes.values()];
  const ring = ringOf(nodes.map(({ id }) => id));
  return (
    <svg
      class={nodes.length > ROOMY_MAX ? 'ring crowded' : 'ring'}
      viewBox={`0 0 ${ring.width} ${ring.height}`}
      role="group"
      aria-label="The cluster as a ring of its nodes"
    >
      <Links nodes={nodes} ring={ring} />
      <Messages scene={scene} ring={ring} now={now} />
      {nodes.map((node) => (
        <Member key={node.id} node={node} ring={ring} now={now} session={session} />
      ))}
    </svg>
  );
}

function Links({ nodes, ring }: { nodes: readonly NodeScene[]; ring: Ring }): JSX.Element {
  const pairs = nodes.flatMap((one, at) =>
    nodes.slice(at + 1).map((other) => [one, other] as const),
  );
  return (
    <g aria-hidden="true">
      {pairs.map(([one, other]) => {
        const [from, to] = [ring.places.get(one.id), ring.places.get(other.id)];
        if (from === undefined || to === undefined) return null;
        const isOpen = isLinked(one, other) && isLinked(other, one);
        return (
          <line
            key={`${one.id}-${other.id}`}
            class={isOpen ? 'link' : 'link cut'}
            {...{ x1: from.x, y1: from.y, x2: to.x, y2: to.y }}
          />
        );
      })}
    </g>
  );
}

function isLinked({ presence, view }: NodeScene, other: NodeScene): boolean {
  if (presence === 'dead') return false;
  const peer = view?.peers.find(({ peer: id }) => id === other.id);
  return peer === undefined || peer.link === 'open';
}

interface MemberProps {
  readonly node: NodeScene;
  readonly ring: Ring;
  readonly now: number;
  readonly session: Session;
}

function Member({ node, ring, now, session }: MemberProps): JSX.Element | null {
  const place = ring.places.get(node.id);
  if (place === undefined) return null;
  const role = shownRole(node);
  const isChosen = session.node.value === node.id;
  const pick = (): void => session.pick(node.id);
  return (
    <g
      class={`member tone-${toneOfRole(role)}${role === 'dead' ? ' dead' : ''}`}
      role="button"
      tabindex={0}
      aria-pressed={isChosen}
      aria-label={describedNode(node, now)}
      data-node={node.id}
      data-role={role}
      onClick={pick}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        pick();
      }}
    >
      {isChosen && <circle class="chosen" cx={place.x} cy={place.y} r={ring.radius + 14} />}
      <circle class="body" cx={place.x} cy={place.y} r={ring.radius} />
      <Patience node={node} place={place} radius={ring.radius + 6} now={now} />
      <text x={place.x} y={place.y - 8} class="id">
        {node.id}{' '}
      </text>
      <text x={place.x} y={place.y + 9} class="role">
        {wordOfRole(role)}{' '}
      </text>
      <text x={place.x} y={place.y + 25} class="term">
        {lowestLine(node, now)}
      </text>
      <g transform={`translate(${place.x + ring.radius * 0.72} ${place.y - ring.radius * 0.72})`}>
        <circle class="badge" r="11" />
        <RoleSign role={role} />
      </g>
    </g>
  );
}

function lowestLine(node: NodeScene, now: number): string {
  if (shownRole(node) === 'silent') return silentFor(node, now);
  return node.view === null ? '' : `term ${node.view.term}`;
}

/** What it waits for before it acts by itself; a leader waits for nobody. */
const PATIENCE: readonly string[] = [
  ...['electionTimeoutMinimum', 'electionTimeoutRest', 'leaderlessTimeout'],
  ...['suspicionDelay', 'electionTimeout'],
];

interface PatienceProps {
  readonly node: NodeScene;
  readonly place: Place;
  readonly radius: number;
  readonly now: number;
}

function Patience({ node, place, radius, now }: PatienceProps): JSX.Element | null {
  const timer = node.view?.timers.find(
    ({ actor, name }) => actor === 'raft' && PATIENCE.includes(name),
  );
  if (timer === undefined || node.presence !== 'running') return null;
  const left = (timer.endsAt - now) / Math.max(1, timer.endsAt - timer.startedAt);
  if (left <= 0) return null;
  return (
    <>
      <circle class="patience-ground" cx={place.x} cy={place.y} r={radius} />
      <path class="patience" d={arcPath(place, radius, left)} />
    </>
  );
}

/** The same in words, for whoever does not see the picture. */
export function RingInWords({ session }: { readonly session: Session }): JSX.Element {
  const { scene, now } = session.steady.value;
  return (
    <ul class="unseen">
      {[...scene.nodes.values()].map((node) => (
        <li key={node.id}>{describedNode(node, now)}</li>
      ))}
    </ul>
  );
}
