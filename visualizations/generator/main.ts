/**
 * `npm run visualize` draws every chart of the catalogue into `visualizations/`. With `--check` it writes nothing
 * and exits with 1 if a file is stale.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { charts } from '../../machines/index.ts';
import { wordsOf } from '../../test/command-words.ts';
import { drawAll, staleFiles } from './files.ts';

const { values } = wordsOf(
  'npm run visualize --\n  --check   writes nothing, and fails if a file is stale',
  {
    options: { check: { type: 'boolean', default: false } },
  },
);
const directory = fileURLToPath(new URL('..', import.meta.url));
const files = drawAll(charts);
const stale = staleFiles(directory, files);

if (values.check) {
  for (const name of stale) console.error(`visualizations/${name} is stale: run npm run visualize`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const name of stale) {
    const content = files.get(name);
    if (content === undefined) rmSync(join(directory, name));
    else writeFileSync(join(directory, name), content);
    console.log(`${content === undefined ? 'removed' : 'wrote'} visualizations/${name}`);
  }
}
