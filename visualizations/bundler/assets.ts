/**
 * What every page fetches besides its own program: the style sheet, the pictures, each with the rules behind it, and the
 * sources of the charts for whoever copies one.
 */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';
import { stemOf } from '../../machines/arrow-ids.ts';
import { charts } from '../../machines/index.ts';
import { chartRules } from './chart-rules.ts';
import { colourSheet } from './page-colours.ts';
import { pagePicture } from './page-pictures.ts';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** How programs of pages are put together. */
export const PROGRAM = {
  ...{ bundle: true, minify: true, format: 'esm', target: 'es2023', logLevel: 'warning' },
  ...{ jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none', charset: 'utf8' },
} as const satisfies BuildOptions;

/** `folders`: where style sheets lie, in the order of their names in each. */
export async function writeAssets(target: string, folders: readonly string[]): Promise<void> {
  await mkdir(join(target, 'pictures'), { recursive: true });
  const stems = Object.keys(charts).map(stemOf);
  const pictures = stems.map((stem) => picture(target, stem));
  const sources = stems.map((stem) => source(target, stem));
  await Promise.all([sheet(target, folders), rules(target), ...pictures, ...sources]);
}

async function sheet(target: string, folders: readonly string[]): Promise<void> {
  const texts = await Promise.all(folders.map(sheetsIn));
  const contents = [colourSheet(), ...texts.flat()].join('\n');
  await build({
    stdin: { contents, loader: 'css' },
    outfile: join(target, 'page.css'),
    ...{ minify: true, logLevel: 'warning', charset: 'utf8' },
  });
}

async function sheetsIn(folder: string): Promise<readonly string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.css')).sort();
  return Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
}

async function rules(target: string): Promise<void> {
  const specification = await readFile(join(root, 'docs/SPEC.md'), 'utf8');
  for (const [name, machine] of Object.entries(charts)) {
    const text = JSON.stringify(chartRules(machine, specification));
    await writeFile(join(target, `pictures/${stemOf(name)}.json`), text);
  }
}

async function picture(target: string, stem: string): Promise<void> {
  const svg = await readFile(join(root, `visualizations/${stem}.svg`), 'utf8');
  await writeFile(join(target, `pictures/${stem}.svg`), pagePicture(svg));
}

async function source(target: string, stem: string): Promise<void> {
  const chart = join(root, `machines/${stem}.machine.ts`);
  await cp(chart, join(target, `sources/${stem}.txt`));
}
