/**
 * The text inside a box: name, description, and the lines of what it does, broken to the width of the box, each
 * line at its place. The height of a box comes from here.
 */
import type { BoxLine } from './plan.ts';
import { lineOf, type Span, type TextLine, wrap } from './text.ts';

export interface PlacedLine extends TextLine {
  /** From the corner of what holds it; `y` is the baseline. */
  readonly x: number;
  readonly y: number;
}

/** What is said about one thing. */
interface Passage {
  readonly ids: readonly string[];
  readonly lines: readonly PlacedLine[];
}

export interface BoxText {
  readonly height: number;
  readonly passages: readonly Passage[];
  /** Where a thin rule parts what a state is from what it does; `null` without the latter. */
  readonly ruleAt: number | null;
}

/** x grows to the right, y downwards. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

interface BoxContent {
  readonly heading: Span;
  readonly description: string;
  readonly lines: readonly BoxLine[];
  readonly width: number;
}

export const PADDING = 12;
const INDENT = 14;
/** The room that the thin rule takes. */
const RULE = 12;
const COLUMN_GAP = 20;
/** What a box does stands in two columns where each has this much room, and enough to hold. */
const COLUMN_MIN = 225;
const LINES_MIN = 4;
/** Where a line of text stands in its height. */
export const BASELINE = 0.78;

export function setBox({ heading, description, lines, width }: BoxContent): BoxText {
  const room = width - 2 * PADDING;
  const words = description === '' ? [] : wrap([{ text: description, style: 'description' }], room);
  const about = stack([lineOf(heading), ...words], { x: PADDING, y: PADDING });
  const top = PADDING + heightOf(about);
  const does = setDoes(lines, room, top + RULE);
  return {
    height: Math.max(top, ...does.map(bottomOf)) + PADDING - 2,
    passages: [{ ids: [], lines: about }, ...does],
    ruleAt: lines.length === 0 ? null : top + RULE / 2,
  };
}

function setDoes(lines: readonly BoxLine[], room: number, y: number): readonly Passage[] {
  const half = (room - COLUMN_GAP) / 2;
  if (lines.length < LINES_MIN || half < COLUMN_MIN)
    return setColumn(lines, room, { x: PADDING, y });
  const cut = Math.ceil(lines.length / 2);
  return [
    ...setColumn(lines.slice(0, cut), half, { x: PADDING, y }),
    ...setColumn(lines.slice(cut), half, { x: PADDING + half + COLUMN_GAP, y }),
  ];
}

function setColumn(lines: readonly BoxLine[], width: number, { x, y }: Point): readonly Passage[] {
  let top = y;
  return lines.map(({ ids, words }) => {
    const [first, ...others] = stack(wrap(words, width, INDENT), { x, y: top });
    const placed = [
      ...(first === undefined ? [] : [first]),
      ...others.map((line) => ({ ...line, x: x + INDENT })),
    ];
    top += heightOf(placed);
    return { ids, lines: placed };
  });
}

function bottomOf({ lines }: Passage): number {
  const last = lines.at(-1);
  return last === undefined ? 0 : last.y + last.height - Math.round(last.height * BASELINE);
}

/** One below the other. */
export function stack(lines: readonly TextLine[], { x, y }: Point): readonly PlacedLine[] {
  return lines.map((line, at) => {
    const above = heightOf(lines.slice(0, at));
    return { ...line, x, y: y + above + Math.round(line.height * BASELINE) };
  });
}

export function heightOf(lines: readonly TextLine[]): number {
  return lines.reduce((sum, { height }) => sum + height, 0);
}

/** The lines of an arrow's label; its actions may take several. */
export function setLabel(words: readonly Span[]): readonly TextLine[] {
  return words.flatMap((word) =>
    word.style === 'action' ? wrap([word], 160, 10) : [lineOf(word)],
  );
}
