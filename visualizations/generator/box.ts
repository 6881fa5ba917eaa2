/**
 * The text inside a box: name, description, and the lines of what it does, broken to a readable width,
 * each line at its place. Sizes come from here; the layout only moves boxes about.
 */

import type { Size } from './geometry.ts';
import type { BoxLine } from './plan.ts';
import { lineOf, type Span, type TextLine, TIE, wrap } from './text.ts';
import type { Caption } from './words.ts';

export interface PlacedLine extends TextLine {
  readonly x: number;
  /** The baseline, from the top of the box. */
  readonly y: number;
}

export interface BoxText {
  readonly width: number;
  readonly height: number;
  readonly lines: readonly PlacedLine[];
  /** Where a thin rule parts what a state is from what it does; `null` without the latter. */
  readonly ruleAt: number | null;
}

export interface BoxContent {
  readonly heading: Span;
  readonly description: string;
  readonly lines: readonly BoxLine[];
  readonly widthMax: number;
  /** Of the lines of what it does. */
  readonly columns: number;
}

const PADDING = 12;
const INDENT = 14;
/** The room that the thin rule takes. */
const RULE = 12;
const COLUMN_GAP = 24;
/** A second column is begun only when the first has this many lines. */
const LINES_MIN = 4;
/** Where a line of text stands in its height. */
export const BASELINE = 0.78;

export function setBox(content: BoxContent): BoxText {
  const about = setAbout(content);
  const does = setDoes(content);
  const height = about.height + does.height;
  return {
    width: Math.ceil(Math.max(about.width, does.width)) + 2 * PADDING,
    height: PADDING + height + PADDING - 2 + (does.height > 0 ? RULE : 0),
    lines: [
      ...about.lines.map((line) => shifted(line, PADDING)),
      ...does.lines.map((line) => shifted(line, PADDING + about.height + RULE)),
    ],
    ruleAt: does.height > 0 ? PADDING + about.height + RULE / 2 : null,
  };
}

interface Column extends Size {
  readonly lines: readonly PlacedLine[];
}

function setAbout({ heading, description, widthMax }: BoxContent): Column {
  const lines = [...wrap([heading], widthMax), ...wrapDescription(description, widthMax)];
  return setColumn(lines.map((line) => ({ x: 0, line })));
}

function setDoes({ lines, widthMax, columns }: BoxContent): Column {
  const count = Math.min(columns, Math.max(1, Math.ceil(lines.length / LINES_MIN)));
  const perColumn = Math.ceil(lines.length / count);
  const widthOfOne = (widthMax - (count - 1) * COLUMN_GAP) / count;
  let found: Column = { lines: [], width: 0, height: 0 };
  for (let from = 0; from < lines.length; from += perColumn) {
    const part = lines.slice(from, from + perColumn);
    const column = setColumn(part.flatMap((line) => wrapLine(line, widthOfOne)));
    const x = from === 0 ? 0 : found.width + COLUMN_GAP;
    found = {
      lines: [...found.lines, ...column.lines.map((line) => ({ ...line, x: line.x + x }))],
      width: x + column.width,
      height: Math.max(found.height, column.height),
    };
  }
  return found;
}

function setColumn(lines: readonly IndentedLine[]): Column {
  const placed: PlacedLine[] = [];
  let y = 0;
  for (const { x, line } of lines) {
    placed.push({ ...line, x, y: y + Math.round(line.height * BASELINE) });
    y += line.height;
  }
  const width = Math.max(0, ...placed.map((line) => line.x + line.width));
  return { lines: placed, width, height: y };
}

function shifted(line: PlacedLine, down: number): PlacedLine {
  return { ...line, x: line.x + PADDING, y: line.y + down };
}

/** The lines of an arrow's label: its events, its condition, its actions. */
export function setLabel({ events, guard, action }: Caption): readonly TextLine[] {
  const lines = events.map((event, position) =>
    lineOf({ text: position < events.length - 1 ? `${event},` : event, style: 'event' }),
  );
  if (guard !== '') lines.push(lineOf({ text: guard, style: 'guard' }));
  if (action !== '') lines.push(...wrap([{ text: action, style: 'action' }], 150, 10));
  return lines;
}

function wrapDescription(description: string, widthMax: number): readonly TextLine[] {
  return description === '' ? [] : wrap([{ text: description, style: 'description' }], widthMax);
}

interface IndentedLine {
  readonly x: number;
  readonly line: TextLine;
}

function wrapLine(line: BoxLine, widthMax: number): readonly IndentedLine[] {
  const wrapped = wrap(spansOf(line), widthMax, INDENT);
  return wrapped.map((part, position) => ({ x: position === 0 ? 0 : INDENT, line: part }));
}

function spansOf({ mark, caption, target }: BoxLine): readonly Span[] {
  const events = caption.events.join(', ');
  if (mark === 'entry' || mark === 'exit' || mark === 'runs') {
    return [
      { text: mark, style: 'mark' },
      { text: mark === 'runs' ? events : `/${TIE}${events}`, style: 'action' },
    ];
  }
  const spans: Span[] = [
    { text: mark, style: 'mark' },
    { text: events, style: 'event' },
    { text: caption.guard, style: 'guard' },
    { text: caption.action, style: 'action' },
    { text: target === null ? '' : `→${TIE}${target}`, style: 'target' },
  ];
  return spans.filter(({ text }) => text !== '');
}
