/** How the run goes on: by itself at some speed, one event at a time, or back. */
import type { JSX } from 'preact';
import type { Projector, Standing } from '../session/projector.ts';

/** Simulated milliseconds for each real one, and how that is called. */
const SPEEDS: readonly (readonly [number, string])[] = [
  [0.05, '1/20'],
  [0.25, '1/4'],
  [1, '1'],
  [4, '4'],
  [20, '20'],
];

export function RunControls({ projector }: { readonly projector: Projector }): JSX.Element {
  const { isFresh, isPlaying, speed, standing } = projector;
  const { isBusy, isOver, failed, step } = standing.value;
  const canGo = !isOver && failed === null;
  return (
    <div class="run-controls">
      <fieldset class="controls">
        <legend class="unseen">How the run goes on</legend>
        <button
          type="button"
          disabled={isBusy || step === 0}
          title="The same run, led to one event before"
          onClick={() => void projector.stepBack()}
        >
          ← Back
        </button>
        <button
          type="button"
          class="primary"
          disabled={!canGo}
          onClick={() => projector.playOrPause()}
        >
          {isPlaying.value ? 'Pause' : 'Play'}
        </button>
        <button
          type="button"
          disabled={isBusy || !canGo}
          title="One event: a message arrives, a timer fires, a disk is done"
          onClick={() => void projector.step()}
        >
          Step →
        </button>
        <label class="speed">
          at{' '}
          <select
            value={speed.value}
            onChange={({ currentTarget }) => {
              speed.value = Number(currentTarget.value);
            }}
          >
            {SPEEDS.map(([value, word]) => (
              <option key={value} value={value}>
                ×{word}
              </option>
            ))}
          </select>
        </label>
      </fieldset>
      <p class="standing" role="status" data-hash={standing.value.hash}>
        {standingInWords(standing.value)}
      </p>
      {isFresh.value && canGo && <HowToGoOn />}
      <GoOnFromHere projector={projector} />
    </div>
  );
}

function HowToGoOn(): JSX.Element {
  return (
    <p class="fresh">
      Nothing moves yet: <kbd>P</kbd> or Play lets it run, <kbd>.</kbd> or Step takes one event,{' '}
      <kbd>,</kbd> goes back.
    </p>
  );
}

function standingInWords({ step, nowMs, isOver, broken, failed }: Standing): string {
  if (failed !== null) return `The run cannot go on: ${failed}`;
  if (broken !== null) return `A property is broken at event ${step}: ${broken}`;
  const where = `Event ${step}, ${(nowMs / 1_000).toFixed(3)} s.`;
  return isOver ? `${where} The run is over, and every property held.` : where;
}

/** Whoever looks at an earlier place of the story can let the run go on from there. */
function GoOnFromHere({ projector }: { readonly projector: Projector }): JSX.Element | null {
  const { isLive, place } = projector.session.value.frame.value;
  if (isLive) return null;
  const step = projector.stepAt(place);
  return (
    <button type="button" class="go-on" onClick={() => void projector.backTo(step)}>
      Go on from event {step}, and forget what came after
    </button>
  );
}
