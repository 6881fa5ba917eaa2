/** What everyone sees of a cluster: left the ring and the logs, right the chart, below the story. */
import type { ComponentChildren, JSX } from 'preact';
import type { Session } from '../session/session.ts';
import { LogTable } from './cluster/log-table.tsx';
import { MessageLegend } from './cluster/messages.tsx';
import { RingInWords, RingPicture } from './cluster/ring.tsx';
import { ChartStage } from './stage/chart-stage.tsx';
import { StoryLog } from './story-log.tsx';
import { Timeline } from './timeline.tsx';

interface PanelsProps {
  readonly session: Session;
  /** Above the ring. */
  readonly controls?: ComponentChildren;
  /** Below it: what can be done to the cluster. */
  readonly children?: ComponentChildren;
}

export function Panels({ session, controls, children }: PanelsProps): JSX.Element {
  return (
    <>
      <section class="panel cluster" aria-label="Cluster">
        {controls}
        <RingPicture session={session} />
        <RingInWords session={session} />
        <MessageLegend />
        {children}
      </section>
      <section class="panel logs" aria-label="Logs">
        <LogTable session={session} />
      </section>
      <ChartStage session={session} />
      <Timeline session={session} isStaged={controls !== undefined} />
      <StoryLog session={session} />
    </>
  );
}
