/**
 * Where bounds stand (SC29): those of each part on one page, its `limits.ts`, with what happens when each is reached,
 * so that whoever asks what a node can be made to hold reads ten pages and not three hundred files.
 */
import type { Expression, Node } from 'oxc-parser';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { wordOf } from './syntax.ts';

const PAGE = /(^|\/|-)limits\.ts$/;
const BOUND_NAME = /(^|_)(MAX|MIN)(_|$)/;
/** Tools, of which nobody asks what they hold. */
const TOOLS = 'src/testing/';

/** Numbers that are named or labelled as a bound. What is made up of several, by kind, stands where its kinds do. */
export function scatteredBounds(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, 'src', 'machines')]
    .filter(({ path }) => !PAGE.test(path) && !path.startsWith(TOOLS))
    .flatMap((file) =>
      file.program.body.flatMap((statement) =>
        numbersOf(statement)
          .filter((name) => BOUND_NAME.test(name) || isLabelled(file, statement.start))
          .map((name) => offence(file, statement.start, `${name} belongs in a limits.ts.`)),
      ),
    );
}

function numbersOf(statement: Node): readonly string[] {
  const inner = statement.type === 'ExportNamedDeclaration' ? statement.declaration : statement;
  if (inner?.type !== 'VariableDeclaration') return [];
  return inner.declarations.flatMap(({ id, init }) =>
    init !== null && isNumber(init) ? (wordOf(id) ?? []) : [],
  );
}

function isNumber(value: Expression): boolean {
  if (value.type === 'Literal') return typeof value.value === 'number';
  return value.type === 'BinaryExpression' || value.type === 'UnaryExpression';
}

function isLabelled({ comments, text }: SourceFile, start: number): boolean {
  const above = comments.findLast(({ end }) => end <= start);
  return above?.value.includes('Bound:') === true && text.slice(above.end, start).trim() === '';
}
