/**
 * Leads everything that a chart emits to one place. An actor's first macrostep emits before anyone could
 * subscribe to it from outside, so the subscription is made from inside, just before it starts.
 */
import type { AnyActorScope, AnyStateMachine, EmittedFrom, SnapshotFrom } from 'xstate';

/**
 * The same chart, and the same tree of states; whatever actors of it emit goes to `outlet`, in order, with the
 * snapshot in which the step that emitted it has ended.
 */
export function withOutlet<Chart extends AnyStateMachine>(
  chart: Chart,
  outlet: ((effect: EmittedFrom<Chart>, after: SnapshotFrom<Chart>) => void) | undefined,
): Chart {
  if (outlet === undefined) return chart;
  const { start } = chart;
  const startLed = (snapshot: Parameters<typeof start>[0], scope?: AnyActorScope): void => {
    scope?.self.on('*', (effect) => outlet(effect as EmittedFrom<Chart>, scope.self.getSnapshot()));
    start(snapshot);
  };
  return Object.assign(Object.create(chart) as Chart, { start: startLed });
}
