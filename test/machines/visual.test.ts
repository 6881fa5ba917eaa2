/**
 * The pictures of the charts: that they are complete, legible and always the same. How they are drawn is decided
 * in `visualizations/generator`; whether the committed ones are stale, in `tidy.test.ts`.
 */

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { stemOf } from '../../machines/arrow-ids.ts';
import { charts } from '../../machines/index.ts';
import { planActors } from '../../visualizations/generator/actors.ts';
import { type ChartState, readChart, statesOf } from '../../visualizations/generator/chart.ts';
import { delaysOf, writeJson } from '../../visualizations/generator/json.ts';
import { layOut } from '../../visualizations/generator/layout.ts';
import {
  type Arrow,
  everywhereOf,
  type Plan,
  planPicture,
  wordsOf,
} from '../../visualizations/generator/plan.ts';
import { drawSvg } from '../../visualizations/generator/svg.ts';
import { PAGE, TONES } from '../../visualizations/generator/theme.ts';
import { conflictsOf } from './picture-conflicts.ts';

const drawn = Object.entries(charts).map(([name, machine]) => {
  const root = readChart(machine);
  const plan = planPicture(root);
  return { name, machine, root, plan, layout: layOut(plan) };
});

/** As wide as the column of a README may be, and a little more. */
const WIDTH_MAX = 1_000;

describe.each(drawn)('the picture of $name', ({ machine, root, plan, layout }) => {
  const svg = drawSvg(layout, 'light');

  it('[SC8] is the same, byte for byte, when it is drawn again', () => {
    expect(drawSvg(layOut(planPicture(readChart(machine))), 'light')).toBe(svg);
  });

  it('[SC9] covers nothing, cuts nothing and leaves no arrow hanging', () => {
    expect(conflictsOf(layout)).toEqual([]);
    expect(layout.width).toBeLessThanOrEqual(WIDTH_MAX);
  });

  it('[SC10] shows every state with its name and its description', () => {
    const text = textOf(svg);
    for (const state of [...statesOf(root)].slice(1)) {
      expect(svg).toContain(`id="${state.id}"`);
      expect(text).toContain(`${state.key} ${state.description}`);
    }
  });

  it('[SC10] shows every transition with its event, its guard, its actions and its target', () => {
    const text = textOf(svg);
    for (const words of transitionWords(root)) expect(text).toContain(words);
    for (const { source, target } of [...statesOf(root)].flatMap(
      ({ transitions }) => transitions,
    )) {
      if (target !== null)
        expect(isShown(root, plan, { source, target }), `${source} → ${target}`).toBe(true);
    }
  });

  it('[SC10] names every state and every transition once', () => {
    const ids = [...svg.matchAll(/<g id="([^"]*)"/g)].map(([, id]) => id);
    expect(ids).toHaveLength(new Set(ids).size);
    for (const { id, transitions } of statesOf(root)) {
      expect(ids).toEqual(expect.arrayContaining([id, ...transitions.map((each) => each.id)]));
    }
  });

  it('[SC12] imports from its JSON with the same states, ids and transitions', () => {
    const imported = createMachine(JSON.parse(writeJson(machine)));
    expect(readChart(imported)).toEqual(inMilliseconds(root, delaysOf(machine)));
    const delays = Object.values(imported.states).flatMap((state) => state.after);
    for (const { delay } of delays) expect(Number(delay)).toBeGreaterThan(0);
  });
});

it('[SC10] the picture of one node shows every chart, and every event that it takes', () => {
  const layout = layOut(planActors(charts));
  expect(conflictsOf(layout)).toEqual([]);
  expect(layout.arrows).toHaveLength(layout.plan.arrows.length);
  expect(layout.width).toBeLessThanOrEqual(WIDTH_MAX);
  for (const [name, { events, root }] of Object.entries(charts)) {
    expect(layout.items.map(({ state }) => state.description)).toContain(root.description);
    const told = layout.plan.arrows.filter(({ to }) => to.endsWith(`/${name}`));
    const heard = events.filter((event) => !event.startsWith('xstate.'));
    expect(told.flatMap(wordsIn).sort()).toEqual([...heard].sort());
  }
});

