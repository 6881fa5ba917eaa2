/** Pages and docstrings that have to keep up with the code. */
import { posix } from 'node:path';
import type { Node } from 'oxc-parser';
import { entries } from './reachability.ts';
import { type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { nodesOf } from './syntax.ts';

const ERRORS = 'src/core/errors.ts';
const ERRORS_PAGE = 'docs/errors.md';

export function undocumentedErrors(tree: SourceTree): readonly Offence[] {
  const file = tree.files.get(ERRORS);
  if (file === undefined) return [];
  const page = tree.text(ERRORS_PAGE) ?? '';
  const codes = [...file.text.matchAll(/\bRAFT_[A-Z_]+\b/g)];
  const known = new Set(codes.map(([code]) => code));
  const missing = codes
    .filter(([code]) => !new RegExp(`\\b${code}\\b`).test(page))
    .map(({ 0: code, index }) => offence(file, index, `${code} is not on ${ERRORS_PAGE}.`));
  const stale = page.split('\n').flatMap((text, at) =>
    [...text.matchAll(/\bRAFT_[A-Z_]+\b/g)]
      .filter(([code]) => !known.has(code))
      .map(([code]) => ({
        path: ERRORS_PAGE,
        line: at + 1,
        sentence: `${code} is not a code of ${ERRORS}.`,
      })),
  );
  return [...missing, ...stale];
}

/** Functions and classes that a user of the package can import. */
export function undocumentedExports(tree: SourceTree): readonly Offence[] {
  const manifest = tree.text('package.json') ?? '';
  const doors = entries(tree).filter((path) =>
    manifest.includes(`${path.replace(/\.ts$/, '')}.d.ts`),
  );
  const found = doors.flatMap((door) => exportsOf(tree, door, null));
  const unique = new Map(found.map((one) => [`${one.file.path}:${one.node.start}`, one]));
  return [...unique.values()]
    .filter(({ node, file }) => isCallable(node) && !hasDocstring(file, node.start))
    .map(({ node, file, name }) =>
      offence(file, node.start, `${name} is public and has no docstring.`),
    );
}

interface Exported {
  readonly name: string;
  readonly file: SourceFile;
  /** The statement that declares it. */
  readonly node: Node;
}

/** Follows `export … from` to the declarations. `only` is a name, or `null` for all. */
function exportsOf(tree: SourceTree, path: string, only: string | null): readonly Exported[] {
  const file = tree.files.get(path);
  if (file === undefined) return [];
  const entriesHere = file.module.staticExports.flatMap((statement) => statement.entries);
  return entriesHere.flatMap((entry): readonly Exported[] => {
    const { moduleRequest, importName, exportName, localName, isType } = entry;
    const isAll = importName.kind === 'AllButDefault';
    if (isType || (only !== null && !isAll && exportName.name !== only)) return [];
    if (moduleRequest !== null) {
      const target = posix.join(posix.dirname(path), moduleRequest.value);
      return exportsOf(tree, target, isAll ? only : importName.name);
    }
    return declared(tree, file, localName.name ?? '');
  });
}

function declared(tree: SourceTree, file: SourceFile, name: string): readonly Exported[] {
  for (const { node, around } of nodesOf(file)) {
    if (around.length > 3) continue;
    const isNamed = 'id' in node && node.id?.type === 'Identifier' && node.id.name === name;
    const isDeclaration = /^(Function|Class)Declaration$|^VariableDeclarator$/.test(node.type);
    if (isNamed && isDeclaration) {
      const statement = [...around].reverse().find(({ type }) => type !== 'Program') ?? node;
      return [{ name, file, node: statement }];
    }
  }
  return importedAs(tree, file, name);
}

/** A name that was imported first and exported then. */
function importedAs(tree: SourceTree, file: SourceFile, name: string): readonly Exported[] {
  for (const { moduleRequest, entries: names } of file.module.staticImports) {
    const found = names.find(({ localName, isType }) => localName.value === name && !isType);
    if (found === undefined || !moduleRequest.value.startsWith('.')) continue;
    const target = posix.join(posix.dirname(file.path), moduleRequest.value);
    return exportsOf(tree, target, found.importName.name);
  }
  return [];
}

function isCallable(statement: Node): boolean {
  const node =
    statement.type === 'ExportNamedDeclaration' ? (statement.declaration ?? statement) : statement;
  if (node.type === 'FunctionDeclaration' || node.type === 'ClassDeclaration') return true;
  if (node.type !== 'VariableDeclaration') return false;
  return node.declarations.some(({ init }) => init?.type === 'ArrowFunctionExpression');
}

function hasDocstring({ comments, text }: SourceFile, start: number): boolean {
  return comments.some(
    ({ type, value, end }) =>
      type === 'Block' &&
      value.startsWith('*') &&
      end <= start &&
      text.slice(end, start).trim() === '',
  );
}

const PAGES = [
  'README.md',
  'machines/README.md',
  'test/scenarios/README.md',
  '.github/CONTRIBUTING.md',
  '.github/SECURITY.md',
  ...['ARCHITECTURE', 'EVIDENCE', 'LIMITS', 'OPERATING', 'SPEC', 'STYLE', 'TESTING', 'deviations']
    .concat('errors', 'formats')
    .map((name) => `docs/${name}.md`),
];

/** Files that a page or a comment names: whoever moves one has to follow it there. */
export function missingPaths(tree: SourceTree): readonly Offence[] {
  const names = new Set([...tree.files.keys()].map((path) => posix.basename(path)));
  const isThere = (path: string): boolean =>
    path.includes('/') ? tree.text(path) !== null : names.has(path);
  const inText = (text: string): readonly RegExpExecArray[] =>
    [...text.matchAll(/`((?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.ts)`/g)].filter(
      ({ 1: path = '' }) => !isThere(path),
    );
  const inPages = PAGES.flatMap((path) =>
    (tree.text(path) ?? '')
      .split('\n')
      .flatMap((line, at) =>
        inText(line).map(({ 1: named }) => ({ path, line: at + 1, sentence: gone(named) })),
      ),
  );
  const inComments = [...tree.files.values()].flatMap((file) =>
    file.comments.flatMap(({ value, start }) =>
      inText(value).map(({ 1: named, index }) => offence(file, start + index, gone(named))),
    ),
  );
  return [...inPages, ...inComments];
}

function gone(named = ''): string {
  return `names ${named}, which is not there.`;
}
