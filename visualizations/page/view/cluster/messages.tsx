/** Messages under way, as dots whose shape and word say what they are. */
import type { JSX } from 'preact';
import { progressOf } from '../../fold/flights.ts';
import type { Flight, Scene } from '../../fold/scene.ts';
import { isStill } from '../../session/motion.ts';
import { type MessageSort, shortWord, sortOf } from '../../words/message-words.ts';
import { type Ring, wayBetween } from './ring-places.ts';

interface MessagesProps {
  readonly scene: Scene;
  readonly ring: Ring;
  readonly now: number;
}

export function Messages({ scene, ring, now }: MessagesProps): JSX.Element {
  const time = { now, flightMs: scene.flightMs };
  return (
    <g class="messages" aria-hidden="true">
      {scene.flights.map((flight) => (
        <Dot key={`${flight.id} ${flight.sentAt}`} flight={flight} ring={ring} time={time} />
      ))}
    </g>
  );
}

interface DotProps {
  readonly flight: Flight;
  readonly ring: Ring;
  readonly time: { readonly now: number; readonly flightMs: number };
}

function Dot({ flight, ring, time }: DotProps): JSX.Element | null {
  const [from, to] = [ring.places.get(flight.from), ring.places.get(flight.to)];
  const flown = progressOf(flight, time);
  if (from === undefined || to === undefined || flown === null) return null;
  // Who asked for less motion sees them halfway.
  const progress = isStill() ? 0.5 : flown;
  const [start, end] = wayBetween(from, to, ring.radius);
  const [x, y] = [start.x + (end.x - start.x) * progress, start.y + (end.y - start.y) * progress];
  const sort = sortOf(flight.message);
  const word = shortWord(flight.message);
  return (
    <g class={`message ${sort}`} transform={`translate(${x.toFixed(1)} ${y.toFixed(1)})`}>
      <MessageShape sort={sort} />
      {word !== '' && (
        <text x="9" y="-6">
          {word}
        </text>
      )}
    </g>
  );
}

const DIAMOND = 'M0-6.5 6.5 0 0 6.5-6.5 0Z';

function MessageShape({ sort }: { readonly sort: MessageSort }): JSX.Element {
  switch (sort) {
    case 'heartbeat':
      return <circle r="3.2" class="hollow" />;
    case 'answer':
      return <circle r="3" class="full" />;
    case 'entries':
      return <rect x="-5.5" y="-5.5" width="11" height="11" rx="2.5" class="full" />;
    case 'refusal':
      return <path d="M-4-4 4 4M4-4-4 4" class="hollow" />;
    case 'preVote':
      return <path d={DIAMOND} class="hollow" />;
    case 'vote':
      return <path d={DIAMOND} class="full" />;
    default:
      return <rect x="-4" y="-4" width="8" height="8" class="hollow" />;
  }
}

const LEGEND: readonly (readonly [MessageSort, string])[] = [
  ['heartbeat', 'heartbeat'],
  ['entries', 'entries'],
  ['answer', 'answer'],
  ['refusal', 'refusal'],
  ['preVote', 'pre-vote'],
  ['vote', 'vote'],
  ['other', 'other'],
];

export function MessageLegend(): JSX.Element {
  return (
    <ul class="legend" aria-label="What the signs of the messages mean">
      {LEGEND.map(([sort, word]) => (
        <li key={sort}>
          <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
            <g class={`message ${sort}`}>
              <MessageShape sort={sort} />
            </g>
          </svg>
          {word}
        </li>
      ))}
      <li>
        <svg viewBox="-8 -8 16 16" width="14" height="14" aria-hidden="true">
          <path class="patience-sample" d="M0-6A6 6 0 1 1-6 0" />
        </svg>
        patience left
      </li>
    </ul>
  );
}
