/**
 * The text inside a box: name, description, and the lines of what it does, broken to the width of the box, each
 * line at its place. The height of a box comes from here.
 */
import type { BoxLine } from './plan.ts';
import { lineOf, type Span, type TextLine, wrap } from './text.ts';

export interface PlacedLine extends TextLine {
  /** From the corner of the box; `y` is the baseline. */
  readonly x: number;
  readonly y: number;
  /** Of the transitions that it tells. */
  readonly ids: readonly string[];
}

export interface BoxText {
  readonly height: number;
  readonly lines: readonly PlacedLine[];
  /** Where a thin rule parts what a state is from what it does; `null` without the latter. */
  readonly ruleAt: number | null;
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
  const about = stack(
    [lineOf(heading), ...words].map((line) => ({ ...line, x: PADDING, y: 0, ids: [] })),
    PADDING,
  );
  if (lines.length === 0) return { ...about, height: about.height + PADDING - 2, ruleAt: null };
  const does = setDoes(lines, room, about.height + RULE);
  return {
    height: does.height + PADDING - 2,
    lines: [...about.lines, ...does.lines],
    ruleAt: about.height + RULE / 2,
  };
}

interface Column {
  readonly height: number;
  readonly lines: readonly PlacedLine[];
}

function setDoes(lines: readonly BoxLine[], room: number, top: number): Column {
  const half = (room - COLUMN_GAP) / 2;
  if (lines.length < LINES_MIN || half < COLUMN_MIN) return setColumn(lines, room, PADDING, top);
  const cut = Math.ceil(lines.length / 2);
  const left = setColumn(lines.slice(0, cut), half, PADDING, top);
  const right = setColumn(lines.slice(cut), half, PADDING + half + COLUMN_GAP, top);
  return {
    lines: [...left.lines, ...right.lines],
    height: Math.max(left.height, right.height),
  };
}

function setColumn(lines: readonly BoxLine[], width: number, x: number, top: number): Column {
  const broken = lines.flatMap((line) =>
    wrap(line.words, width, INDENT).map((part, at) => ({
      ...part,
      x: at === 0 ? x : x + INDENT,
      y: 0,
      ids: line.ids,
    })),
  );
  return stack(broken, top);
}

/** One below the other. */
function stack(lines: readonly PlacedLine[], top: number): Column {
  let height = top;
  const placed = lines.map((line) => {
    const y = height + Math.round(line.height * BASELINE);
    height += line.height;
    return { ...line, y };
  });
  return { lines: placed, height };
}

/** The lines of an arrow's label; its actions may take several. */
export function setLabel(words: readonly Span[]): readonly TextLine[] {
  return words.flatMap((word) =>
    word.style === 'action' ? wrap([word], 160, 10) : [lineOf(word)],
  );
}
