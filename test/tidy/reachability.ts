/**
 * What nobody needs: files that neither the package's doors, nor its command, nor the charts, nor any test or script
 * reaches (SC20), by an import or by a path in a string; names that a file offers and no other takes (SC30).
 */
import { posix } from 'node:path';
import { closureOf, EVERYTHING, importsOf } from './imports.ts';
import { type Offence, offence, onPage, type SourceFile, type SourceTree } from './source-tree.ts';

export function deadFiles(tree: SourceTree): readonly Offence[] {
  const reached = closureOf(tree, entries(tree), (file) => [
    ...importsOf(file).flatMap(({ target }) => target ?? []),
    ...namedIn(file, tree),
  ]);
  return [...tree.files.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => onPage(path, 1, 'is dead: nothing imports, runs or tests it.'));
}

/** What the doors of the package and the charts offer is for others than this repository. */
export function unusedExports(tree: SourceTree): readonly Offence[] {
  const imports = [...tree.files.values()].flatMap(importsOf);
  const taken = new Set(
    imports.flatMap(({ target, names }) => names.map((name) => `${target} ${name}`)),
  );
  const doors = new Set(entries(tree));
  return [...tree.files.values()]
    .filter(({ path }) => !doors.has(path) && !taken.has(`${path} ${EVERYTHING}`))
    .flatMap((file) =>
      offeredBy(file)
        .filter(({ name }) => !taken.has(`${file.path} ${name}`))
        .map(({ name, start }) => offence(file, start, `nobody imports ${name}.`)),
    );
}

/** What is only passed on is judged where it comes from. */
function offeredBy({ module }: SourceFile): readonly { name: string; start: number }[] {
  return module.staticExports.flatMap(({ entries: names, start }) =>
    names.flatMap(({ exportName: { name }, moduleRequest }) =>
      name === null || moduleRequest !== null ? [] : [{ name, start }],
    ),
  );
}

/** The sources of what `package.json` offers and runs, the charts, and the tests. */
export function entries(tree: SourceTree): readonly string[] {
  const manifest = tree.text('package.json') ?? '';
  const built = [...manifest.matchAll(/\bdist\/([\w./-]+)\.js\b/g)].map(([, path]) => `${path}.ts`);
  const scripts = [...manifest.matchAll(/[\w./-]+\.ts\b/g)].map(([path]) => path);
  const run = [...tree.files.keys()].filter((path) => /\.(test|machine)\.ts$/.test(path));
  return ['machines/index.ts', ...built, ...scripts, ...run];
}

/** Paths in strings, also as they are compiled: from the file itself, from the root, or by name alone where a folder was joined to it. */
function namedIn(file: SourceFile, tree: SourceTree): readonly string[] {
  const names = [...file.text.matchAll(/['"`/]([\w./-]+)\.[jt]sx?['"`]/g)];
  return names
    .flatMap(([, name]) => [`${name}.ts`, `${name}.tsx`])
    .flatMap((path) => [posix.join(posix.dirname(file.path), path), posix.normalize(path)])
    .filter((path) => tree.files.has(path));
}
