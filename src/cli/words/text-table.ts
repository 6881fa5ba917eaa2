/** Columns for people: as wide as their widest cell, numbers to the right. */

export type Cell = string | number | null;

export function textTable(head: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const lines = [head, ...rows].map((row) => row.map(cellText));
  const widths = head.map((_, column) =>
    Math.max(...lines.map((line) => visibleLength(line[column] ?? ''))),
  );
  const rendered = lines.map((line, at) =>
    line.map((text, column) => {
      const isNumber = at > 0 && typeof rows[at - 1]?.[column] === 'number';
      const space = ' '.repeat((widths[column] ?? 0) - visibleLength(text));
      return isNumber ? space + text : text + space;
    }),
  );
  return `${rendered.map((cells) => cells.join('  ').trimEnd()).join('\n')}\n`;
}

function cellText(cell: Cell): string {
  return cell === null ? '-' : String(cell);
}

function visibleLength(text: string): number {
  return [...text].length;
}