it('[SC10] the picture of one node knows who tells each event, and no event that no chart takes', () => {
  const door = createMachine({ id: 'door', on: { push: { actions: 'open' } } });
  expect(() => planActors({ ...charts, door })).toThrow('who tells door push?');
  const { applier: _, ...others } = charts;
  expect(() => planActors(others)).toThrow(/no chart takes .*apply.completed, apply.failed/);
});

it('[SC10] an arrow has the id of what it shows', () => {
  const ids = drawn.flatMap(({ layout }) => layout.arrows.flatMap(({ way }) => way.arrow.ids));
  expect(ids).toContain('raft--entries.received--0');
  expect(ids).toContain('raft/follower.doubtful--after.electionTimeoutRest--0');
});

it('[SC9] a picture with a label over a box, or a line through words, is found out', () => {
  const layout = layOut(planPicture(readChart(charts.applier)));
  const [leaf] = layout.items.filter(({ children }) => children.length === 0);
  const moved = layout.arrows.map((arrow) => ({
    ...arrow,
    label: arrow.label === null || leaf === undefined ? null : leaf.box,
  }));
  expect(conflictsOf({ ...layout, arrows: moved })).not.toEqual([]);
  const bent = layout.arrows.map((arrow) => ({
    ...arrow,
    points: [...arrow.points, { x: 20, y: 20 }],
  }));
  expect(conflictsOf({ ...layout, arrows: bent })).not.toEqual([]);
});

const words = ['', 'Waits.', 'Waits for a word from whoever comes first, or gives up.'] as const;

/** Any tree of states, each within an earlier one, and arrows between any two of them. */
const anyChart = fc
  .record({
    states: fc.array(fc.record({ within: fc.nat(), kind: fc.nat(1), about: fc.nat(2) }), {
      minLength: 2,
      maxLength: 14,
    }),
    arrows: fc.array(fc.record({ from: fc.nat(), to: fc.nat(), guard: fc.constantFrom('isSo') }), {
      maxLength: 24,
    }),
  })
  .map(({ states, arrows }) => {
    const count = states.length + 1;
    const stateAt = (at: number): Record<string, unknown> => {
      const inside = states.flatMap(({ within }, place) =>
        within % (place + 1) === at ? [place + 1] : [],
      );
      const own = arrows.filter(({ from }) => from % count === at);
      return {
        id: `s${at}`,
        description: words[states[at - 1]?.about ?? 0],
        on: Object.fromEntries(
          own.map(({ to, guard }, place) => [
            `event.${place}`,
            { guard, target: `#s${to % count}`, actions: ['recordIt', 'tellOthers'] },
          ]),
        ),
        states: Object.fromEntries(inside.map((child) => [`s${child}`, stateAt(child)])),
        ...(inside.length > 1 && states[at - 1]?.kind === 1 && { type: 'parallel' }),
        ...(inside.length > 0 && { initial: `s${inside[0]}` }),
      };
    };
    return stateAt(0);
  });

const arrowTo = (target: string) => ({
  guard: 'isSo',
  target,
  actions: ['recordIt', 'tellOthers'],
});
/** An arrow from within a region to the region itself needs the lane beside all regions. */
const regions = {
  s6: { id: 's6' },
  s7: { id: 's7', initial: 's8', states: { s8: { on: { event: arrowTo('#s7') } } } },
  s9: { on: { event: arrowTo('#s6') } },
};
const waits = { description: 'Waits.' };
const REGION_LEFT = {
  id: 's0',
  initial: 's1',
  on: { event: arrowTo('#s1') },
  states: {
    s1: { id: 's1', type: 'parallel', states: regions },
    ...{ s2: {}, s3: {}, s4: waits, s5: waits },
  },
} as const;

