/** The playground: what to run, how fast and what to do to it, around the page that shows it. */
import type { JSX } from 'preact';
import { PageHead } from '../../page/view/page-head.tsx';
import { Panels } from '../../page/view/panels.tsx';
import type { ChartRules } from '../../page/words/chart-rules.ts';
import type { PlayTitle } from '../session/plays.ts';
import type { Projector } from '../session/projector.ts';
import { DeedPanel } from './deed-panel.tsx';
import { RunControls } from './run-controls.tsx';
import { RunPanel } from './run-panel.tsx';
import { TourPanel } from './tour-panel.tsx';

interface PlaygroundProps {
  readonly projector: Projector;
  readonly rules: ChartRules;
  readonly plays: readonly PlayTitle[];
}

export function PlaygroundPage({ projector, rules, plays }: PlaygroundProps): JSX.Element {
  const session = projector.session.value;
  const canAct = projector.run.value.kind === 'cluster';
  return (
    <>
      <PageHead session={session} />
      <TourPanel projector={projector} />
      <main class="playground">
        <RunPanel projector={projector} plays={plays} />
        <Panels session={session} rules={rules} controls={<RunControls projector={projector} />}>
          {canAct && <DeedPanel projector={projector} />}
        </Panels>
      </main>
    </>
  );
}
