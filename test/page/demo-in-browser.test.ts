/** The live page of a real demo in a real browser. Needs the built files, and a Chromium. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type CliProcess, startCli } from '../cli/cli-process.ts';
import { freeBasePort } from '../free-ports.ts';
import { openBrowser, openPage, seriousFaults, type WatchedPage } from './browser.ts';

const directory = mkdtempSync(join(tmpdir(), 'raftchart-page-'));
let demo: CliProcess;
let link: string;
let browser: Browser;
let watched: WatchedPage;
let page: Page;

beforeAll(async () => {
  browser = await openBrowser();
  // On a busy machine two survivors would often ask at the same time, and neither win.
  const patience = {
    RAFTCHART_SUSPICION_STEP_MS: '2000',
    RAFTCHART_ELECTION_TIMEOUT_MS: '2000-4000',
  };
  const environment = { TMPDIR: directory, ...patience };
  const basePort = `${await freeBasePort(3)}`;
  demo = startCli(['demo', '--base-port', basePort], { environment });
  link = await demo.until((said) => /^ {2}(http:\/\/\S+#token=\S+)$/m.exec(said)?.[1] ?? null);
  watched = await openPage(browser, link);
  page = watched.page;
  await page.waitForSelector('[data-role=leader]');
});

afterAll(async () => {
  await browser?.close();
  demo?.kill('SIGINT');
  await demo?.ended;
  rmSync(directory, { recursive: true, force: true });
});

function leader(on = page): Promise<string> {
  return on.locator('[data-role=leader]').first().getAttribute('data-node').then(String);
}

/** From now on the page keeps which arrows were lit as taken, in whose chart, in order. */
async function keepLitArrows(): Promise<void> {
  await page.evaluate(() => {
    const stage = document.querySelector<HTMLElement>('.stage');
    const lit: string[] = [];
    Object.assign(window, { lit });
    new MutationObserver(() => {
      const [taken] = stage?.querySelectorAll('g.taken') ?? [];
      const line = `${stage?.dataset.node} ${taken?.id}`;
      if (taken !== undefined && lit.at(-1) !== line) lit.push(line);
    }).observe(stage ?? document.body, { subtree: true, attributeFilter: ['class'] });
  });
}

async function litArrowsOf(node: string): Promise<readonly string[]> {
  const lit = await page.evaluate(() => Reflect.get(window, 'lit'));
  return (lit as readonly string[])
    .filter((line) => line.startsWith(`${node} raft/`))
    .map((line) => line.slice(`${node} raft/`.length));
}

it('[LP9] shows who leads; killing it lights the way of the next leader, arrow by arrow', async () => {
  const first = await leader();
  await keepLitArrows();
  await page.getByRole('button', { name: 'Kill', exact: true }).click();
  await page.waitForSelector(`[data-node=${first}][data-role=dead]`);
  await page.waitForSelector('[data-role=leader]');
  const next = await leader();
  expect(next).not.toBe(first);
  // Whoever takes the stage after the election must not end the tale of it.
  await page.locator(`[data-role][data-node=${next}]`).click();
  await page.waitForSelector(`.stage[data-node=${next}] g.lit[id="raft/leader.service.serving"]`);
  const arrows = await litArrowsOf(next);
  const begin = arrows.findIndex((arrow) => arrow.includes('--link.closed--'));
  expect(arrows.slice(begin, begin + 4), arrows.join()).toEqual([
    expect.stringMatching(/^follower\.(loyal|doubtful)--link\.closed--0$/),
    'follower.suspicious--after.suspicionDelay--0',
    'preCandidate--preVote.answered--0',
    expect.stringMatching(/^candidate--(vote\.answered|disk\.durable)--0$/),
  ]);
  await expect
    .poll(() => page.locator('.story').textContent())
    .toContain(`${first} was killed by you.`);
  await expect
    .poll(() => page.locator('.story').textContent())
    .toMatch(new RegExp(`${next} leads in term \\d+`));
  await page.locator(`[data-role][data-node=${first}]`).click();
  await page.getByRole('button', { name: 'Restart', exact: true }).click();
  await page.waitForSelector(`[data-node=${first}][data-role=follower]`);
});

