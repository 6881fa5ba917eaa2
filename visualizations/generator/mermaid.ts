/**
 * Writes a chart as a mermaid `stateDiagram-v2`, which code hosts and many editors draw on their own. It
 * says the same as the SVG, in text that a reviewer can read in a diff.
 */
import type { ChartState } from './chart.ts';
import type { BoxLine, Caption, Plan } from './plan.ts';
import { TIE } from './text.ts';

export function writeMermaid(plan: Plan): string {
  const { root, everywhere } = plan;
  const rules = plan.lines.get(everywhere) ?? [];
  const leads = plan.arrows.some(({ from }) => from === everywhere);
  return [
    '---',
    `title: ${root.key}`,
    '---',
    'stateDiagram-v2',
    `  %% ${root.description}`,
    ...start(root, '  '),
    ...root.states.flatMap((state) => writeState(state, plan, '  ')),
    ...(rules.length > 0 || leads ? writeEverywhere(plan, rules) : []),
    ...plan.arrows.map(({ from, to, caption }) => `  ${arrow(from, to, words(caption))}`),
    ...plan.notes.map(({ heading, text }) => `  %% ${heading} ${text}`),
    '',
  ].join('\n');
}

function writeState(state: ChartState, plan: Plan, indent: string): readonly string[] {
  const name = `state "${state.key}" as ${idOf(state.id)}`;
  const about = [state.description, ...(plan.lines.get(state.id) ?? []).map(lineWords)];
  if (state.states.length === 0) {
    const end = state.type === 'final' ? [`${indent}${idOf(state.id)} --> [*]`] : [];
    const texts = about.map((text) => `${indent}${idOf(state.id)} : ${plain(text)}`);
    return [`${indent}${name}`, ...texts, ...end];
  }
  const inner = `${indent}  `;
  const children = state.states.flatMap((child, place) => [
    ...(state.type === 'parallel' && place > 0 ? [`${inner}--`] : []),
    ...writeState(child, plan, inner),
  ]);
  return [
    `${indent}${name} {`,
    ...start(state, inner),
    ...children,
    `${indent}}`,
    `${indent}note right of ${idOf(state.id)}`,
    ...about.map((text) => `${inner}${plain(text)}`),
    `${indent}end note`,
  ];
}

function writeEverywhere({ everywhere }: Plan, rules: readonly BoxLine[]): readonly string[] {
  return [
    `  state "in every state, unless it says otherwise" as ${idOf(everywhere)}`,
    ...rules.map((line) => `  ${idOf(everywhere)} : ${plain(lineWords(line))}`),
  ];
}

function start({ initial }: ChartState, indent: string): readonly string[] {
  return initial === null ? [] : [`${indent}[*] --> ${idOf(initial)}`];
}

function arrow(from: string, to: string, label: string): string {
  return `${idOf(from)} --> ${idOf(to)}${label === '' ? '' : ` : ${plain(label)}`}`;
}

function lineWords({ mark, caption, target }: BoxLine): string {
  const names = caption.events.join(', ');
  if (mark === 'entry' || mark === 'exit') return `${mark} / ${names}`;
  if (mark === 'runs') return `runs ${names}`;
  return `${mark} ${words(caption)}${target === null ? '' : ` → ${target}`}`.trim();
}

function words({ events, guard, action }: Caption): string {
  return [events.join(', '), guard, action].filter((part) => part !== '').join(' ');
}

function idOf(id: string): string {
  return id.replaceAll(/[^A-Za-z0-9]/g, '_');
}

/** Some readers of mermaid end a text at a colon or semicolon, and take `1. ` for the start of a list. */
function plain(text: string): string {
  return text
    .replaceAll(TIE, ' ')
    .replaceAll(/[;:]/g, ' –')
    .replaceAll(/(\d)\. /g, '$1 ');
}
