/** What stands behind a door of the package as it is published: what `npm test` has just built into `dist`. */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const IMPORTED = /from ['"](.+?)['"]|import\(['"](.+?)['"]\)/g;

/** Every module outside the package that the declarations behind a door mention. */
export function foreignTypesOf(door: string): readonly string[] {
  const foreign = new Set<string>();
  const seen = new Set<string>();
  const waiting = [resolve(ROOT, door)];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    for (const [, from, dynamic] of readFileSync(file, 'utf8').matchAll(IMPORTED)) {
      const specifier = from ?? dynamic ?? '';
      if (!specifier.startsWith('.')) foreign.add(specifier);
      else waiting.push(resolve(dirname(file), specifier.replace(/\.[jt]s$/, '.d.ts')));
    }
  }
  if (seen.size < 3) throw new Error(`${door} leads nowhere`);
  return [...foreign];
}
