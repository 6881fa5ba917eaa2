/**
 * Columns for people: as wide as their widest cell on a terminal, where a Chinese character or an emoji takes two
 * places (CL17); numbers to the right.
 */

export type Cell = string | number | null;

export async function textTable(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
): Promise<string> {
  const lines = [head, ...rows].map((row) => row.map(cellText));
  const widthOf = await measureFor(lines.flat());
  const widths = head.map((_, column) =>
    lines.reduce((widest, line) => Math.max(widest, widthOf(line[column] ?? '')), 0),
  );
  const rendered = lines.map((line, at) =>
    line.map((text, column) => {
      const isNumber = at > 0 && typeof rows[at - 1]?.[column] === 'number';
      const space = ' '.repeat((widths[column] ?? 0) - widthOf(text));
      return isNumber ? space + text : text + space;
    }),
  );
  return `${rendered.map((cells) => cells.join('  ').trimEnd()).join('\n')}\n`;
}

function cellText(cell: Cell): string {
  return cell === null ? '-' : String(cell);
}

const ONE_PLACE_EACH = /^[ -~…]*$/;

/** Loaded only for what needs it: the tables of characters take as long as a tenth of a short command. */
async function measureFor(texts: readonly string[]): Promise<(text: string) => number> {
  if (texts.every((text) => ONE_PLACE_EACH.test(text))) return (text) => text.length;
  const { default: stringWidth } = await import('string-width');
  return stringWidth;
}
