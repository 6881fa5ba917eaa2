/** Who imports whom: everything that names another module, values and types alike. */
import { posix } from 'node:path';
import type { SourceFile, SourceTree } from './source-tree.ts';
import { nodesOf } from './syntax.ts';

interface Import {
  readonly specifier: string;
  /** The file, from the root; `null` for a package. */
  readonly target: string | null;
  /** Gone when the types are. */
  readonly isType: boolean;
  readonly offset: number;
}

export function importsOf(file: SourceFile): readonly Import[] {
  const { staticImports, staticExports, dynamicImports } = file.module;
  const imports = staticImports.map(({ start, moduleRequest, entries }) => {
    const isType = entries.length > 0 && entries.every((entry) => entry.isType);
    return importOf(file, moduleRequest.value, isType, start);
  });
  const exports = staticExports.flatMap(({ start, entries }) =>
    entries.flatMap(({ moduleRequest, isType }) =>
      moduleRequest === null ? [] : [importOf(file, moduleRequest.value, isType, start)],
    ),
  );
  const dynamic = dynamicImports.flatMap(({ start, moduleRequest }) => {
    const literal = /^['"](.+)['"]$/.exec(file.text.slice(moduleRequest.start, moduleRequest.end));
    return literal?.[1] === undefined ? [] : [importOf(file, literal[1], false, start)];
  });
  return [...imports, ...exports, ...dynamic, ...typeImports(file)];
}

/** `import('./types.ts').Name` in the place of a type. */
function typeImports(file: SourceFile): readonly Import[] {
  if (!file.text.includes('import(')) return [];
  return [...nodesOf(file)].flatMap(({ node }) =>
    node.type === 'TSImportType' ? [importOf(file, node.source.value, true, node.start)] : [],
  );
}

function importOf(file: SourceFile, specifier: string, isType: boolean, offset: number): Import {
  const isRelative = specifier.startsWith('.');
  const target = isRelative ? posix.join(posix.dirname(file.path), specifier) : null;
  return { specifier, target, isType, offset };
}

/** The package that a specifier names: `hono` of `hono/streaming`. */
export function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

/** Everything that one file needs, itself included, in the order in which it is found. */
export function closureOf(
  tree: SourceTree,
  entries: readonly string[],
  follows: (found: Import) => boolean = () => true,
): ReadonlySet<string> {
  const reached = new Set<string>();
  const open = [...entries];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = tree.files.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const found of importsOf(file)) {
      if (found.target !== null && follows(found)) open.push(found.target);
    }
  }
  return reached;
}
