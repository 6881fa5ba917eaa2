/** What `npm run playground` writes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'dist/playground');
const BYTES_MAX = 205_000;

beforeAll(() => {
  execFileSync('npm', ['run', 'playground', '--silent', '--', '--build'], { cwd: root });
});

function read(name: string): string {
  return readFileSync(join(built, name), 'utf8');
}

/** It, and all that it imports at once. */
function loadedWith(name: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(name)) return seen;
  seen.add(name);
  const imports = read(name).matchAll(/\b(?:from|import)"\.\/([\w-]+\.js)"/g);
  for (const [, other = ''] of imports) loadedWith(other, seen);
  return seen;
}

function chunkOf(entry: string): string {
  const found = readdirSync(built).find((name) => name.startsWith(`${entry}-`));
  if (found === undefined) throw new Error(`there is no chunk for ${entry}`);
  return found;
}

it("[PG7] a cluster of one's own takes at most 205 kB compressed; seeds and plays come later", () => {
  const scripts = ['playground.js', 'worker.js', chunkOf('cluster-run')];
  const first = new Set(scripts.flatMap((name) => [...loadedWith(name)]));
  expect(first).not.toContain(chunkOf('seed-run'));
  expect(first).not.toContain(chunkOf('play-run'));
  const files = [...first, 'index.html', 'page.css', 'icon.svg', 'chart-rules.json'];
  const bytes = files.map((name) => gzipSync(read(name), { level: 9 }).length);
  expect(bytes.reduce((sum, each) => sum + each, 0)).toBeLessThan(BYTES_MAX);
});

it('[PG7] nothing in the folder names another host, and every play is there', () => {
  const names = readdirSync(built).filter((name) => /\.(js|css|html|json)$/.test(name));
  const hosts = names.flatMap((name) =>
    [...read(name).matchAll(/https?:\/\/[\w.-]+/g)].map(([host]) => host),
  );
  // Names of XML, which nobody fetches; and where a client looks unless it is told, which here nobody does.
  expect([...new Set(hosts)].sort()).toEqual(['http://127.0.0.1', 'http://www.w3.org']);
  const plays: readonly { name: string; title: string }[] = JSON.parse(read('plays/index.json'));
  expect(plays.length).toBeGreaterThan(90);
  for (const { name, title } of plays) {
    expect(read(`plays/${name}.txt`)).toContain('> cluster');
    expect(title, name).toMatch(/^[A-Z]/);
  }
});
