/** Walks over syntax trees: every node with those around it. */
import { type Node, type Program, visitorKeys } from 'oxc-parser';

export interface Visit {
  readonly node: Node;
  /** Those around it, the innermost first. */
  readonly around: readonly Node[];
}

/** Every node of a file, with the whole first. */
export function nodesOf(program: Program): readonly Visit[] {
  const visits: Visit[] = [];
  const visit = (node: Node, around: readonly Node[]): void => {
    visits.push({ node, around });
    for (const child of childrenOf(node)) visit(child, [node, ...around]);
  };
  visit(program, []);
  return visits;
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

type FunctionNode = Extract<
  Node,
  { type: 'FunctionDeclaration' | 'FunctionExpression' | 'ArrowFunctionExpression' }
>;

export function isFunction(node: Node): node is FunctionNode {
  return /^(Function(Declaration|Expression)|ArrowFunctionExpression)$/.test(node.type);
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
