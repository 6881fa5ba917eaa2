/** What the build makes of the page: small, whole, and at home under a strict content policy. Needs the built files. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { stemOf } from '../../machines/arrow-ids.ts';
import { charts } from '../../machines/index.ts';
import { chartRules } from '../../visualizations/bundler/chart-rules.ts';
import { pagePicture } from '../../visualizations/bundler/page-pictures.ts';
import { readChart, statesOf } from '../../visualizations/generator/chart.ts';
import { rulesOf } from '../../visualizations/page/words/chart-rules.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const built = join(root, 'dist/visualizations/page');
const BYTES_MAX = 40_000;

function read(...path: readonly string[]): string {
  return readFileSync(join(...path), 'utf8');
}

it('[LP6] the page with all that it fetches to begin with, pictures apart, takes at most 40 kB compressed', () => {
  const files = readdirSync(built, { withFileTypes: true }).filter((entry) => entry.isFile());
  const names = files.map(({ name }) => name).sort();
  expect(names).toEqual(['icon.svg', 'index.html', 'page.css', 'page.js']);
  const sizes = [...names, 'pictures/raft.json'].map(
    (name) => gzipSync(read(built, name), { level: 9 }).length,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(BYTES_MAX);
});

it('[LP6] names no other host, and holds nothing that its content policy refuses', () => {
  const page = read(built, 'index.html');
  expect(page).not.toMatch(/<style|<script>|style="|\son\w+=/);
  const hosts = ['index.html', 'page.css', 'page.js'].flatMap((name) =>
    [...read(built, name).matchAll(/https?:\/\/[^/"'`\s)]+/g)].map(([host]) => host),
  );
  // Names of XML, which nobody fetches.
  expect([...new Set(hosts)]).toEqual(['http://www.w3.org']);
  for (const name of readdirSync(join(built, 'pictures'))) {
    expect(read(built, 'pictures', name), name).not.toMatch(
      /<style|style="|https?:\/\/(?!www\.w3)/,
    );
  }
});

it('[LP7] there is a picture of every chart, with all that the committed one shows', () => {
  for (const name of Object.keys(charts)) {
    const committed = read(root, 'visualizations', `${stemOf(name)}.svg`);
    const picture = read(built, 'pictures', `${stemOf(name)}.svg`);
    expect(picture).toBe(pagePicture(committed));
    const ids = (svg: string): readonly string[] =>
      [...svg.matchAll(/<g id="([^"]*)"/g)].map(([, id = '']) => id);
    expect(ids(picture)).toEqual(ids(committed));
  }
});

it('[LP7] every state and every arrow of every chart is there for a rule whose § and words are known', () => {
  const specification = read(root, 'docs/SPEC.md');
  for (const [name, machine] of Object.entries(charts)) {
    const known = chartRules(machine, specification);
    expect(JSON.parse(read(built, 'pictures', `${stemOf(name)}.json`))).toEqual(known);
    for (const state of statesOf(readChart(machine))) {
      for (const { id } of [state, ...state.transitions]) {
        expect(rulesOf(known, id), id).not.toEqual([]);
        for (const rule of rulesOf(known, id)) expect(known.rules[rule], rule).toHaveLength(2);
      }
    }
  }
});
