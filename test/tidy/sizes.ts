/** Functions of at most 60 lines, files of at most 400: what is longer is two things. */
import type { Node } from 'oxc-parser';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import {
  calleeName,
  childrenOf,
  type FunctionNode,
  isFunction,
  nodesOf,
  wordOf,
} from './syntax.ts';

const FUNCTION_LINES_MAX = 60;
const FILE_LINES_MAX = 400;
const MEASURED = ['src', 'machines', 'test', 'visualizations/generator'];

export function oversized(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, ...MEASURED)].flatMap((file) => [
    ...longFile(file),
    ...[...nodesOf(file)].flatMap(({ node }) => (isFunction(node) ? longFunction(file, node) : [])),
  ]);
}

function longFile(file: SourceFile): readonly Offence[] {
  const lines = file.text.split('\n').length - 1;
  if (lines <= FILE_LINES_MAX) return [];
  return [
    {
      path: file.path,
      line: lines,
      sentence: `has ${lines} lines; ${FILE_LINES_MAX} are the limit.`,
    },
  ];
}

function longFunction(file: SourceFile, node: FunctionNode): readonly Offence[] {
  const lines = file.lineAt(node.end) - file.lineAt(node.start) + 1;
  if (lines <= FUNCTION_LINES_MAX || isSuite(node)) return [];
  const name = wordOf(node.id) ?? 'a function';
  return [
    offence(file, node.start, `${name} has ${lines} lines; ${FUNCTION_LINES_MAX} are the limit.`),
  ];
}

/** A function that only registers tests is a list of them; each of them is measured. */
function isSuite(node: FunctionNode): boolean {
  const calls = (below: Node): boolean => {
    if (isFunction(below)) return false;
    if (below.type === 'CallExpression') {
      const name = calleeName(below.callee);
      if (name === 'it' || name === 'describe') return true;
    }
    return childrenOf(below).some(calls);
  };
  return node.body !== null && childrenOf(node.body).some(calls);
}
