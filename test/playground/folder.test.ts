/** What `npm run playground` writes. */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { beforeAll, expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'dist/playground');
const BYTES_MAX = 169_000;

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

/** What the page asks for before anyone has touched it, the picture apart: all of it, worker included. */
function firstLook(): readonly string[] {
  const scripts = ['playground.js', 'cluster-worker.js'];
  const loaded = new Set(scripts.flatMap((name) => [...loadedWith(name)]));
  return [...loaded, 'index.html', 'page.css', 'icon.svg', 'pictures/raft.json'];
}

it("[PG7] a cluster of one's own takes at most 169 kB compressed; all else comes later", () => {
  const files = firstLook();
  const chunks = readdirSync(built).filter((name) => name.endsWith('.js'));
  for (const later of ['tour', 'seed-run', 'play-run']) {
    expect(chunks.filter((name) => name.startsWith(`${later}-`))).toHaveLength(1);
    expect(files.filter((name) => name.startsWith(`${later}-`))).toEqual([]);
  }
  const bytes = (compress: (text: string) => Buffer): number =>
    files.reduce((sum, name) => sum + compress(read(name)).length, 0);
  const zipped = bytes((text) => gzipSync(text, { level: 9 }));
  console.log(`${zipped} bytes with gzip, ${bytes(brotliCompressSync)} with brotli`);
  expect(zipped).toBeLessThan(BYTES_MAX);
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
