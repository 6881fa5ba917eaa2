/**
 * The text of the repository, parsed: what every check of `tidy.test.ts` looks at. It is read once from disk, or
 * made up from a few lines to prove that a check can fail. Nothing here decides what is right.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { type Comment, type EcmaScriptModule, type Program, parseSync } from 'oxc-parser';
import { nodesOf, type Visit } from './syntax.ts';

/** What a check complains about: a place and one sentence. */
export interface Offence {
  readonly path: string;
  /** From 1. */
  readonly line: number;
  readonly sentence: string;
}

export interface SourceFile {
  readonly path: string;
  readonly text: string;
  readonly program: Program;
  readonly module: EcmaScriptModule;
  readonly comments: readonly Comment[];
  /** All of them, with those around each; walked once, by the first who asks. */
  nodes(): readonly Visit[];
  lineAt(offset: number): number;
}

export interface SourceTree {
  /** The TypeScript files, by their path from the root. */
  readonly files: ReadonlyMap<string, SourceFile>;
  /** Any other text; `null` if there is no such file. */
  text(path: string): string | null;
}

/** What one rule finds wrong. */
export type Check = (tree: SourceTree) => readonly Offence[];

/** What draws pictures, and the page that lights them. */
export const DRAWN = ['generator', 'bundler', 'page', 'playground'].map(
  (part) => `visualizations/${part}`,
);
const DIRECTORIES = ['src', 'machines', 'test', ...DRAWN, 'examples'];

/** As it was when it was first asked for: nothing writes there while tests run. */
const READ = new Map<string, SourceTree>();

export function readTree(root: string): SourceTree {
  const tree = READ.get(root) ?? read(root);
  READ.set(root, tree);
  return tree;
}

function read(root: string): SourceTree {
  const paths = DIRECTORIES.flatMap((directory) => typeScriptIn(root, directory));
  const files = paths.map((path) => parse(path, readFileSync(join(root, path), 'utf8')));
  return {
    files: new Map(files.map((file) => [file.path, file])),
    text: (path) => textOf(join(root, path)),
  };
}

/** A tree that exists only here. */
export function treeOf(texts: Readonly<Record<string, string>>): SourceTree {
  const sources = Object.entries(texts).filter(([path]) => /\.tsx?$/.test(path));
  return {
    files: new Map(sources.map(([path, text]) => [path, parse(path, text)])),
    text: (path) => texts[path] ?? null,
  };
}

export function* filesIn(tree: SourceTree, ...places: readonly string[]): Generator<SourceFile> {
  for (const file of tree.files.values()) {
    if (places.some((place) => file.path.startsWith(`${place}/`))) yield file;
  }
}

export function offence(file: SourceFile, offset: number, sentence: string): Offence {
  return { path: file.path, line: file.lineAt(offset), sentence };
}

/** A check that looks at each node of the files in these places, and answers with a sentence if it breaks a rule. */
export function inNodes(
  places: readonly string[],
  judge: (visit: Visit, file: SourceFile) => string | null,
): Check {
  return (tree) =>
    [...filesIn(tree, ...places)].flatMap((file) =>
      file.nodes().flatMap((visit) => {
        const sentence = judge(visit, file);
        return sentence === null ? [] : [offence(file, visit.node.start, sentence)];
      }),
    );
}

/** Something wrong in a text that is no source: one line of it, from 1. */
export function onPage(path: string, line: number, sentence: string): Offence {
  return { path, line, sentence };
}

/** One line for each, as an editor understands it. */
export function listed(offences: readonly Offence[]): readonly string[] {
  return offences.map(({ path, line, sentence }) => `${path}:${line} ${sentence}`);
}

function typeScriptIn(root: string, directory: string): readonly string[] {
  if (statSync(join(root, directory), { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map((entry) => posix.join(entry.parentPath.slice(root.length + 1), entry.name))
    .sort();
}

function textOf(path: string): string | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  return readFileSync(path, 'utf8');
}

function parse(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text);
  const [error] = errors;
  if (error !== undefined) throw new SyntaxError(`${path}: ${error.message}`);
  const starts = [0, ...[...text.matchAll(/\n/g)].map((found) => found.index + 1)];
  const lineAt = (offset: number): number => {
    const after = starts.findIndex((start) => start > offset);
    return after === -1 ? starts.length : after;
  };
  let nodes: readonly Visit[] | null = null;
  return {
    ...{ path, text, program, module, comments, lineAt },
    nodes: () => (nodes ??= nodesOf(program)),
  };
}
