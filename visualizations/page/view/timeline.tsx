/** The story as lanes, one for each node, with what stands out; a handle to any place of it, and keys to step. */
import type { JSX } from 'preact';
import { useRef } from 'preact/hooks';
import type { Outline, Session } from '../session/session.ts';
import type { Moment, Span } from '../session/story.ts';
import { clockTime } from '../words/clock-time.ts';
import { wordOfRole } from '../words/role-words.ts';
import { toneOfRole } from './role-marks.tsx';
import { barsOf, type Range } from './timeline-bars.ts';

/** Nobody can tell shorter parts of a longer time apart, in milliseconds. */
const SPAN_MAX_MS = 180_000;
const SPAN_MIN_MS = 20_000;

interface TimelineProps {
  readonly session: Session;
  /** What is shown stands still until somebody lets it go on: that is another button than these. */
  readonly isStaged: boolean;
}

export function Timeline({ session, isStaged }: TimelineProps): JSX.Element {
  const { isLive } = session.steady.value;
  const frozen = useRef<Outline | null>(null);
  if (isLive) frozen.current = null;
  else frozen.current ??= session.outline.value;
  const outline = frozen.current ?? session.outline.value;
  const range = rangeOf(outline);
  return (
    <section class="panel timeline" aria-label="Timeline">
      <Controls session={session} words={isStaged ? STAGED : LIVE} />
      <Lanes session={session} outline={outline} range={range} />
    </section>
  );
}

function rangeOf({ startedAt, endedAt }: Outline): Range {
  const from = Math.max(startedAt, endedAt - SPAN_MAX_MS);
  return { from, ended: endedAt, to: Math.max(endedAt, from + SPAN_MIN_MS) };
}

interface ControlWords {
  readonly stay: string;
  readonly goOn: string;
  readonly newest: string;
  readonly earlier: string;
}

const LIVE: ControlWords = { stay: 'Pause', goOn: 'Go live', newest: 'live', earlier: 'paused' };
const STAGED: ControlWords = {
  ...{ stay: 'Stay', goOn: 'To the newest', newest: 'the newest', earlier: 'looking back' },
};

interface ControlsProps {
  readonly session: Session;
  readonly words: ControlWords;
}

function Controls({ session, words }: ControlsProps): JSX.Element {
  const { isLive, place, scene } = session.steady.value;
  return (
    <div class="controls">
      <button
        type="button"
        onClick={() => session.leap(-1)}
        title="Shift + ←"
        aria-label="One event back"
      >
        ⇤ <span>event</span>
      </button>
      <button type="button" onClick={() => session.step(-1)} title="←" aria-label="One record back">
        ← <span>record</span>
      </button>
      <button
        type="button"
        class={words === LIVE ? 'primary' : ''}
        onClick={() => (isLive ? session.pause() : session.goLive())}
        title="Space"
      >
        {isLive ? words.stay : words.goOn}
      </button>
      <button type="button" onClick={() => session.step(1)} title="→" aria-label="One record on">
        <span>record</span> →
      </button>
      <button
        type="button"
        onClick={() => session.leap(1)}
        title="Shift + →"
        aria-label="One event on"
      >
        <span>event</span> ⇥
      </button>
      <p class="place">
        <b class={isLive ? 'live' : ''}>{isLive ? words.newest : words.earlier}</b> at{' '}
        {clockTime(scene.at)}, record {place}
      </p>
      <p class="keys">
        Keys: <kbd>←</kbd> <kbd>→</kbd> a record, with <kbd>Shift</kbd> an event, <kbd>Space</kbd>{' '}
        {words.stay.toLowerCase()}, <kbd>Esc</kbd> {words.newest}
      </p>
    </div>
  );
}

interface LanesProps {
  readonly session: Session;
  readonly outline: Outline;
  readonly range: Range;
}

const LANE = 22;

function Lanes({ session, outline, range }: LanesProps): JSX.Element {
  const { scene } = session.steady.value;
  const nodes = [...scene.nodes.keys()];
  const { spans } = outline;
  const height = nodes.length * LANE;
  return (
    <div class="lanes">
      <ul class="lane-names" aria-hidden="true">
        {nodes.map((id) => (
          <li key={id}>{id}</li>
        ))}
      </ul>
      <div class="lane-area">
        <svg
          viewBox={`0 0 1000 ${height}`}
          height={height}
          preserveAspectRatio="none"
          aria-hidden="true"
        >
          {nodes.map((id, at) => (
            <Lane
              key={id}
              spans={spans.filter(({ node }) => node === id)}
              top={at * LANE}
              range={range}
            />
          ))}
          <Marks moments={outline.moments} nodes={nodes} range={range} />
          <Cursor at={Math.min(scene.at, range.ended)} range={range} height={height} />
        </svg>
        <input
          type="range"
          class="scrubber"
          min={range.from}
          max={Math.max(range.from, outline.endedAt)}
          value={scene.at}
          style={{ width: `${(100 * (outline.endedAt - range.from)) / (range.to - range.from)}%` }}
          aria-label="Moment of the story"
          aria-valuetext={clockTime(scene.at)}
          onInput={({ currentTarget }) =>
            session.goTo(session.story.placeAt(Number(currentTarget.value)))
          }
        />
        <p class="ends" aria-hidden="true">
          <span>{clockTime(range.from)}</span>
          <span>{clockTime(range.to)}</span>
        </p>
      </div>
    </div>
  );
}

interface LaneProps {
  readonly spans: readonly Span[];
  readonly top: number;
  readonly range: Range;
}

function Lane({ spans, top, range }: LaneProps): JSX.Element {
  return (
    <g>
      {barsOf(spans, range).map(({ span, x, width }) => (
        <rect
          key={span.at}
          class={`bar tone-${toneOfRole(span.role)} is-${span.role}`}
          {...{ x, y: top + 3, width, height: LANE - 6 }}
        >
          <title>{`${span.node}: ${wordOfRole(span.role)}, term ${span.term}`}</title>
        </rect>
      ))}
    </g>
  );
}

interface MarksProps {
  readonly moments: readonly Moment[];
  readonly nodes: readonly string[];
  readonly range: Range;
}

/** What stands out: faults, campaigns, new leaders. */
function Marks({ moments, nodes, range: { from, to } }: MarksProps): JSX.Element {
  const shown = moments.filter(
    ({ at, sentence: { kind } }) => at >= from && kind !== 'log' && kind !== 'follower',
  );
  return (
    <g>
      {shown.map(({ place, at, sentence: { node, kind } }) => {
        const x = (1000 * (at - from)) / (to - from);
        const top = Math.max(0, nodes.indexOf(node ?? '')) * LANE;
        return (
          <path
            key={place}
            class={`mark ${kind}`}
            d={`M${x.toFixed(1)} ${top + 1}V${top + LANE - 1}`}
          />
        );
      })}
    </g>
  );
}

function Cursor({
  at,
  range: { from, to },
  height,
}: {
  at: number;
  range: Range;
  height: number;
}): JSX.Element {
  const x = ((1000 * (at - from)) / (to - from)).toFixed(1);
  return <path class="cursor" d={`M${x} 0V${height}`} />;
}
