/**
 * Leads everything that a chart emits to one place. An actor's first macrostep emits before anyone could
 * subscribe to it from outside, so the subscription is made from inside, just before it starts.
 */
import type { AnyActorScope, AnyStateMachine, EmittedFrom } from 'xstate';

/** The same chart; whatever actors of it emit goes to `outlet`, in order. */
export function withOutlet<Chart extends AnyStateMachine>(
  chart: Chart,
  outlet: ((effect: EmittedFrom<Chart>) => void) | undefined,
): Chart {
  if (outlet === undefined) return chart;
  const led = chart.provide({}) as Chart;
  const start = led.start.bind(led);
  const startLed = (snapshot: Parameters<typeof start>[0], scope?: AnyActorScope): void => {
    scope?.self.on('*', outlet as (effect: object) => void);
    start(snapshot);
  };
  return Object.assign(led, { start: startLed });
}
