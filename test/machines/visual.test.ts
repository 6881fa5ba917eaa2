/**
 * The pictures of the charts: that they are complete, legible and always the same. How they are drawn is decided
 * in `visualizations/generator`; whether the committed ones are stale, in `tidy.test.ts`.
 */

import { describe, expect, it } from 'vitest';
import { createMachine } from 'xstate';
import { charts } from '../../machines/index.ts';
import { conflictsOf } from '../../visualizations/generator/conflicts.ts';
import { stemOf } from '../../visualizations/generator/files.ts';
import { writeJson } from '../../visualizations/generator/json.ts';
import { writeMermaid } from '../../visualizations/generator/mermaid.ts';
import { type Plan, planPicture } from '../../visualizations/generator/plan.ts';
import { layOut } from '../../visualizations/generator/search.ts';
import { drawSvg } from '../../visualizations/generator/svg.ts';
import { PAGE, type Scheme, TONES } from '../../visualizations/generator/theme.ts';
import { type ChartState, readChart, statesOf } from '../../visualizations/generator/walk.ts';
import { captionOf } from '../../visualizations/generator/words.ts';

const drawn = await Promise.all(
  Object.entries(charts).map(async ([name, machine]) => {
    const root = readChart(machine);
    const plan = planPicture(root);
    return { name, machine, root, plan, layout: await layOut(plan) };
  }),
);

describe.each(drawn)('the picture of $name', ({ machine, root, plan, layout }) => {
  const svg = drawSvg(layout);

  it('[SC8] is the same, byte for byte, when it is drawn again', async () => {
    expect(drawSvg(await layOut(planPicture(readChart(machine))))).toBe(svg);
  });

  it('[SC9] covers nothing, cuts nothing and leaves no arrow hanging', () => {
    expect(conflictsOf(layout)).toEqual([]);
  });

  it('[SC10] shows every state with its name and its description', () => {
    const text = textOf(svg);
    for (const state of [...statesOf(root)].slice(1)) {
      expect(svg).toContain(`data-state="${state.id}"`);
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
        expect(isShown(plan, source, target), `${source} → ${target}`).toBe(true);
    }
  });

  it('[SC12] imports from its JSON with the same states, ids and transitions', () => {
    const imported = createMachine(JSON.parse(writeJson(machine)));
    expect(readChart(imported)).toEqual(root);
  });

  it('[SC13] has the same states and arrows in its mermaid text', () => {
    const mermaid = writeMermaid(plan);
    const states = [...statesOf(root)];
    for (const { key } of states.slice(1)) expect(mermaid).toContain(`state "${key}" as `);
    const starts = states.filter(({ initial }) => initial !== null).length;
    const ends = states.filter(({ type }) => type === 'final').length;
    const arrows = mermaid.split('\n').filter((line) => line.includes('-->'));
    expect(arrows).toHaveLength(plan.arrows.length + starts + ends);
  });
});

it('[SC9] a picture with a label over a box is found out', async () => {
  const layout = await layOut(planPicture(readChart(charts.applier)));
  const arrows = layout.arrows.map((arrow) => {
    const [box] = [...layout.leaves].flatMap((id) => layout.boxes.get(id) ?? []);
    return arrow.label === null || box === undefined ? arrow : { ...arrow, label: box };
  });
  expect(conflictsOf({ ...layout, arrows })).not.toEqual([]);
});

it('[SC9] a chart that nobody has arranged is drawn without a conflict as well', async () => {
  const chart = createMachine({
    id: 'door',
    initial: 'shut',
    on: { alarm: '.locked' },
    states: {
      shut: { on: { push: 'open', lock: 'locked' } },
      open: {
        initial: 'ajar',
        on: { pull: 'shut' },
        states: { ajar: { after: { 500: 'wide' } }, wide: { on: { push: { target: 'ajar' } } } },
      },
      locked: { type: 'parallel', states: { bolt: {}, chain: {} }, on: { unlock: 'shut' } },
    },
  });
  expect(conflictsOf(await layOut(planPicture(readChart(chart))))).toEqual([]);
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

  it('[SC11] the style sheet has the colours of this page', () => {
    const [svg] = drawn.map(({ layout }) => drawSvg(layout));
    expect(ruleOf(svg ?? '', scheme)).toContain(`.page{fill:${PAGE[scheme].page}}`);
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

function transitionWords(root: ChartState): readonly string[] {
  return [...statesOf(root)].flatMap((state) =>
    state.transitions.flatMap((transition) => {
      const { events, guard, action } = captionOf([transition]);
      return [...events, guard, action].map((words) => words.replaceAll('\u00a0', ' '));
    }),
  );
}

/** As an arrow, or as a line of a container that names what is inside it. */
function isShown(
  { root, everywhere, arrows, lines }: Plan,
  source: string,
  target: string,
): boolean {
  const from = source === root.id ? everywhere : source;
  const name = source === target ? 'again' : target.slice(target.lastIndexOf('.') + 1);
  const isWritten = lines.get(from)?.some((line) => line.target === name) === true;
  return isWritten || arrows.some((arrow) => arrow.from === from && arrow.to === target);
}

function ruleOf(svg: string, scheme: Scheme): string {
  const [light = '', dark = ''] = svg.split('@media (prefers-color-scheme:dark)');
  return scheme === 'light' ? light : dark;
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
