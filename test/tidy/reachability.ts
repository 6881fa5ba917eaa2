/**
 * Dead files: what neither the package's doors, nor its command, nor the charts, nor any test or script reaches,
 * by an import or by a path in a string, as for a process that a test starts.
 */
import { posix } from 'node:path';
import { importsOf } from './imports.ts';
import type { Offence, SourceFile, SourceTree } from './source-tree.ts';

export function deadFiles(tree: SourceTree): readonly Offence[] {
  const reached = new Set<string>();
  const open = [...entries(tree)];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    const file = tree.files.get(path);
    if (file === undefined || reached.has(path)) continue;
    reached.add(path);
    open.push(...importsOf(file).flatMap(({ target }) => target ?? []), ...namedIn(file, tree));
  }
  return [...tree.files.keys()]
    .filter((path) => !reached.has(path))
    .map((path) => ({ path, line: 1, sentence: 'is dead: nothing imports, runs or tests it.' }));
}

/** The sources of what `package.json` offers and runs, the charts, and the tests. */
export function entries(tree: SourceTree): readonly string[] {
  const manifest = tree.text('package.json') ?? '';
  const built = [...manifest.matchAll(/\bdist\/([\w./-]+)\.js\b/g)].map(([, path]) => `${path}.ts`);
  const scripts = [...manifest.matchAll(/[\w./-]+\.ts\b/g)].map(([path]) => path);
  const tests = [...tree.files.keys()].filter((path) => path.endsWith('.test.ts'));
  const charts = [...tree.files.keys()].filter((path) => path.endsWith('.machine.ts'));
  return ['machines/index.ts', ...built, ...scripts, ...tests, ...charts];
}

/** Paths in strings, also as they are compiled: from the file itself, from the root, or by name alone where a folder was joined to it. */
function namedIn(file: SourceFile, tree: SourceTree): readonly string[] {
  const names = [...file.text.matchAll(/['"`/]([\w./-]+)\.[jt]s['"`]/g)].map(
    ([, name]) => `${name}.ts`,
  );
  return names.flatMap((name) => {
    const beside = posix.join(posix.dirname(file.path), name);
    const fromRoot = posix.normalize(name);
    return [beside, fromRoot].filter((path) => tree.files.has(path));
  });
}
