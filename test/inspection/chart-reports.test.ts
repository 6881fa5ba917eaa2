/** Of which charts XState is asked to report, and that they are as before when nobody asks. */
import { expect, it } from 'vitest';
import { type Actor, type AnyStateMachine, createActor, type InspectionEvent, setup } from 'xstate';
import { ChartReports } from '../../src/node/view/inspection/chart-reports.ts';

function family() {
  const lamp = setup({ types: { events: {} as { type: 'press' } } }).createMachine({
    ...{ id: 'lamp', initial: 'dark' },
    states: { dark: { on: { press: 'lit' } }, lit: { on: { press: 'dark' } } },
  });
  const [quiet, busy] = [lamp.provide({}), lamp.provide({})];
  const house = setup({ actors: { quiet, busy } }).createMachine({
    ...{ id: 'house', initial: 'built' },
    states: {
      built: {
        invoke: [
          { src: 'quiet', id: 'quiet' },
          { src: 'busy', id: 'busy' },
        ],
      },
    },
  });
  const root = createActor(house, { id: 'house' });
  const steps: string[] = [];
  const reports = new ChartReports(root, (event: InspectionEvent) => {
    if (event.type !== '@xstate.microstep') return;
    const { id } = event.actorRef as Actor<AnyStateMachine>;
    if ('value' in event.snapshot) steps.push(`${id} ${event.snapshot.value}`);
  });
  root.start();
  const pressAll = (): void => {
    const { children } = root.getSnapshot();
    for (const child of [children.quiet, children.busy]) child?.send({ type: 'press' });
  };
  const logics = (): unknown[] => [quiet.transition, busy.transition, house.transition];
  return { busy, logics, pressAll, reports, steps };
}

it('[IN6] hears the steps of every chart but those that are left out, each once', () => {
  const { busy, pressAll, reports, steps } = family();
  reports.all();
  pressAll();
  reports.allBut(new Set([busy]));
  pressAll();
  reports.all();
  pressAll();
  expect(steps).toEqual(['quiet lit', 'busy lit', 'quiet dark', 'quiet lit', 'busy lit']);
});

it('[IN5] leaves the charts as they were', () => {
  const { logics, pressAll, reports, steps } = family();
  const before = logics();
  reports.allBut(new Set());
  expect(logics()).not.toEqual(before);
  reports.none();
  expect(logics()).toEqual(before);
  pressAll();
  expect(steps).toEqual([]);
});