it('[LP9] writes through a node, and shows the entry in every log', async () => {
  await page.getByLabel('key').fill('from the page');
  await page.getByRole('button', { name: /^Write via/ }).click();
  await expect
    .poll(() => page.locator('p.answer').textContent())
    .toMatch(/has written from the page, at/);
  await expect
    .poll(() =>
      page
        .locator('.log tbody tr')
        .evaluateAll((rows) => rows.map((row) => row.querySelectorAll('.committed').length)),
    )
    .toSatisfy((counts: readonly number[]) => new Set(counts).size === 1 && (counts[0] ?? 0) > 1);
});

it('[LP10] goes back and forth by keys, to the same picture at the same place', async () => {
  const place = async (): Promise<number> =>
    Number(/record (\d+)/.exec(`${await page.locator('.place').textContent()}`)?.[1]);
  const picture = (): Promise<string> =>
    page
      .locator('main > :not(.story)')
      .evaluateAll((parts) => parts.map(({ outerHTML }) => outerHTML).join());
  await page.locator('h1').click();
  await page.keyboard.press('Space');
  await expect.poll(() => page.locator('.place').textContent()).toContain('paused');
  await page.keyboard.press('Shift+ArrowLeft');
  const [here, seen] = [await place(), await picture()];
  for (let back = 0; back < 5; back += 1) await page.keyboard.press('ArrowLeft');
  expect(await place()).toBe(here - 5);
  expect(await picture()).not.toBe(seen);
  for (let on = 0; on < 5; on += 1) await page.keyboard.press('ArrowRight');
  expect([await place(), await picture()]).toEqual([here, seen]);
  await page.keyboard.press('Shift+ArrowLeft');
  expect(await place()).toBeLessThan(here);
  await page.keyboard.press('Shift+ArrowRight');
  expect([await place(), await picture()]).toEqual([here, seen]);
  await page.keyboard.press('Escape');
  await expect.poll(() => page.locator('.place').textContent()).toContain('live');
});

it('[LP10] chooses a node and reads a rule by keys alone', async () => {
  const follower = page.locator('[data-role=follower]').first();
  const id = await follower.getAttribute('data-node');
  await follower.focus();
  await page.keyboard.press('Enter');
  await page.waitForSelector(`.stage[data-node=${id}] g.lit[id="raft/follower.loyal"]`);
  await page.locator('.picture').focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  const thing = await page.locator('.rules').getAttribute('data-thing');
  expect(thing).toMatch(/^raft\/follower\.loyal--/);
  await expect.poll(() => page.locator('.rules').textContent()).toMatch(/EL13\s*§4\.2\.3/);
  expect(await page.evaluate(() => document.activeElement?.getAttribute('aria-label'))).toContain(
    'loyal',
  );
});

it('[LP11] axe-core finds no serious fault, wide or narrow, light or dark', async () => {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const width of [1280, 390]) {
      const viewport = { width, height: 844 };
      const opened = await openPage(browser, link, { colorScheme, viewport });
      await opened.page.waitForSelector('[data-role=leader]');
      await opened.page.waitForSelector('g.lit');
      expect(await seriousFaults(opened.page), `${colorScheme} ${width}`).toEqual([]);
      const overflow = await opened.page.evaluate(() => document.documentElement.scrollWidth);
      expect(overflow).toBeLessThanOrEqual(width);
      expect(opened.complaints).toEqual([]);
      await opened.page.context().close();
    }
  }
});

it('[LP11] moves nothing for who asked for less motion, and follows a choice of colours', async () => {
  const still = await openPage(browser, link, { reducedMotion: 'reduce', colorScheme: 'dark' });
  await still.page.waitForSelector('[data-role=leader]');
  const scheme = (): Promise<string | null> =>
    still.page.locator('html').getAttribute('data-scheme');
  expect(await scheme()).toBe('dark');
  await still.page.getByText('light', { exact: true }).click();
  expect(await scheme()).toBe('light');
  const moving = await still.page.evaluate(() => document.getAnimations().length);
  expect(moving).toBe(0);
  await still.page.context().close();
});

it('[LP12] asks nobody but its own server, and complains about nothing', () => {
  expect(watched.foreign).toEqual([]);
  expect(watched.complaints).toEqual([]);
});

it('[LP13] shows all nodes dead when the demo has ended', async () => {
  demo.kill('SIGINT');
  await demo.ended;
  await page.waitForSelector('[data-role=dead]');
  await expect.poll(() => page.locator('[data-role=dead]').count()).toBe(3);
  await expect.poll(() => page.locator('.summary').textContent()).toContain('cannot be reached');
});
