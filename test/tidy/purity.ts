/**
 * What the inner parts may not touch: clocks, randomness, promises, the console and Node, all of which come in
 * from outside through a port, so that a simulator can own them.
 */
import type { Node } from 'oxc-parser';
import { importsOf } from './imports.ts';
import { filesIn, type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { isFunction, nodesOf, type Visit } from './syntax.ts';

const PURE = ['src/core', 'src/rules', 'machines'];
const AMBIENT = [
  'Date',
  'setTimeout',
  'setInterval',
  'setImmediate',
  'queueMicrotask',
  'performance',
  'process',
  'Promise',
  'Buffer',
  'console',
  'crypto',
];

const NODE_FREE = [
  'src/ports',
  'src/kv',
  'src/wire',
  'src/client-protocol',
  'src/client',
  'src/node',
  'src/testing',
  'src/transport',
  'src/storage',
];
/** The files that stand for the outside world, and say so. */
const ADAPTER_FILES =
  /^src\/((transport|wire)\/ws-|storage\/disk\/(level-database|node-files)|node\/system-clock)/;
const NODE_GLOBALS = ['Buffer', 'process', 'setImmediate', '__dirname', 'require'];

export function ambientInPureParts(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, ...PURE)].flatMap((file) => [
    ...nodeImports(file),
    ...globalsIn(file, AMBIENT),
    ...[...nodesOf(file)].flatMap(({ node }) => asyncOrRandom(file, node)),
  ]);
}

export function nodeInPortableParts(tree: SourceTree): readonly Offence[] {
  return [...filesIn(tree, ...NODE_FREE)]
    .filter(({ path }) => !ADAPTER_FILES.test(path))
    .flatMap((file) => [...nodeImports(file), ...globalsIn(file, NODE_GLOBALS)]);
}

function nodeImports(file: SourceFile): readonly Offence[] {
  return importsOf(file)
    .filter(({ specifier }) => specifier.startsWith('node:'))
    .map(({ specifier, offset }) =>
      offence(file, offset, `${specifier} exists only in Node; this part runs in a browser too.`),
    );
}

function asyncOrRandom(file: SourceFile, node: Node): readonly Offence[] {
  if (isFunction(node) && node.async) {
    return [offence(file, node.start, 'is async; rules and charts answer at once.')];
  }
  if (node.type === 'AwaitExpression') {
    return [offence(file, node.start, 'waits; rules and charts answer at once.')];
  }
  if (node.type !== 'MemberExpression' || node.object.type !== 'Identifier') return [];
  const isRandom =
    node.object.name === 'Math' &&
    file.text.slice(node.property.start, node.property.end) === 'random';
  return isRandom
    ? [offence(file, node.start, 'draws randomness of its own; it comes in from outside.')]
    : [];
}

function globalsIn(file: SourceFile, names: readonly string[]): readonly Offence[] {
  const visits = [...nodesOf(file)];
  const declared = new Set(visits.filter(isDeclaration).map(({ node }) => nameOf(node)));
  return visits
    .filter((visit) => names.includes(nameOf(visit.node)) && isReference(visit))
    .filter(({ node }) => !declared.has(nameOf(node)))
    .map(({ node }) => offence(file, node.start, `uses the global ${nameOf(node)}.`));
}

function nameOf(node: Node): string {
  return node.type === 'Identifier' ? node.name : '';
}

/** The name of something of this file: a parameter, a variable, an import, a function. */
function isDeclaration({ node, around: [parent] }: Visit): boolean {
  if (node.type !== 'Identifier' || parent === undefined) return false;
  if (isFunction(parent)) return parent.id === node || parent.params.some((one) => one === node);
  if (parent.type === 'VariableDeclarator') return parent.id === node;
  if (parent.type === 'ImportSpecifier') return parent.local === node;
  if (parent.type === 'Property') return parent.value === node && parent.shorthand;
  return parent.type === 'ClassDeclaration' && parent.id === node;
}

/** Not a key and not a property of something else. */
function isReference({ node, around: [parent] }: Visit): boolean {
  if (node.type !== 'Identifier' || parent === undefined) return false;
  if (parent.type === 'MemberExpression') {
    const isOwn = parent.object.type === 'Identifier' && parent.object.name !== 'globalThis';
    return parent.object === node || parent.computed || !isOwn;
  }
  if (parent.type === 'Property' || parent.type === 'MethodDefinition') return parent.key !== node;
  if (parent.type === 'PropertyDefinition') return parent.key !== node;
  if (parent.type === 'TSQualifiedName') return parent.left === node;
  return parent.type !== 'TSPropertySignature' && parent.type !== 'TSMethodSignature';
}
