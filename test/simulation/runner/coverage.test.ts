/** What there is to cover, counted once more from the source of the charts; and what a run is heard to take. */
import { describe, expect, it } from 'vitest';
import { charts } from '../../../machines/index.ts';
import { everySometimes } from '../../../src/testing/simulation/runtime/sometimes.ts';
import { simulate } from '../../../src/testing/simulation/simulate.ts';
import { keyValueSubject } from '../../../src/testing/simulation/subjects/key-value-subject.ts';
import { calmPlan } from '../small-runs.ts';
import { Coverage, everyWay } from './coverage.ts';
import { missingOf, NEVER_TAKEN, SELDOM_TAKEN, seldomOf } from './gaps.ts';

type Json = Readonly<Record<string, unknown>>;

/** Each of them often. */
function counted(names: readonly string[]): Map<string, number> {
  return new Map(names.map((name) => [name, 9]));
}

function isJson(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function partsOf(value: unknown): readonly (readonly [string, unknown])[] {
  return isJson(value) ? Object.entries(value) : [];
}

function listed(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}

/** ` [guard]` of each transition that stands there. */
function conditionsOf(transitions: unknown): readonly string[] {
  return listed(transitions).map((transition) => {
    const guard = isJson(transition) ? transition.guard : undefined;
    if (guard === undefined) return '';
    return ` [${isJson(guard) ? guard.type : guard}]`;
  });
}

/** Each transition of a state as `state: event [guard]`, and those of the states inside it. */
function transitionsOf(id: string, state: Json): readonly string[] {
  const named = (event: string, transitions: unknown): readonly string[] =>
    conditionsOf(transitions).map((condition) => `${id}: ${event}${condition}`);
  return [
    ...partsOf(state.on).flatMap(([event, on]) => named(event, on)),
    ...partsOf(state.after).flatMap(([delay, after]) => named(`after ${delay}`, after)),
    ...named('at once', state.always),
    ...listed(state.invoke).flatMap((invoke) =>
      isJson(invoke)
        ? [
            ...named(`xstate.done.actor.${invoke.id}`, invoke.onDone),
            ...named(`xstate.error.actor.${invoke.id}`, invoke.onError),
          ]
        : [],
    ),
    ...partsOf(state.states).flatMap(([name, child]) =>
      isJson(child) ? transitionsOf(`${id}.${name}`, child) : [],
    ),
  ];
}

/** As plain data: everything that a chart says of itself, and none of what XState makes of it. */
const SOURCES = Object.values(charts).map((chart) => {
  const source: unknown = JSON.parse(JSON.stringify(chart.config));
  return { id: chart.id, source: isJson(source) ? source : {}, text: JSON.stringify(source) };
});

const TRANSITION = / → .*$/;
const GUARD = / (holds|does not hold)$/;

describe('every way through the charts', () => {
  it('[SI8] has every transition that the charts have, and no other', () => {
    const written = SOURCES.flatMap(({ id, source }) => transitionsOf(id, source));
    const ways = everyWay().filter((way) => TRANSITION.test(way));
    const named = ways.map((way) => way.replace(TRANSITION, ''));
    expect([...new Set(named)].sort()).toEqual([...new Set(written)].sort());
    expect(written.length).toBeGreaterThan(100);
  });

  it('[SI8] has each way once', () => {
    const ways = everyWay();
    expect(ways.length).toBe(new Set(ways).size);
  });

  it('[SI8] has both answers of every guard that a chart asks', () => {
    const asked = SOURCES.flatMap(({ id, text }) => {
      const names = [...text.matchAll(/"guard":(?:\{"type":)?"(\w+)"/g)].map(([, name]) => name);
      return [...new Set(names)].flatMap((name) => [
        `${id} [${name}] holds`,
        `${id} [${name}] does not hold`,
      ]);
    });
    expect(
      everyWay()
        .filter((way) => GUARD.test(way))
        .sort(),
    ).toEqual(asked.sort());
    expect(asked.length).toBeGreaterThan(10);
  });
});

describe('what a run takes', () => {
  it('[SI8] is named as the charts name it, and holds what every run must do', async () => {
    const coverage = new Coverage();
    const plan = calmPlan();
    const subject = keyValueSubject(plan.workload);
    await simulate({ plan, subject, instruments: coverage.instruments });
    const all = new Set(everyWay());
    expect([...coverage.taken].filter((way) => !all.has(way))).toEqual([]);
    expect(coverage.taken).toContain('node.recovering: recovered → node.active');
    expect(coverage.taken).toContain('raft [completesQuorum] holds');
    expect(coverage.taken).not.toContain('node: failed → node.halted');
    expect(coverage.taken.size).toBeGreaterThan(30);
  });
});

describe('the gaps of a simulation', () => {
  it('[SI8] are excused only for ways that exist, each with a reason', () => {
    const all = new Set(everyWay());
    const excused = Object.entries({ ...NEVER_TAKEN, ...SELDOM_TAKEN });
    expect(excused.filter(([way]) => !all.has(way))).toEqual([]);
    expect(excused.filter(([, reason]) => reason.length < 10)).toEqual([]);
    expect(Object.keys(NEVER_TAKEN).filter((way) => way in SELDOM_TAKEN)).toEqual([]);
  });

  it('[SI8] are every way that was not taken and every rare event that did not come', () => {
    const ways = counted(everyWay().filter((way) => !(way in NEVER_TAKEN)));
    const sometimes = counted(everySometimes());
    expect(missingOf({ ways, sometimes }, true)).toEqual([]);
    const [first = ''] = [...ways.keys()].filter((way) => !(way in SELDOM_TAKEN));
    ways.delete(first);
    const [event = ''] = sometimes.keys();
    sometimes.delete(event);
    const [never = ''] = Object.keys(NEVER_TAKEN);
    ways.set(never, 9);
    const lax = [`never taken: ${first}`, `never happened: ${event}`];
    expect(missingOf({ ways, sometimes }, false)).toEqual(lax);
    const strict = missingOf({ ways, sometimes }, true);
    expect(strict).toContain(`taken, although a reason says it cannot be: ${never}`);
  });

  it('[SI8] are foreseen: what so few runs took that others would not is named, unless it is excused', () => {
    const ways = counted(everyWay().filter((way) => !(way in NEVER_TAKEN)));
    const sometimes = counted(everySometimes());
    expect(seldomOf({ watched: 20, ways, sometimes })).toEqual([]);
    const [first = ''] = [...ways.keys()].filter((way) => !(way in SELDOM_TAKEN));
    ways.set(first, 4);
    const [excused = ''] = Object.keys(SELDOM_TAKEN);
    ways.set(excused, 1);
    const [event = ''] = sometimes.keys();
    sometimes.set(event, 3);
    expect(seldomOf({ watched: 20, ways, sometimes })).toEqual([
      `taken in 4 of 20 runs that were heard: ${first}`,
      `in 3 runs: ${event}`,
    ]);
  });
});
