/** Pages and docstrings that have to keep up with the code. */
import { posix } from 'node:path';
import type { Node } from 'oxc-parser';
import { entries } from './reachability.ts';
import { type Offence, offence, onPage, type SourceFile, type SourceTree } from './source-tree.ts';

const ERRORS = 'src/core/errors.ts';
const ERRORS_PAGE = 'docs/errors.md';

export function undocumentedErrors(tree: SourceTree): readonly Offence[] {
  return [...codesMissing(tree, ERRORS, ERRORS_PAGE), ...codesMissing(tree, ERRORS_PAGE, ERRORS)];
}

function codesMissing(tree: SourceTree, path: string, other: string): readonly Offence[] {
  const codes = (text: string | null): readonly string[] => text?.match(/\bRAFT_[A-Z_]+\b/g) ?? [];
  const known = codes(tree.text(other));
  return (tree.text(path) ?? '').split('\n').flatMap((line, at) =>
    codes(line)
      .filter((code) => !known.includes(code))
      .map((code) => onPage(path, at + 1, `${code} is not in ${other}.`)),
  );
}

/** Functions and classes that a user of the package can import, whether its door makes them or passes them on. */
export function undocumentedExports(tree: SourceTree): readonly Offence[] {
  const manifest = tree.text('package.json') ?? '';
  const doors = entries(tree).filter((path) => manifest.includes(path.replace(/\.ts$/, '.d.ts')));
  const offered = doors.flatMap((path) => {
    const door = tree.files.get(path);
    const statements = door?.module.staticExports.flatMap((statement) => statement.entries) ?? [];
    return statements
      .filter(({ isType }) => !isType)
      .map(({ moduleRequest, importName, exportName }) => {
        if (moduleRequest === null) return `${path} ${exportName.name}`;
        return `${posix.join(posix.dirname(path), moduleRequest.value)} ${importName.name}`;
      });
  });
  return [...new Set(offered)].flatMap((place) => {
    const [path = '', name = ''] = place.split(' ');
    const file = tree.files.get(path);
    const statement = file?.program.body.find((each) => callableIn(each) === name);
    if (file === undefined || statement === undefined) return [];
    const sentence = `${name} is public and has no docstring.`;
    return hasDocstring(file, statement.start) ? [] : [offence(file, statement.start, sentence)];
  });
}

/** The function or class that a statement exports. */
function callableIn(statement: Node): string | null {
  if (statement.type !== 'ExportNamedDeclaration') return null;
  const { declaration } = statement;
  if (declaration?.type === 'FunctionDeclaration') return declaration.id?.name ?? null;
  if (declaration?.type === 'ClassDeclaration') return declaration.id?.name ?? null;
  if (declaration?.type !== 'VariableDeclaration') return null;
  const [variable] = declaration.declarations;
  const isFunction = variable?.init?.type === 'ArrowFunctionExpression';
  return isFunction && variable.id.type === 'Identifier' ? variable.id.name : null;
}

function hasDocstring({ comments, text }: SourceFile, start: number): boolean {
  const above = comments.findLast(({ end }) => end <= start);
  return above?.value.startsWith('*') === true && text.slice(above.end, start).trim() === '';
}

const PAGES = [
  'README.md',
  'machines/README.md',
  'test/scenarios/README.md',
  '.github/CONTRIBUTING.md',
  '.github/SECURITY.md',
  ...[
    'ARCHITECTURE',
    'BENCHMARKS',
    'CLIENT',
    'CONFIGURATION',
    'EVIDENCE',
    'HTTP',
    'INSPECTING',
    'LIBRARY',
    'LIMITS',
    'OPERATING',
    'SECURITY',
    'SHELL',
    'SPEC',
    'STYLE',
    'TESTING',
    'UPGRADING',
    'deviations',
    'errors',
    'formats',
  ].map((name) => `docs/${name}.md`),
];

/** Files that a page or a comment names: whoever moves one has to follow it there. */
export function missingPaths(tree: SourceTree): readonly Offence[] {
  const names = new Set([...tree.files.keys()].map((path) => posix.basename(path)));
  const isThere = (path: string): boolean =>
    path.includes('/') ? tree.text(path) !== null : names.has(path);
  const missingIn = (path: string, text: string, line: number): readonly Offence[] =>
    text
      .split('\n')
      .flatMap((each, at) =>
        [...each.matchAll(/`((?:[\w.-]+\/)*[\w-]+(?:\.[\w-]+)*\.ts)`/g)]
          .flatMap(([, named = '']) => (isThere(named) ? [] : [named]))
          .map((named) => onPage(path, line + at, `names ${named}, which is not there.`)),
      );
  const inComments = [...tree.files.values()].flatMap(({ path, comments, lineAt }) =>
    comments.flatMap(({ value, start }) => missingIn(path, value, lineAt(start))),
  );
  return [...PAGES.flatMap((path) => missingIn(path, tree.text(path) ?? '', 1)), ...inComments];
}

const ARCHITECTURE = 'docs/ARCHITECTURE.md';

/** Parts of the source that `docs/ARCHITECTURE.md` does not name, and rooms that the table of their part leaves out or makes up. */
export function unnamedRooms(page: string, sources: readonly string[]): readonly Offence[] {
  const folders = foldersOf(sources);
  const parts = folders.filter((path) => /^src\/[^/]+$/.test(path));
  const unnamed = parts
    .filter((part) => !new RegExp(`\`${part}[\`/]`).test(page))
    .map((part) => onPage(ARCHITECTURE, 1, `does not name ${part}.`));
  return [...unnamed, ...roomTables(page).flatMap((table) => wrongRooms(table, folders))];
}

function foldersOf(paths: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const path of paths) {
    for (let at = path.indexOf('/'); at !== -1; at = path.indexOf('/', at + 1)) {
      folders.add(path.slice(0, at));
    }
  }
  return [...folders];
}

interface RoomTable {
  readonly part: string;
  readonly line: number;
  readonly named: ReadonlySet<string>;
}

/** A table whose head is a part, as in `src/node/`. */
function roomTables(page: string): readonly RoomTable[] {
  const lines = page.split('\n');
  return lines.flatMap((head, at) => {
    const [, part] = /^\| `((?:src|visualizations)\/\w+)\/` \|/.exec(head) ?? [];
    if (part === undefined) return [];
    const end = lines.findIndex((each, place) => place > at && !each.startsWith('|'));
    const rows = lines.slice(at + 1, end === -1 ? undefined : end).join('\n');
    const named = [...rows.matchAll(/`([a-z][a-z-]*)\/`/g)].map(([, room = '']) => room);
    return [{ part, line: at + 1, named: new Set(named) }];
  });
}

function wrongRooms({ line, named, part }: RoomTable, folders: readonly string[]) {
  const below = folders.filter((path) => path.startsWith(`${part}/`));
  const own = below
    .map((path) => path.slice(part.length + 1))
    .filter((room) => !room.includes('/'));
  const last = new Set(below.map((path) => posix.basename(path)));
  return [
    ...own.filter((room) => !named.has(room)).map((room) => `${part} has a room ${room}.`),
    ...[...named].filter((room) => !last.has(room)).map((room) => `${part} has no room ${room}.`),
  ].map((sentence) => onPage(ARCHITECTURE, line, sentence));
}
