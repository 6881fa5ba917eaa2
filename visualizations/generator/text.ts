/**
 * How wide text is, and where it breaks. Widths are those of DejaVu Sans, the widest face a reader is
 * likely to fall back to, so that nothing is cut anywhere; most readers see a little more air.
 */

export const FACES = {
  title: { size: 22, isBold: true },
  name: { size: 15, isBold: true },
  caption: { size: 13, isBold: true },
  description: { size: 12, isBold: false },
  event: { size: 12, isBold: true },
  guard: { size: 12, isBold: false },
  action: { size: 12, isBold: false },
  mark: { size: 12, isBold: false },
} as const;
export type Style = keyof typeof FACES;

export interface Span {
  readonly text: string;
  readonly style: Style;
}

export interface TextLine {
  readonly spans: readonly Span[];
  readonly width: number;
  readonly height: number;
}

/** In hundredths of the font size, from the space to the tilde. */
const REGULAR =
  '32 40 46 84 64 95 78 27 39 39 50 84 32 36 32 34 64 64 64 64 64 64 64 64 64 64 34 34 84 84 84 53 100 68 69 70 77 63 58 77 75 29 29 66 56 86 75 79 60 79 69 63 61 73 68 99 69 61 69 39 34 39 84 50 50 61 63 55 63 62 35 63 63 28 28 58 28 97 63 61 63 63 41 52 39 63 59 82 59 59 52 64 34 64 84'
    .split(' ')
    .map(Number);
const BOLD =
  '35 46 52 84 70 100 87 31 46 46 52 84 38 42 38 37 70 70 70 70 70 70 70 70 70 70 40 40 84 84 84 58 100 77 76 73 83 68 68 82 84 37 37 77 64 100 84 85 73 85 77 72 68 81 77 110 77 72 73 46 37 46 84 50 50 67 72 59 72 68 44 72 71 34 34 67 34 104 71 69 72 72 49 60 48 71 65 92 65 65 58 71 37 71 84'
    .split(' ')
    .map(Number);
/** Ties words together that must not part at the end of a line. */
export const TIE = '\u00a0';
/** Anything else is taken to be as wide as the widest letter. */
const WIDEST = 110;

function textWidth({ text, style }: Span): number {
  const { size, isBold } = FACES[style];
  const widths = isBold ? BOLD : REGULAR;
  let hundredths = 0;
  for (const character of text.replaceAll(TIE, ' ')) {
    hundredths += widths[character.charCodeAt(0) - 32] ?? WIDEST;
  }
  return (hundredths * size) / 100;
}

/** Breaks between words, never inside one; lines after the first are indented. */
export function wrap(spans: readonly Span[], widthMax: number, indent = 0): readonly TextLine[] {
  const words = spans.flatMap(({ text, style }) =>
    text.split(' ').map((word) => ({ text: word, style })),
  );
  const lines: Span[][] = [];
  let used = Number.POSITIVE_INFINITY;
  for (const word of words) {
    const spaced = { ...word, text: ` ${word.text}` };
    if (used + textWidth(spaced) > widthMax) {
      used = (lines.length === 0 ? 0 : indent) + textWidth(word);
      lines.push([word]);
    } else {
      used += textWidth(spaced);
      append(lines.at(-1) ?? [], spaced);
    }
  }
  return lines.map((line) => lineOf(...line));
}

/** Neighbours of one style become one span. */
function append(line: Span[], word: Span): void {
  const last = line.at(-1);
  if (last?.style !== word.style) line.push(word);
  else line.splice(-1, 1, { ...word, text: last.text + word.text });
}

export function lineOf(...spans: readonly Span[]): TextLine {
  const width = spans.reduce((sum, span) => sum + textWidth(span), 0);
  const size = Math.max(...spans.map(({ style }) => FACES[style].size));
  return { spans, width, height: Math.round(size * 1.36) };
}
