/** The last step of `npm run build`: the live page, with all that it fetches, into `dist/visualizations/page`. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { wordsOf } from '../../test/command-words.ts';
import { PROGRAM, root, writeAssets } from './assets.ts';

wordsOf(
  'npm run page builds the live page into dist/visualizations/page, as npm run build does. It takes no options.',
  {},
);

const sources = join(root, 'visualizations/page');
const target = join(root, 'dist/visualizations/page');

await rm(target, { recursive: true, force: true });
await writeAssets(target, [join(sources, 'static')]);
await build({
  entryPoints: { page: join(root, 'visualizations/page/main.tsx') },
  outdir: target,
  ...PROGRAM,
});
await cp(join(sources, 'static'), target, {
  recursive: true,
  filter: (path) => !path.endsWith('.css'),
});
