/** The guided tour, one step at a time; closed, it is one button. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Projector } from '../session/projector.ts';
import { TOUR } from '../session/tour.ts';

export function TourPanel({ projector }: { readonly projector: Projector }): JSX.Element {
  const [at, setAt] = useState<number | null>(null);
  const go = (to: number): void => {
    const next = TOUR[to];
    setAt(next === undefined ? null : to);
    if (next !== undefined) void projector.open(next.run);
  };
  const step = at === null ? undefined : TOUR[at];
  if (at === null || step === undefined) {
    return (
      <p class="tour-door">
        <button type="button" class="primary" onClick={() => go(0)}>
          Take the tour
        </button>{' '}
        Raft in {TOUR.length} steps, for whoever has never read the paper.
      </p>
    );
  }
  return (
    <section class="panel tour" aria-label="Tour">
      <p class="soft">
        Step {at + 1} of {TOUR.length}
      </p>
      <h2>{step.title}</h2>
      <p>{step.words}</p>
      <p class="task">{step.task}</p>
      <div class="controls">
        <button type="button" disabled={at === 0} onClick={() => go(at - 1)}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => go(at + 1)}>
          {at + 1 === TOUR.length ? 'End the tour' : `Next: ${TOUR[at + 1]?.title}`}
        </button>
        <button type="button" onClick={() => setAt(null)}>
          Leave the tour
        </button>
      </div>
    </section>
  );
}