it('[SC9] any chart is drawn without a conflict', () => {
  fc.assert(
    fc.property(anyChart, (chart) => {
      expect(conflictsOf(layOut(planPicture(readChart(createMachine(chart)))))).toEqual([]);
    }),
    { numRuns: 60, examples: [[REGION_LEFT]] },
  );
});

describe.each(['light', 'dark'] as const)('on a %s page', (scheme) => {
  it('[SC11] every ink stands out from every ground that it is used on', () => {
    const { page, ink, soft, guard } = PAGE[scheme];
    for (const tone of Object.values(TONES)) {
      const { fill, ink: name } = tone[scheme];
      for (const ground of [page, fill]) {
        for (const color of [ink, soft, guard, name]) {
          expect(contrast(color, ground), `${color} on ${ground}`).toBeGreaterThanOrEqual(4.5);
        }
      }
    }
  });

  it('[SC11] a picture has the colours of this page, and no rule that could change another', () => {
    for (const { layout } of drawn) {
      const [, style = ''] = /<style>\n([^<]*)<\/style>/.exec(drawSvg(layout, scheme)) ?? [];
      expect(style).toContain(`.page{fill:${PAGE[scheme].page}}`);
      const selectors = style.split('\n').flatMap((rule) => rule.split('{')[0]?.split(',') ?? []);
      for (const selector of selectors.filter((each) => each !== '')) {
        expect(selector).toMatch(new RegExp(`^\\.raftchart-${scheme} `));
      }
    }
  });
});

it('[SC7] a chart is drawn under the name of its file', () => {
  expect(Object.keys(charts).map(stemOf)).toEqual(
    expect.arrayContaining(['raft', 'node', 'log-writer']),
  );
});

/** What a reader reads, line after line. */
function textOf(svg: string): string {
  return svg
    .replaceAll(/<style>[\s\S]*?<\/style>/g, '')
    .replaceAll(/<\/text>/g, ' ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('&lt;', '<')
    .replaceAll('&quot;', '"')
    .replaceAll('&amp;', '&')
    .replaceAll(/\s+/g, ' ');
}

function wordsIn({ words }: Arrow): readonly string[] {
  return words.map(({ text }) => text.replace(',', ''));
}

function transitionWords(root: ChartState): readonly string[] {
  return [...statesOf(root)].flatMap(({ transitions }) =>
    transitions.flatMap((transition) =>
      wordsOf([transition]).map(({ text }) => text.replaceAll('\u00a0', ' ')),
    ),
  );
}

/** The chart as its JSON has it: a delay is no name there but a number. */
function inMilliseconds(root: ChartState, delays: ReadonlyMap<string, number>): unknown {
  const text = [...delays].reduce(
    (before, [name, length]) =>
      before
        .replaceAll(`--after.${name}--`, `--after.${length}--`)
        .replaceAll(`"kind":"after","name":"${name}"`, `"kind":"after","name":"${length}"`),
    JSON.stringify(root),
  );
  return JSON.parse(text);
}

/** As an arrow, or as a line of a container that names what is inside it. */
function isShown(root: ChartState, { arrows, lines }: Plan, { source, target }: Move): boolean {
  const from = source === root.id ? everywhereOf(root) : source;
  const name = source === target ? 'again' : target.split(/[./]/).at(-1);
  const isWritten = lines
    .get(from)
    ?.some(({ words }) => words.some(({ text }) => text === `→\u00a0${name}`));
  return isWritten === true || arrows.some((arrow) => arrow.from === from && arrow.to === target);
}

interface Move {
  readonly source: string;
  readonly target: string;
}

/** WCAG 2: (lighter + 0.05) / (darker + 0.05). */
function contrast(one: string, other: string): number {
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].sort(
    (left, right) => left - right,
  );
  return (light + 0.05) / (dark + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const share = Number.parseInt(color.slice(at, at + 2), 16) / 255;
    return share <= 0.040_45 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
