/** Advice that can be followed: every command and option named in a sentence of the program is one that it has. */
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { OPTIONS } from '../../src/cli/options/option-table.ts';
import { COMMANDS } from '../../src/cli/run-cli.ts';
import { readTree, type SourceFile } from '../tidy/source-tree.ts';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const commands = new Set(COMMANDS.map(({ name }) => name));
const options: ReadonlySet<string> = new Set(Object.keys(OPTIONS));
const EVERYWHERE = ['help', 'version'];

/** The text of a file without its comments, which speak to programmers. */
function spoken({ text, comments }: SourceFile): string {
  return comments.reduceRight(
    (left, { start, end }) => left.slice(0, start) + left.slice(end),
    text,
  );
}

function unknownAdvice(text: string): readonly string[] {
  const named = [...text.matchAll(/(?<!A )raftchart ([a-z]+(?:-[a-z]+)*)/g)].map(
    ([, name = '']) => name,
  );
  const asked = [...text.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, name = '']) => name);
  return [
    ...named.filter((name) => !commands.has(name)),
    ...asked.filter((name) => !options.has(name) && !EVERYWHERE.includes(name)),
  ];
}

it('[ST18] every command and every option that a sentence advises is there', () => {
  // What shells run is no sentence.
  const isSpoken = ({ path }: SourceFile): boolean =>
    path.startsWith('src/') && !path.startsWith('src/cli/shells/');
  const files = [...readTree(root).files.values()].filter(isSpoken);
  const offences = files.flatMap((file) =>
    unknownAdvice(spoken(file)).map((name) => `${file.path}: ${name}`),
  );
  expect(files.length).toBeGreaterThan(150);
  expect(offences).toEqual([]);
});

it('[ST18] what is misspelt would be found', () => {
  const advice = "('raftchart recovr n1', then 'raftchart serve --inspekt'), or --peer-lisen";
  expect(unknownAdvice(advice)).toEqual(['recovr', 'inspekt', 'peer-lisen']);
});
