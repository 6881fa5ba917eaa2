/** What a user unpacks: its pages, as one reads them, and its source maps, as a debugger does. Needs the built files. */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { beforeAll, expect, it } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const LINK = /\]\(([^)\s]+)\)/g;

let packed: readonly string[];
beforeAll(async () => {
  const argv = ['pack', '--dry-run', '--json', '--ignore-scripts'];
  const { stdout } = await run('npm', argv, { cwd: ROOT, maxBuffer: 2 ** 25 });
  const [{ files }] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  packed = files.map(({ path }) => path);
});

/** As GitHub and npm make them of headings. */
function anchorsOf(page: string): readonly string[] {
  return [...page.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replaceAll(' ', '-'),
  );
}

async function deadLinksOf(path: string): Promise<readonly string[]> {
  const page = await readFile(join(ROOT, path), 'utf8');
  const dead: string[] = [];
  for (const [, link = ''] of page.matchAll(LINK)) {
    if (/^[a-z]+:/.test(link)) continue;
    const [file = '', anchor] = link.split('#');
    const target = file === '' ? path : normalize(join(dirname(path), file)).replace(/\/$/, '');
    const isThere = packed.some((each) => each === target || each.startsWith(`${target}/`));
    const isFound =
      anchor === undefined ||
      (isThere && anchorsOf(await readFile(join(ROOT, target), 'utf8')).includes(anchor));
    if (!isThere || !isFound) dead.push(`${path}: ${link}`);
  }
  return dead;
}

it('[CF7] every link of a packed page leads to something packed', async () => {
  const pages = packed.filter((path) => path.endsWith('.md'));
  expect(pages).toEqual(expect.arrayContaining(['README.md', 'machines/README.md']));
  expect((await Promise.all(pages.map(deadLinksOf))).flat()).toEqual([]);
});

it('[CF7] every packed source map names sources that are packed', async () => {
  const maps = packed.filter((path) => path.endsWith('.map'));
  expect(maps.length).toBeGreaterThan(100);
  const missing: string[] = [];
  for (const path of maps) {
    const { sources } = JSON.parse(await readFile(join(ROOT, path), 'utf8'));
    for (const source of sources) {
      const named = normalize(join(dirname(path), source));
      // What was built of a source that is gone, an earlier build left here; packing removes it.
      if (existsSync(join(ROOT, named)) && !packed.includes(named)) missing.push(path);
    }
  }
  expect(missing).toEqual([]);
});

it('[CL44] the manual page is packed, and is that of this version', async () => {
  const { man, version } = JSON.parse(await readFile(join(ROOT, 'package.json'), 'utf8'));
  // npm installs none that is not in a list.
  expect(man).toEqual([expect.any(String)]);
  const [page = ''] = man;
  expect(packed).toContain(normalize(page));
  const [title] = (await readFile(join(ROOT, page), 'utf8')).split('\n');
  expect(title).toContain(`"raftchart ${version}"`);
});
