/**
 * The files of the live page, as the build made them, and the headers they are served with (LP6, LP9). They are read
 * once, by whoever asks first; nothing else of the disk can be had by any path.
 */
import { readdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

interface PageFile {
  readonly type: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** By their paths below the page: `page.js`, `pictures/raft.svg`; the page itself is ''. */
type PageFiles = ReadonlyMap<string, PageFile>;

const TYPES: ReadonlyMap<string, string> = new Map([
  ['html', 'text/html; charset=utf-8'],
  ['js', 'text/javascript; charset=utf-8'],
  ['css', 'text/css; charset=utf-8'],
  ['json', 'application/json'],
  ['svg', 'image/svg+xml'],
  ['txt', 'text/plain; charset=utf-8'],
]);

/** Only what this very server sends may run, be shown or be asked; and no other page may frame it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy':
    "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-cache',
};

let files: Promise<PageFiles> | null = null;

/** Rejects if the package was not built. */
export function pageFiles(): Promise<PageFiles> {
  files ??= read();
  return files;
}

async function read(): Promise<PageFiles> {
  const folder = join(packageFolder(), 'dist', 'visualizations', 'page');
  const names = await readdir(folder, { recursive: true });
  const known = names.filter((name) => TYPES.has(endingOf(name)));
  const all = known.map(async (name) => {
    const type = TYPES.get(endingOf(name)) ?? '';
    const path = name === 'index.html' ? '' : name.replaceAll('\\', '/');
    return [path, { type, bytes: new Uint8Array(await readFile(join(folder, name))) }] as const;
  });
  return new Map(await Promise.all(all));
}

function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('raftchart/package.json'));
}

function endingOf(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}
