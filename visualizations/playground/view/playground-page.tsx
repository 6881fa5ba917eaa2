/** The playground: what to run, how fast and what to do to it, around the page that shows it. */
import type { JSX } from 'preact';
import { PageHead } from '../../page/view/page-head.tsx';
import { Panels } from '../../page/view/panels.tsx';
import type { Projector } from '../session/projector.ts';
import { DeedPanel } from './deed-panel.tsx';
import { RunControls } from './run-controls.tsx';
import { RunPanel } from './run-panel.tsx';
import { TourPanel } from './tour-panel.tsx';

export function PlaygroundPage({ projector }: { readonly projector: Projector }): JSX.Element {
  const session = projector.session.value;
  const canAct = projector.run.value.kind === 'cluster';
  return (
    <>
      <PageHead session={session} />
      <TourPanel projector={projector} />
      <main class="playground">
        <RunPanel projector={projector} />
        <Panels session={session} controls={<RunControls projector={projector} />}>
          {canAct && <DeedPanel projector={projector} />}
        </Panels>
      </main>
    </>
  );
}
