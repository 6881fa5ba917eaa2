/**
 * `npm run playground`: writes the playground into `dist/playground`, one folder that any server of files can serve, and
 * serves it on this machine until it is ended; `seed=7 version=4` behind it are part of the link. With `--build` it only
 * writes.
 */
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { build, context } from 'esbuild';
import { wordsOf } from '../../test/command-words.ts';
import { PROGRAM, root, writeAssets } from './assets.ts';
import { plainMessagePack } from './plain-messagepack.ts';
import { wordlessCharts } from './wordless-charts.ts';

const USAGE = `npm run playground [-- seed=N version=M] [-- --build]

Builds the playground into dist/playground, a folder that any server of files can serve, and serves it on this machine
until Ctrl-C. The words of a line that npm run simulate has printed lead to that run.

  --build   only build`;

const { positionals: run, values } = wordsOf(USAGE, {
  options: { build: { type: 'boolean' } },
  allowPositionals: true,
});

/** XState leaves out what it says to whoever develops with it. */
const PRODUCTION = { 'process.env.NODE_ENV': '"production"' };

const sources = join(root, 'visualizations/playground');
const target = join(root, 'dist/playground');
const page = join(root, 'visualizations/page/static');

await rm(target, { recursive: true, force: true });
await writeAssets(target, [page, join(sources, 'static')]);
await Promise.all([programs(), plays(), cp(join(page, 'icon.svg'), join(target, 'icon.svg'))]);
await cp(join(sources, 'static/index.html'), join(target, 'index.html'));
if (values.build !== true) await serve();

async function programs(): Promise<void> {
  const whole = {
    playground: join(root, 'visualizations/playground/main.tsx'),
    worker: join(root, 'visualizations/playground/worker/worker.ts'),
  };
  const first = {
    'cluster-worker': join(root, 'visualizations/playground/worker/cluster-worker.ts'),
  };
  const common = { ...PROGRAM, outdir: target, define: PRODUCTION };
  await Promise.all([
    build({ ...common, entryPoints: whole, splitting: true }),
    build({ ...common, entryPoints: first, plugins: [wordlessCharts, plainMessagePack] }),
  ]);
}

/** Each play as it is, and a list of their titles. */
async function plays(): Promise<void> {
  const from = join(root, 'test/scenarios');
  const names = (await readdir(from, { recursive: true, encoding: 'utf8' }))
    .filter((path) => path.endsWith('.txt'))
    .map((path) =>
      path
        .split('\\')
        .join('/')
        .replace(/\.txt$/, ''),
    )
    .sort();
  const titles = await Promise.all(names.map((name) => play(from, name)));
  await writeFile(join(target, 'plays/index.json'), JSON.stringify(titles));
}

async function play(from: string, name: string): Promise<{ name: string; title: string }> {
  const text = await readFile(join(from, `${name}.txt`), 'utf8');
  await mkdir(join(target, 'plays', posix.dirname(name)), { recursive: true });
  await writeFile(join(target, `plays/${name}.txt`), text);
  const [first = ''] = text.split('\n');
  return { name, title: first.replace(/^#\s*/, '').replace(/\s*\([^)]*\)\.?$/, '') };
}

/** `seed=a+b`, as a link has it. */
function inLink(word: string): string {
  const [name = '', ...value] = word.split('=');
  return `${name}=${encodeURIComponent(value.join('='))}`;
}

async function serve(): Promise<void> {
  const server = await context({});
  const { hosts, port } = await server.serve({ servedir: target, host: '127.0.0.1', port: 0 });
  const place = run.length === 0 ? '' : `#${run.map(inLink).join('&')}`;
  const link = `http://${hosts[0]}:${port}/${place}`;
  process.stdout.write(`The playground is at ${link} until Ctrl-C.\n`);
  process.stdout.write(`To put it elsewhere, serve the folder ${target}.\n`);
}
