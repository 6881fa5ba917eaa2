/** Who imports whom: everything that names another module, values and types alike, and what it takes of it. */
import { posix } from 'node:path';
import type { SourceFile, SourceTree } from './source-tree.ts';

interface Import {
  readonly specifier: string;
  /** The file, from the root; `null` for a package. */
  readonly target: string | null;
  /** What is taken, by the name that it has there; `*` for all of it. */
  readonly names: readonly string[];
  /** Gone when the types are. */
  readonly isType: boolean;
  readonly offset: number;
}

export const EVERYTHING = '*';

export function importsOf(file: SourceFile): readonly Import[] {
  const { staticImports, staticExports, dynamicImports } = file.module;
  const at = (offset: number, specifier: string, isType: boolean, names = [EVERYTHING]): Import => {
    const target = specifier.startsWith('.')
      ? posix.join(posix.dirname(file.path), specifier)
      : null;
    return { specifier, target, names, isType, offset };
  };
  const imports = staticImports.map(({ start, moduleRequest, entries }) => {
    const isType = entries.length > 0 && entries.every((entry) => entry.isType);
    const names = entries.map(({ importName }) => importName.name ?? EVERYTHING);
    return at(start, moduleRequest.value, isType, names);
  });
  const exports = staticExports.flatMap(({ start, entries }) =>
    entries.flatMap(({ moduleRequest, isType, importName }) =>
      moduleRequest === null
        ? []
        : [at(start, moduleRequest.value, isType, [importName.name ?? EVERYTHING])],
    ),
  );
  const dynamic = dynamicImports.flatMap(({ start, moduleRequest }) => {
    const literal = /^['"](.+)['"]$/.exec(file.text.slice(moduleRequest.start, moduleRequest.end));
    return literal?.[1] === undefined ? [] : [at(start, literal[1], false)];
  });
  const inTypes = !file.text.includes('import(')
    ? []
    : file
        .nodes()
        .flatMap(({ node }) =>
          node.type === 'TSImportType' ? [at(node.start, node.source.value, true)] : [],
        );
  return [...imports, ...exports, ...dynamic, ...inTypes];
}

/** The package that a specifier names: `hono` of `hono/streaming`. */
export function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** Everything that these files lead to, themselves included, in the order in which it is found. */
export function closureOf(
  tree: SourceTree,
  entries: readonly string[],
  next: (file: SourceFile) => readonly string[],
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = tree.files.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    open.push(...next(file));
  }
  return reached;
}
