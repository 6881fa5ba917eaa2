/** Loopholes of the type checker and of the test runner that are not used here. */
import type { Node } from 'oxc-parser';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { calleeName, nodesOf, wordOf } from './syntax.ts';

export function loopholes(tree: SourceTree): readonly Offence[] {
  return [...tree.files.values()].flatMap((file) =>
    [...nodesOf(file)].flatMap(({ node }) => {
      const sentence = loophole(node);
      return sentence === null ? [] : [offence(file, node.start, sentence)];
    }),
  );
}

function loophole(node: Node): string | null {
  switch (node.type) {
    case 'TSAnyKeyword':
      return '`any` switches the type checker off; say `unknown` and look.';
    case 'TSNonNullExpression':
      return '`!` claims what the type checker could check.';
    case 'TSEnumDeclaration':
      return 'an enum is not erasable; use a union of literals.';
    case 'PropertyDefinition':
      return node.definite === true ? '`!` claims what the type checker could check.' : null;
    case 'VariableDeclarator':
      return node.definite === true ? '`!` claims what the type checker could check.' : null;
    default:
      return null;
  }
}

/** SC26: what is of one of several types is told apart case by case; a type that comes later is not decided by a `default`. */
export function undecidedTypes(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, 'src', 'machines')].flatMap((file) =>
    [...nodesOf(file)].flatMap(({ node }) => {
      if (node.type !== 'SwitchStatement' || node.discriminant.type !== 'MemberExpression') {
        return [];
      }
      if (wordOf(node.discriminant.property) !== 'type') return [];
      const last = node.cases.find(({ test }) => test === null);
      if (last?.consequent.some(isUnreachable) === true) return [];
      return [
        offence(file, node.start, 'lists every type, and ends in `default: unreachable(…)`.'),
      ];
    }),
  );
}

function isUnreachable(statement: Node): boolean {
  const call =
    statement.type === 'ReturnStatement'
      ? statement.argument
      : statement.type === 'ExpressionStatement'
        ? statement.expression
        : null;
  return call?.type === 'CallExpression' && calleeName(call.callee) === 'unreachable';
}

const RUNNER_NAMES = ['it', 'test', 'describe', 'suite'];
const QUIET = ['skip', 'skipIf', 'runIf', 'only', 'todo', 'fails'];

/** A test that does not run says why, on its line or on the line above. */
export function quietTests(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, 'test')].flatMap((file) =>
    [...nodesOf(file)].flatMap(({ node }) => {
      if (node.type !== 'MemberExpression' || node.property.type !== 'Identifier') return [];
      const isQuiet = QUIET.includes(node.property.name);
      if (!isQuiet || !RUNNER_NAMES.includes(calleeName(node.object) ?? '')) return [];
      if (hasReason(file, file.lineAt(node.property.start))) return [];
      return [offence(file, node.start, `.${node.property.name} without a comment that says why.`)];
    }),
  );
}

function hasReason({ comments, lineAt }: SourceFile, line: number): boolean {
  return comments.some(({ end, value }) => {
    const ends = lineAt(end);
    return value.trim().length > 0 && (ends === line || ends === line - 1);
  });
}
