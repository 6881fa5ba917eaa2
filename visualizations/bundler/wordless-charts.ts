/**
 * Charts without what only their pictures say: the descriptions, and the rules that states and arrows are there for. What
 * they do is the same to the last arrow.
 */
import { readFile } from 'node:fs/promises';
import type { Plugin } from 'esbuild';
import { type Node, parseSync, Visitor } from 'oxc-parser';

export const wordlessCharts: Plugin = {
  name: 'wordless-charts',
  setup({ onLoad }) {
    onLoad({ filter: /\.machine\.ts$/ }, async ({ path }) => ({
      contents: withoutWords(await readFile(path, 'utf8')),
      loader: 'ts',
    }));
  },
};

export function withoutWords(chart: string): string {
  const words: Node[] = [];
  const { program } = parseSync('chart.ts', chart);
  new Visitor({
    Property(property) {
      if (isWords(property)) words.push(property);
    },
  }).visit(program);
  return words.reduceRight(
    (text, { start, end }) => text.slice(0, start) + text.slice(end).replace(/^,/, ''),
    chart,
  );
}

/** `description: '…'` or `meta: { rules: […] }`. */
function isWords(node: Node): boolean {
  if (node.type !== 'Property' || node.key.type !== 'Identifier') return false;
  const { key, value } = node;
  if (key.name === 'description') return value.type === 'Literal';
  return key.name === 'meta' && value.type === 'ObjectExpression';
}
