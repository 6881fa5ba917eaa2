/**
 * A violation for people: one line for each operation, with a bar from its call to its return, so that one sees
 * what overlaps, in which order what fits was placed, and what did not fit. Bars show order, not duration:
 * each call and each return has a column of its own, so that the shortest gap is as visible as the longest.
 */
import type { Violation } from './check-linearizability.ts';
import type { Operation } from './operation.ts';
import type { SequentialModel } from './sequential-model.ts';

/** Bound: of more operations those are shown that do not fit, and those called last before them. */
const OPERATIONS_SHOWN_MAX = 20;

/** Room for a call and a return of each operation shown. */
const BAR_COLUMNS = 2 * OPERATIONS_SHOWN_MAX;
const PLACE_COLUMNS = 5;
const CLIENT_COLUMNS = 6;
const LABEL_COLUMNS = 26;
const LINE_COLUMNS = 80;

/**
 * At most 24 lines of at most 80 columns. `✗` marks what does not fit; a number, the place of an operation in the
 * longest order that does; neither, what is called too late to come next, or is unknown and was not needed.
 */
export function describeViolation<State, Input, Output>(
  model: SequentialModel<State, Input, Output>,
  violation: Violation<Input, Output>,
): string {
  const { partition, operations, longestOrder, misfits, state } = violation;
  const shown = shownOf(violation);
  const columns = columnsOf(shown);
  const lines = [
    `no order explains the ${operations.length} operations of ${oneLine(partition)}`,
    ...shown.map((operation) => {
      const place = longestOrder.indexOf(operation);
      const mark = misfits.includes(operation) ? '✗' : place < 0 ? '' : String(place + 1);
      return lineOf(mark, operation, model.describe(operation.input, operation.output), columns);
    }),
  ];
  const leftOut = operations.length - shown.length;
  if (leftOut > 0) lines.push(`${leftOut} operations are left out`);
  lines.push(`${longestOrder.length} fit one after another, and lead to: ${oneLine(state)}`);
  lines.push('✗ has to come next then, and does not fit');
  return lines.map((line) => cut(line, LINE_COLUMNS)).join('\n');
}

/** In the order of their calls. */
function shownOf<Input, Output>({
  operations,
  misfits,
}: Violation<Input, Output>): readonly Operation<Input, Output>[] {
  const lastCall = Math.max(...misfits.map(({ calledAt }) => calledAt));
  const isMisfit = new Set(misfits);
  const others = operations
    .filter((operation) => !isMisfit.has(operation))
    .sort((left, right) => distance(left, lastCall) - distance(right, lastCall));
  return [...misfits, ...others]
    .slice(0, OPERATIONS_SHOWN_MAX)
    .sort((left, right) => left.calledAt - right.calledAt);
}

/** What was called later explains nothing, and comes last. */
function distance({ calledAt }: Operation<unknown, unknown>, position: number): number {
  return calledAt <= position ? position - calledAt : Number.MAX_SAFE_INTEGER / 2 + calledAt;
}

/** Which column stands for which position. */
function columnsOf(
  operations: readonly Operation<unknown, unknown>[],
): ReadonlyMap<number, number> {
  const positions = operations.flatMap(({ calledAt, returnedAt, output }) =>
    output === null || returnedAt === null ? [calledAt] : [calledAt, returnedAt],
  );
  const ordered = [...new Set(positions)].sort((left, right) => left - right);
  return new Map(ordered.map((position, column) => [position, column]));
}

function lineOf<Input, Output>(
  mark: string,
  { client, calledAt, returnedAt, output }: Operation<Input, Output>,
  label: string,
  columns: ReadonlyMap<number, number>,
): string {
  const from = columns.get(calledAt) ?? 0;
  const through = output === null || returnedAt === null ? null : (columns.get(returnedAt) ?? from);
  const words = [
    cut(mark, PLACE_COLUMNS - 1).padStart(PLACE_COLUMNS - 1),
    cut(oneLine(String(client)), CLIENT_COLUMNS).padEnd(CLIENT_COLUMNS),
    cut(oneLine(label), LABEL_COLUMNS).padEnd(LABEL_COLUMNS),
  ];
  return `${words.join(' ')} ${bar(from, through)}`.trimEnd();
}

/** `through` is inclusive; `null`: the bar ends in an arrow, at the right edge. */
function bar(from: number, through: number | null): string {
  if (through === null) return `${' '.repeat(from)}|${'-'.repeat(BAR_COLUMNS - from - 2)}>`;
  if (from === through) return `${' '.repeat(from)}|`;
  return `${' '.repeat(from)}|${'-'.repeat(through - from - 1)}|`;
}

function cut(text: string, columns: number): string {
  return text.length <= columns ? text : `${text.slice(0, columns - 1)}…`;
}

/** What a model or a user calls things may hold line breaks. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ');
}
