/** `npm run visualize` draws every chart of the catalogue into `visualizations/`. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { charts } from '../../machines/index.ts';
import { wordsOf } from '../../test/command-words.ts';
import { drawAll, staleFiles } from './files.ts';

wordsOf('npm run visualize draws every chart into visualizations/. It takes no options.', {});
const directory = fileURLToPath(new URL('..', import.meta.url));
const files = drawAll(charts);
for (const name of staleFiles(directory, files)) {
  const content = files.get(name);
  if (content === undefined) rmSync(join(directory, name));
  else writeFileSync(join(directory, name), content);
  console.log(`${content === undefined ? 'removed' : 'wrote'} visualizations/${name}`);
}
