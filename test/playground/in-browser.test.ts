/** The playground as a person has it: in a browser, from a folder, without anything else. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildContext, context } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import {
  DEFAULT_CLUSTER,
  type RunDescription,
  type TimedDeed,
} from '../../visualizations/playground/run/run.ts';
import { linkOf } from '../../visualizations/playground/run/run-link.ts';
import { openBrowser, openPage, seriousFaults, type WatchedPage } from '../page/browser.ts';
import { theatreOf } from './opened.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const [n1, n3, n4] = [nodeId('n1'), nodeId('n3'), nodeId('n4')];
const DEEDS: readonly TimedDeed[] = [
  { step: 500, deed: { type: 'put', node: n1, key: 'a', value: '1' } },
  { step: 600, deed: { type: 'crash', node: n3, power: true } },
  { step: 700, deed: { type: 'restart', node: n3 } },
  { step: 800, deed: { type: 'change', node: n1, add: [n4], promote: [n4], remove: [] } },
];

let browser: Browser;
let server: BuildContext;
let folder = '';

beforeAll(async () => {
  execFileSync('npm', ['run', 'playground', '--silent', '--', '--build'], { cwd: root });
  browser = await openBrowser();
  server = await context({});
  const { port } = await server.serve({
    servedir: join(root, 'dist/playground'),
    host: '127.0.0.1',
    port: 0,
  });
  folder = `http://127.0.0.1:${port}/`;
});

afterAll(async () => {
  await browser?.close();
  await server?.dispose();
});

function watched(hash: string): Promise<WatchedPage> {
  return openPage(browser, `${folder}#${hash}`);
}

/**
 * The step at which a run stands that nobody has let go on. On its way there it shows where it is, and may get there in several
 * goes: where it stands is read at once with whether it is still on its way.
 */
async function firstStep(page: Page): Promise<number> {
  await page.getByText('Nothing moves yet').waitFor();
  const step = (): Promise<number> =>
    page.locator('.run-controls').evaluate((controls) => {
      const isBusy = controls.querySelector('button[title^="One event"]:enabled') === null;
      const standing = controls.querySelector('.standing')?.textContent ?? '';
      return isBusy ? 0 : Number(/^Event (\d+),/.exec(standing)?.[1] ?? 0);
    });
  await expect.poll(step).toBeGreaterThan(0);
  return step();
}

async function standsAt(page: Page, step: number): Promise<void> {
  await page.locator('.standing', { hasText: `Event ${step},` }).waitFor();
}

async function hashInNode(run: RunDescription, step: number): Promise<string> {
  const theatre = theatreOf(run);
  let beat = await theatre.advance({ step });
  while (beat.step < step) beat = await theatre.advance({ step });
  await theatre.close();
  return beat.hash;
}

