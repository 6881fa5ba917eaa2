/** What the programs of this directory show: tables, and how long they will still take. */

/** Columns as wide as their widest cell; those of numbers to the right. The first row is the head. */
export function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows;
  const columns = head.map((_, at) => {
    const width = Math.max(...rows.map((row) => row[at]?.length ?? 0));
    const isNumeric = body.every((row) => /^[\d.,]+$/.test(row[at] ?? ''));
    return (text: string) => (isNumeric ? text.padStart(width) : text.padEnd(width));
  });
  const lines = rows.map((row) => columns.map((pad, at) => pad(row[at] ?? '')).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}

/** Begins now. Returns what says how long the rest takes after a part of `total`, in words. */
export function timeLeft(total: number): (done: number) => string {
  const begun = performance.now();
  return (done) => {
    const leftSeconds = Math.ceil((((performance.now() - begun) / done) * (total - done)) / 1_000);
    return leftSeconds < 600
      ? `about ${leftSeconds} s left`
      : `about ${Math.ceil(leftSeconds / 60)} min left`;
  };
}
