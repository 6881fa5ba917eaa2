/** What a chart's text shows: that its configuration is one literal, and which events its type names. */
import { posix } from 'node:path';
import type { Node } from 'oxc-parser';
import { openedCharts } from './chart-loading.ts';
import { type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { calleeName, childrenOf, isFunction, wordOf } from './syntax.ts';

const FUNCTIONS_ALLOWED = ['context', 'input', 'output'];
/** `params: event`: the arrow's event, whole. Every chart's file defines the word the same way. */
const NAME_ALLOWED = 'event';
const LITERALS = [
  'ObjectExpression',
  'ArrayExpression',
  'Property',
  'Literal',
  'TSAsExpression',
  'UnaryExpression',
];

/** Functions, calls and spreads inside `createMachine` are invisible or meaningless to a visualizer. */
export function inlineCode(tree: SourceTree): readonly Offence[] {
  return openedCharts(tree).flatMap(({ file }) => {
    const config = configOf(file);
    return config === null ? [] : notLiteral(file, config, '');
  });
}

function notLiteral(file: SourceFile, node: Node, key: string): readonly Offence[] {
  if (isFunction(node)) {
    if (FUNCTIONS_ALLOWED.includes(key)) return [];
    const repair = key === 'params' ? 'write "params: event"' : 'give it a name in setup';
    return [offence(file, node.start, `a function under "${key}": ${repair}.`)];
  }
  if (key === 'params' && wordOf(node) === NAME_ALLOWED) return [];
  if (!LITERALS.includes(node.type)) {
    return [offence(file, node.start, `${node.type} under "${key}": a chart is one literal.`)];
  }
  if (node.type === 'TSAsExpression') return notLiteral(file, node.expression, key);
  if (node.type === 'Property') return notLiteral(file, node.value, wordOf(node.key) ?? key);
  return childrenOf(node).flatMap((child) => notLiteral(file, child, key));
}

function configOf(file: SourceFile): Node | null {
  for (const { node } of file.nodes()) {
    if (node.type !== 'CallExpression' || node.callee.type !== 'MemberExpression') continue;
    if (wordOf(node.callee.property) === 'createMachine') return node.arguments[0] ?? null;
  }
  return null;
}

/** The events that the chart's own type names; `null` if it names none. */
export function eventTypesOf(tree: SourceTree, file: SourceFile): readonly string[] | null {
  for (const { node, around } of file.nodes()) {
    if (node.type !== 'Property' || wordOf(node.key) !== 'events') continue;
    if (node.value.type !== 'TSAsExpression' || !isUnderTypes(around)) continue;
    return [...new Set(typesIn(tree, file, node.value.typeAnnotation))];
  }
  return null;
}

function isUnderTypes([, property, , call]: readonly Node[]): boolean {
  if (property?.type !== 'Property' || wordOf(property.key) !== 'types') return false;
  return call?.type === 'CallExpression' && calleeName(call.callee) === 'setup';
}

/** The literals of `type` in a union, through names and imports. */
function typesIn(tree: SourceTree, file: SourceFile, type: Node): readonly string[] {
  switch (type.type) {
    case 'TSUnionType':
      return type.types.flatMap((member) => typesIn(tree, file, member));
    case 'TSParenthesizedType':
      return typesIn(tree, file, type.typeAnnotation);
    case 'TSTypeLiteral':
      return type.members.flatMap(typeMember);
    case 'TSInterfaceDeclaration':
      return type.body.body.flatMap(typeMember);
    case 'TSTypeAliasDeclaration':
      return typesIn(tree, file, type.typeAnnotation);
    case 'TSTypeReference':
      return typesNamed(tree, file, wordOf(type.typeName) ?? '');
    default:
      return [];
  }
}

function typeMember(member: Node): readonly string[] {
  if (member.type !== 'TSPropertySignature' || wordOf(member.key) !== 'type') return [];
  const type = member.typeAnnotation?.typeAnnotation;
  const literal = type?.type === 'TSLiteralType' ? wordOf(type.literal) : null;
  return literal === null ? [] : [literal];
}

function typesNamed(tree: SourceTree, file: SourceFile, name: string): readonly string[] {
  for (const { node } of file.nodes()) {
    const isType = node.type === 'TSTypeAliasDeclaration' || node.type === 'TSInterfaceDeclaration';
    if (isType && node.id.name === name) return typesIn(tree, file, node);
  }
  for (const { moduleRequest, entries } of file.module.staticImports) {
    const found = entries.find(({ localName }) => localName.value === name);
    const target = tree.files.get(posix.join(posix.dirname(file.path), moduleRequest.value));
    if (found !== undefined && target !== undefined) {
      return typesNamed(tree, target, found.importName.name ?? name);
    }
  }
  return [];
}
