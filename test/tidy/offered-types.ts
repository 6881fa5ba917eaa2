/** Which types the published declarations name without offering them: whoever writes against a door could not name them. */
import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type SourceFile, treeOf } from './source-tree.ts';
import { nodesOf, type Visit } from './syntax.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
type Node = SourceFile['program']['body'][number];

/** A name where it is declared: `dist/src/core/types.d.ts Term`. */
type Place = `${string} ${string}`;

const files = new Map<string, SourceFile>();

function fileAt(path: string): SourceFile {
  const file =
    files.get(path) ?? treeOf({ [path]: readFileSync(`${ROOT}${path}`, 'utf8') }).files.get(path);
  if (file === undefined) throw new Error(`${path} cannot be read`);
  files.set(path, file);
  return file;
}

/** `place (in place)`: a type that an offered declaration names and no door offers. */
export function unofferedTypes(doors: readonly string[]): readonly string[] {
  const offered = new Set(doors.flatMap((door) => offeredBy(fileAt(door))));
  if (offered.size < doors.length) throw new Error('the doors lead nowhere');
  const missing = [...offered].flatMap((place) =>
    namedBy(place)
      .filter((other) => !offered.has(other))
      .map((other) => `${other} (in ${place})`),
  );
  return [...new Set(missing)];
}

/** What it declares and what it passes on, also by `export *`. */
function offeredBy(file: SourceFile): readonly Place[] {
  return file.module.staticExports
    .flatMap(({ entries }) => entries)
    .flatMap(({ exportName: { name }, moduleRequest }) => {
      if (name !== null) return originOf(file, name) ?? [];
      const target = moduleRequest === null ? null : fileBeside(file, moduleRequest.value);
      return target === null ? [] : offeredBy(target);
    });
}

/** `null`: it is not ours, or a type parameter. */
function originOf(file: SourceFile, name: string): Place | null {
  const { staticExports, staticImports } = file.module;
  for (const { entries } of staticExports) {
    for (const { exportName, moduleRequest, importName } of entries) {
      if (exportName.name !== name || moduleRequest === null) continue;
      return originIn(file, moduleRequest.value, importName.name ?? '');
    }
  }
  for (const { entries, moduleRequest } of staticImports) {
    const taken = entries.find(({ localName }) => localName.value === name);
    if (taken !== undefined)
      return originIn(file, moduleRequest.value, taken.importName.name ?? '');
  }
  return declarationIn(file, name) === null ? null : `${file.path} ${name}`;
}

function originIn(file: SourceFile, specifier: string, name: string): Place | null {
  const target = fileBeside(file, specifier);
  return target === null ? null : originOf(target, name);
}

function fileBeside({ path }: SourceFile, specifier: string): SourceFile | null {
  if (!specifier.startsWith('.')) return null;
  return fileAt(posix.join(posix.dirname(path), specifier.replace(/\.[jt]s$/, '.d.ts')));
}

function declarationIn({ program }: SourceFile, name: string): Node | null {
  const declares = (statement: Node): boolean => {
    if (statement.type === 'ExportNamedDeclaration')
      return statement.declaration !== null && declares(statement.declaration);
    if (statement.type === 'VariableDeclaration')
      return statement.declarations.some(({ id }) => 'name' in id && id.name === name);
    return (
      'id' in statement &&
      statement.id !== null &&
      'name' in statement.id &&
      statement.id.name === name
    );
  };
  return program.body.find(declares) ?? null;
}

function namedBy(place: Place): readonly Place[] {
  const [path = '', name = ''] = place.split(' ');
  const file = fileAt(path);
  const declaration = declarationIn(file, name);
  if (declaration === null) return [];
  return nodesOf({ ...file.program, body: [declaration] }).flatMap(({ node, around }) => {
    if (around.some(isConstructor)) return [];
    if (node.type === 'TSImportType' && node.qualifier?.type === 'Identifier') {
      return originIn(file, node.source.value, node.qualifier.name) ?? [];
    }
    const named = node.type === 'TSTypeReference' ? node.typeName : heritageOf(node);
    return named?.type === 'Identifier' ? (originOf(file, named.name) ?? []) : [];
  });
}

function heritageOf(node: Visit['node']): Visit['node'] | null {
  const isHeritage = node.type === 'TSInterfaceHeritage' || node.type === 'TSClassImplements';
  return isHeritage ? node.expression : null;
}

/** Whoever is not the part itself is given one by a function of a door. */
function isConstructor(node: Visit['node']): boolean {
  return node.type === 'MethodDefinition' && node.kind === 'constructor';
}
