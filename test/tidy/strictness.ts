/** What single nodes of a syntax tree may not be, where neither the type checker nor the linter can be told so. */
import type { Node } from 'oxc-parser';
import { type Check, DRAWN, filesIn, inNodes, onPage, type SourceFile } from './source-tree.ts';
import { calleeName, childrenOf, isFunction, wordOf } from './syntax.ts';

const ALL = ['src', 'machines', 'test', ...DRAWN, 'examples'];

/** SC19: the linter finds every other `!`. */
export const claimedValues: Check = inNodes(ALL, ({ node }) =>
  'definite' in node && node.definite === true
    ? '`!` claims what the type checker could check.'
    : null,
);

/** SC16: what has no name that the linter could deny. */
export const promisesAndChance: Check = inNodes(
  ['src/core', 'src/rules', 'machines'],
  ({ node }) => {
    const waits = node.type === 'AwaitExpression' || (isFunction(node) && node.async);
    if (waits) return 'is async; rules and charts answer at once.';
    if (node.type !== 'MemberExpression' || wordOf(node.object) !== 'Math') return null;
    if (wordOf(node.property) !== 'random') return null;
    return 'draws randomness of its own; it comes in from outside.';
  },
);

/** SC26: what is of one of several types is told apart case by case; a type that comes later is not decided by a `default`. */
export const undecidedTypes: Check = inNodes(['src', 'machines'], ({ node }) => {
  if (node.type !== 'SwitchStatement' || node.discriminant.type !== 'MemberExpression') return null;
  if (wordOf(node.discriminant.property) !== 'type') return null;
  const last = node.cases.find(({ test }) => test === null);
  if (last?.consequent.some(isUnreachable) === true) return null;
  return 'lists every type, and ends in `default: unreachable(…)`.';
});

function isUnreachable(statement: Node): boolean {
  const [call] = childrenOf(statement);
  return call?.type === 'CallExpression' && calleeName(call.callee) === 'unreachable';
}

const RUNNER_NAMES = ['it', 'test', 'describe', 'suite'];
const QUIET = ['skip', 'skipIf', 'runIf', 'only', 'todo', 'fails'];

/** SC24: a test that does not run says why, on its line or on the line above. */
export const quietTests: Check = inNodes(['test'], ({ node }, file) => {
  if (node.type !== 'MemberExpression' || !QUIET.includes(wordOf(node.property) ?? '')) return null;
  if (!RUNNER_NAMES.includes(calleeName(node.object) ?? '')) return null;
  if (hasReason(file, file.lineAt(node.property.start))) return null;
  return `.${wordOf(node.property)} without a comment that says why.`;
});

/** What `test/vitest.config.ts` gives each test, and each wait in it, in milliseconds. */
const [TEST_MS, WAIT_MS] = [180_000, 30_000];

/** SC24: a shorter limit of its own fails where the machine does much else, and says nothing of the code. */
export const impatientTests: Check = inNodes(['test'], ({ node }) => {
  if (node.type !== 'CallExpression') return null;
  const last = node.arguments.at(-1);
  if (last === undefined) return null;
  const isRunner = RUNNER_NAMES.includes(calleeName(node.callee) ?? '');
  if (isRunner && isBelow(last, TEST_MS)) return 'gives up before the configuration does.';
  const isWait = node.callee.type === 'MemberExpression' && wordOf(node.callee.property) === 'poll';
  return isWait && childrenOf(last).some((each) => isShortWait(each))
    ? 'waits for less than the configuration does.'
    : null;
});

function isShortWait(node: Node): boolean {
  return node.type === 'Property' && wordOf(node.key) === 'timeout' && isBelow(node.value, WAIT_MS);
}

function isBelow(node: Node, limit: number): boolean {
  return node.type === 'Literal' && typeof node.value === 'number' && node.value < limit;
}

function hasReason({ comments, lineAt }: SourceFile, line: number): boolean {
  return comments.some(({ end, value }) => {
    const ends = lineAt(end);
    return value.trim().length > 0 && (ends === line || ends === line - 1);
  });
}

const FUNCTION_LINES_MAX = 60;
const FILE_LINES_MAX = 400;
/** A chart is one literal: what is taken out of it no visualizer shows. */
const CHART_LINES_MAX = 500;

/** SC18: what is longer is two things. */
export const longFunctions: Check = inNodes(ALL, ({ node }, file) => {
  if (!isFunction(node) || isSuite(node)) return null;
  const lines = file.lineAt(node.end) - file.lineAt(node.start) + 1;
  if (lines <= FUNCTION_LINES_MAX) return null;
  return `${wordOf(node.id) ?? 'a function'} has ${lines} lines; ${FUNCTION_LINES_MAX} are the limit.`;
});

export const longFiles: Check = (tree) =>
  [...filesIn(tree, ...ALL)].flatMap(({ path, text }) => {
    const lines = text.split('\n').length - 1;
    const limit = path.endsWith('.machine.ts') ? CHART_LINES_MAX : FILE_LINES_MAX;
    const sentence = `has ${lines} lines; ${limit} are the limit.`;
    return lines <= limit ? [] : [onPage(path, lines, sentence)];
  });

/** A function that only registers tests is a list of them; each of them is measured. */
function isSuite({ body }: { readonly body: Node | null }): boolean {
  const registers = (node: Node): boolean => {
    if (isFunction(node)) return false;
    const isCall = node.type === 'CallExpression';
    if (isCall && ['it', 'describe'].includes(calleeName(node.callee) ?? '')) return true;
    return childrenOf(node).some(registers);
  };
  return body !== null && childrenOf(body).some(registers);
}
