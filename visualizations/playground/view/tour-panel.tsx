/** The guided tour, one step at a time; closed, it is one button. */
import type { JSX } from 'preact';
import { useState } from 'preact/hooks';
import type { Projector } from '../session/projector.ts';
import type { TourStep } from '../session/tour.ts';

export function TourPanel({ projector }: { readonly projector: Projector }): JSX.Element {
  const [tour, setTour] = useState<readonly TourStep[]>([]);
  const [at, setAt] = useState<number | null>(null);
  const go = async (to: number): Promise<void> => {
    const { TOUR } = await import('../session/tour.ts');
    const next = TOUR[to];
    setTour(TOUR);
    setAt(next === undefined ? null : to);
    if (next !== undefined) void projector.begin(next.run);
  };
  const step = at === null ? undefined : tour[at];
  if (at === null || step === undefined) {
    return (
      <p class="tour-door">
        <button type="button" class="primary" onClick={() => void go(0)}>
          Take the tour
        </button>{' '}
        Raft in seven steps, for whoever has never read the paper.
      </p>
    );
  }
  return (
    <section class="panel tour" aria-label="Tour">
      <p class="soft">
        Step {at + 1} of {tour.length}
      </p>
      <h2>{step.title}</h2>
      <p>{step.words}</p>
      <p class="task">{step.task}</p>
      <div class="controls">
        <button type="button" disabled={at === 0} onClick={() => void go(at - 1)}>
          Back
        </button>
        <button type="button" class="primary" onClick={() => void go(at + 1)}>
          {at + 1 === tour.length ? 'End the tour' : `Next: ${tour[at + 1]?.title}`}
        </button>
        <button type="button" onClick={() => setAt(null)}>
          Leave the tour
        </button>
      </div>
    </section>
  );
}
