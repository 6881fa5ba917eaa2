/** Walks over syntax trees: every node with those around it. */
import { type Node, visitorKeys } from 'oxc-parser';
import type { SourceFile } from './source-tree.ts';

export interface Visit {
  readonly node: Node;
  /** Those around it, the innermost first. */
  readonly around: readonly Node[];
}

export function* nodesOf(file: SourceFile): Generator<Visit> {
  yield* nodesBelow(file.program, []);
}

/** The node itself and all that is in it. */
function* nodesBelow(node: Node, around: readonly Node[] = []): Generator<Visit> {
  yield { node, around };
  const inside = [node, ...around];
  for (const child of childrenOf(node)) yield* nodesBelow(child, inside);
}

export function childrenOf(node: Node): readonly Node[] {
  return (visitorKeys[node.type] ?? []).flatMap((key) => {
    const value: unknown = Reflect.get(node, key);
    return (Array.isArray(value) ? value : [value]).filter(isNode);
  });
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

export type FunctionNode = Extract<
  Node,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

export function isFunction(node: Node): node is FunctionNode {
  return (
    node.type === 'FunctionDeclaration' ||
    node.type === 'FunctionExpression' ||
    node.type === 'ArrowFunctionExpression'
  );
}

/** The words of a key or a literal: `a` of `a: 1`, of `'a': 1` and of `'a'`; `null` for anything computed. */
export function wordOf(node: Node | null | undefined): string | null {
  if (node === null || node === undefined) return null;
  if (node.type === 'Identifier' || node.type === 'PrivateIdentifier') return node.name;
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  return null;
}

/** `it.each(…)('…')` is a call of `it`: the name at the far left. */
export function calleeName(node: Node): string | null {
  if (node.type === 'Identifier') return node.name;
  if (node.type === 'MemberExpression') return calleeName(node.object);
  if (node.type === 'CallExpression') return calleeName(node.callee);
  if (node.type === 'TaggedTemplateExpression') return calleeName(node.tag);
  return null;
}