it('[PG8] a seed gives the same trace in a page as in Node, and asks nobody else for anything', async () => {
  const run: RunDescription = { kind: 'seed', seed: '7', version: 4 };
  const { page, foreign, complaints } = await watched(linkOf(run, 1_500));
  await standsAt(page, 1_500);
  const hash = await page.locator('.standing').getAttribute('data-hash');
  expect(hash).toBe(await hashInNode(run, 1_500));
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

it("[PG8] a cluster of one's own gives the same trace in a page as in Node, though its charts come without words", async () => {
  const run: RunDescription = { ...DEFAULT_CLUSTER, seed: '3', deeds: DEEDS };
  const { page, foreign, complaints } = await watched(linkOf(run, 1_200));
  await standsAt(page, 1_200);
  const hash = await page.locator('.standing').getAttribute('data-hash');
  expect(hash).toBe(await hashInNode(run, 1_200));
  expect(foreign).toEqual([]);
  expect(complaints).toEqual([]);
});

it('[PG8] goes a step on and a step back, to the same as before, by keys', async () => {
  const { page } = await watched('seed=1&nodes=3&step=300');
  await standsAt(page, 300);
  const hash = (): Promise<string | null> => page.locator('.standing').getAttribute('data-hash');
  const before = await hash();
  for (const step of [301, 302, 303]) {
    await page.keyboard.press('.');
    await standsAt(page, step);
  }
  for (const step of [302, 301, 300]) {
    await page.keyboard.press(',');
    await standsAt(page, step);
  }
  expect(await hash()).toBe(before);
});

it('[PG8] what is done by hand becomes part of the link', async () => {
  const { page } = await watched('seed=3&nodes=3&step=600');
  await standsAt(page, 600);
  await page.locator('.member[data-role="leader"]').click();
  await page.getByRole('button', { name: 'Kill', exact: true }).click();
  await page.keyboard.press('.');
  await standsAt(page, 601);
  const link = await page.getByLabel('link to this run').inputValue();
  expect(decodeURIComponent(link)).toContain('[600,"crash"');
  const again = await openPage(browser, link);
  await standsAt(again.page, 601);
  const hashes = [page, again.page].map((each) =>
    each.locator('.standing').getAttribute('data-hash'),
  );
  const [one, other] = await Promise.all(hashes);
  expect(other).toBe(one);
  await expect.poll(() => again.page.locator('.member[data-role="dead"]').count()).toBe(1);
});

it('[PG8] a play is told to its end, and a link that is none says so', async () => {
  const { page } = await watched('play=elections/split-vote&step=1000');
  await page.getByText('The run is over').waitFor();
  await expect
    .poll(() => page.locator('.story').textContent())
    .toContain('“Vote for me in term 1.”');
  const wrong = await watched('nodes=9');
  await wrong.page.getByText('nodes is a number from 1 to 7. Below is a new cluster').waitFor();
  await standsAt(wrong.page, 200);
  await wrong.page.evaluate(() => location.assign('#play=nothing'));
  await wrong.page.getByText('Below is still the run before it.').waitFor();
  await wrong.page.evaluate(() => location.assign('#play=elections/nothing'));
  await wrong.page.getByText('there is no play called elections/nothing').waitFor();
  await wrong.page.getByText('Below is still').waitFor({ state: 'detached' });
});

it('[PG8] no form is beside another run than its own, and none is wider than a phone', async () => {
  const { page } = await watched('seed=7&version=4&step=10');
  await standsAt(page, 10);
  const line = page.locator('.runs [name="line"]');
  await expect.poll(() => line.inputValue()).toBe('seed=7 version=4');
  await page.setViewportSize({ width: 390, height: 844 });
  for (const kind of ['A cluster of your own', 'A play', 'A seed of the simulator']) {
    await page.getByText(kind, { exact: true }).click();
    const isNarrow = (): Promise<boolean> =>
      page.evaluate(() => document.documentElement.scrollWidth <= 390);
    await expect.poll(isNarrow).toBe(true);
    if (kind === 'A play')
      await expect.poll(() => page.locator('.runs option').count()).toBeGreaterThan(90);
    expect(await isNarrow()).toBe(true);
  }
});

it('[PG8] before anyone lets it go on, the nodes are to be seen, and it says that nothing moves', async () => {
  const { page } = await watched('');
  await standsAt(page, 200);
  await page.getByText('Nothing moves yet').waitFor();
  await expect.poll(() => page.locator('.member[data-role="follower"]').count()).toBe(3);
  await expect.poll(() => page.locator('.stage .picture svg').count()).toBe(1);
  await page.keyboard.press('.');
  await standsAt(page, 201);
  await page.getByText('Nothing moves yet').waitFor({ state: 'detached' });
});

it('[PG8] the Back button leads to the run before, where it stood; the forms follow', async () => {
  const { page } = await watched('seed=3&nodes=3&step=300');
  await standsAt(page, 300);
  await page.keyboard.press('.');
  await standsAt(page, 301);
  await page.getByText('A play', { exact: true }).click();
  await page.getByText('Below is still a cluster of your own.').waitFor();
  await page.locator('.runs label.wide select').selectOption('elections/split-vote');
  await page.locator('.member').nth(3).waitFor();
  const first = await firstStep(page);
  await page.goBack();
  await standsAt(page, 301);
  await expect.poll(() => page.locator('.runs [name="nodes"]').inputValue()).toBe('3');
  await page.goForward();
  await standsAt(page, first);
  await expect
    .poll(() => page.locator('.runs label.wide select').inputValue())
    .toBe('elections/split-vote');
});

it('[PG8] a page that is loaded again stands where it stood', async () => {
  const { page } = await watched('seed=3&nodes=3&step=300');
  await standsAt(page, 300);
  await page.keyboard.press('.');
  await expect.poll(() => new URL(page.url()).hash).toContain('step=301');
  await page.reload();
  await standsAt(page, 301);
});

it('[PG8] the tour leads through its seven runs; no fault of accessibility is serious, at 1,280 and at 390 px', async () => {
  const { page, complaints } = await watched('');
  await page.getByRole('button', { name: 'Take the tour' }).click();
  for (let at = 1; at <= 7; at += 1) {
    await page.getByText(`Step ${at} of 7`).waitFor();
    const start = await firstStep(page);
    await expect.poll(() => page.locator('.member').count()).toBeGreaterThan(2);
    await page.getByRole('button', { name: 'Step →' }).click();
    await standsAt(page, start + 1);
    if (at === 1) expect(await seriousFaults(page)).toEqual([]);
    await page.getByRole('button', { name: at === 7 ? 'End the tour' : /^Next: / }).click();
  }
  await page.setViewportSize({ width: 390, height: 844 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  expect(wide).toBeLessThanOrEqual(390);
  expect(await seriousFaults(page)).toEqual([]);
  expect(complaints).toEqual([]);
});

it('[LP14] copies the source of the chart that is shown, as it stands in the package', async () => {
  const { page } = await watched('seed=1&nodes=3&step=300');
  await standsAt(page, 300);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [actor, file] of [
    ['raft', 'raft'],
    ['logWriter', 'log-writer'],
  ] as const) {
    await page.locator('.choice select').nth(1).selectOption(actor);
    await page.getByRole('button', { name: 'Copy the source of this chart' }).click();
    await page.getByText('Copied: paste it').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    expect(copied).toBe(readFileSync(join(root, `machines/${file}.machine.ts`), 'utf8'));
  }
});
