/** Names that a file offers to others, and that no other file takes (SC30): they are its own, or dead. */
import { posix } from 'node:path';
import { entries } from './reachability.ts';
import { type Offence, offence, type SourceFile, type SourceTree } from './source-tree.ts';
import { nodesOf } from './syntax.ts';

const ALL = '*';

/** What the doors of the package and the charts offer is for others than this repository. */
export function unusedExports(tree: SourceTree): readonly Offence[] {
  const taken = new Set([...tree.files.values()].flatMap(takenBy));
  const doors = new Set(entries(tree));
  return [...tree.files.values()]
    .filter(({ path }) => !doors.has(path) && !taken.has(`${path} ${ALL}`))
    .flatMap((file) =>
      offeredBy(file)
        .filter(({ name }) => !taken.has(`${file.path} ${name}`))
        .map(({ name, start }) => offence(file, start, `nobody imports ${name}.`)),
    );
}

interface Offered {
  readonly name: string;
  readonly start: number;
}

/** What is only passed on is judged where it comes from. */
function offeredBy({ module }: SourceFile): readonly Offered[] {
  return module.staticExports.flatMap(({ entries: names, start }) =>
    names.flatMap(({ exportName, moduleRequest }) =>
      exportName.name === null || moduleRequest !== null ? [] : [{ name: exportName.name, start }],
    ),
  );
}

/** `path name` of everything that a file imports or passes on. */
function takenBy(file: SourceFile): readonly string[] {
  const { staticImports, staticExports, dynamicImports } = file.module;
  const take = (specifier: string, name: string | null | undefined): string =>
    `${posix.join(posix.dirname(file.path), specifier)} ${name ?? ALL}`;
  const imported = staticImports.flatMap(({ moduleRequest, entries: names }) =>
    names.map(({ importName }) => take(moduleRequest.value, importName.name)),
  );
  const passedOn = staticExports.flatMap(({ entries: names }) =>
    names.flatMap(({ moduleRequest, importName }) =>
      moduleRequest === null ? [] : [take(moduleRequest.value, importName.name)],
    ),
  );
  const later = dynamicImports.map(({ moduleRequest: { start, end } }) =>
    take(file.text.slice(start + 1, end - 1), ALL),
  );
  return [...imported, ...passedOn, ...later, ...typesIn(file).map((path) => take(path, ALL))];
}

/** `import('./types.ts').Name` in the place of a type. */
function typesIn(file: SourceFile): readonly string[] {
  if (!file.text.includes('import(')) return [];
  return [...nodesOf(file)].flatMap(({ node }) =>
    node.type === 'TSImportType' ? [node.source.value] : [],
  );
}
