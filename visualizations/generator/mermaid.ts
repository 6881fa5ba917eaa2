/**
 * Writes a chart as a mermaid `stateDiagram-v2`, which code hosts and many editors draw on their own. It
 * says the same as the SVG, in text that a reviewer can read in a diff.
 */
import type { ChartState } from './chart.ts';
import type { Plan } from './plan.ts';
import { type Span, TIE } from './text.ts';

export function writeMermaid(plan: Plan): string {
  const { root, arrows, notes } = plan;
  return [
    '---',
    `title: ${root.key}`,
    '---',
    'stateDiagram-v2',
    `  %% ${root.description}`,
    ...start(root, '  '),
    ...root.states.flatMap((state) => writeState(state, plan, '  ')),
    ...arrows.map(({ from, to, words }) => {
      const label = words.length === 0 ? '' : ` : ${plain(words)}`;
      return `  ${idOf(from)} --> ${idOf(to)}${label}`;
    }),
    ...notes.map((note) => `  %% ${note}`),
    '',
  ].join('\n');
}

function writeState(state: ChartState, plan: Plan, indent: string): readonly string[] {
  const id = idOf(state.id);
  const description: Span = { text: state.description, style: 'description' };
  const lines = (plan.lines.get(state.id) ?? []).map(({ words }) => plain(words));
  const about = [plain([description]), ...lines];
  const name = `${indent}state "${state.key}" as ${id}`;
  if (state.states.length === 0) {
    const end = state.type === 'final' ? [`${indent}${id} --> [*]`] : [];
    return [name, ...about.map((text) => `${indent}${id} : ${text}`), ...end];
  }
  const inner = `${indent}  `;
  const children = state.states.flatMap((child, place) => [
    ...(state.type === 'parallel' && place > 0 ? [`${inner}--`] : []),
    ...writeState(child, plan, inner),
  ]);
  const note = [`${indent}note right of ${id}`, ...about.map((text) => inner + text)];
  return [
    `${name} {`,
    ...start(state, inner),
    ...children,
    `${indent}}`,
    ...note,
    `${indent}end note`,
  ];
}

function start({ initial }: ChartState, indent: string): readonly string[] {
  return initial === null ? [] : [`${indent}[*] --> ${idOf(initial)}`];
}

function idOf(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9]/g, '_');
}

/** Some readers of mermaid end a text at a colon or semicolon, and take `1. ` for the start of a list. */
function plain(words: readonly Span[]): string {
  return words
    .map(({ text }) => text)
    .join(' ')
    .replaceAll(TIE, ' ')
    .replaceAll(/[;:]/g, ' –')
    .replaceAll(/(\d)\. /g, '$1 ');
}
