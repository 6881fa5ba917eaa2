/**
 * `npm run page-picture`: draws the live page as it stands at one event of one run, for the README: an election whose votes
 * are on their way. What the page shows is written as it is, with its style sheet, into one file each for light and dark.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { nodeId } from '../../src/core/types.ts';
import { DEFAULT_CLUSTER, type TimedDeed } from '../../visualizations/playground/run/run.ts';
import { linkOf } from '../../visualizations/playground/run/run-link.ts';
import { wordsOf } from '../command-words.ts';
import { openBrowser } from '../page/browser.ts';

wordsOf(
  'npm run page-picture draws the pictures at the head of the README. It takes no options.',
  {},
);

const root = fileURLToPath(new URL('../..', import.meta.url));
const WIDTH = 1_100;
/** Three writes; then the leader dies, and at this event somebody else asks for votes. */
const STEP = 1_140;
const deeds: readonly TimedDeed[] = [
  { step: 560, deed: { type: 'put', node: nodeId('n1'), key: 'a', value: '1' } },
  { step: 600, deed: { type: 'put', node: nodeId('n2'), key: 'b', value: '1' } },
  { step: 700, deed: { type: 'put', node: nodeId('n3'), key: 'c', value: '1' } },
  { step: 1_000, deed: { type: 'crash', node: nodeId('n3'), power: false } },
];
/** What is the playground's, and what is done rather than seen. */
const LEFT_OUT = '.runs, .tour-door, .run-controls, .faults, .timeline, .story, header .scheme';
/** Until the chart has shown each of the steps that led there, in milliseconds. */
const REST_MS = 4_000;

const server = await context({});
const { port } = await server.serve({
  servedir: join(root, 'dist/playground'),
  host: '127.0.0.1',
  port: 0,
});
const run = linkOf({ ...DEFAULT_CLUSTER, nodes: 5, seed: '3', deeds }, STEP);
const browser = await openBrowser();
try {
  for (const scheme of ['light', 'dark'] as const) {
    const page = await pageAt(browser, `http://127.0.0.1:${port}/#${run}`, scheme);
    const name = scheme === 'light' ? 'page.svg' : 'page.dark.svg';
    writeFileSync(join(root, 'visualizations', name), await pictureOf(page));
    console.log(`visualizations/${name}: ${await page.textContent('.summary')}`);
  }
} finally {
  await browser.close();
  await server.dispose();
}

async function pageAt(
  browser: Browser,
  link: string,
  colorScheme: 'light' | 'dark',
): Promise<Page> {
  const page = await browser.newPage({
    viewport: { width: WIDTH, height: 900 },
    colorScheme,
    reducedMotion: 'reduce',
  });
  await page.goto(link);
  await page.waitForFunction(
    (start) => document.querySelector('.standing')?.textContent?.startsWith(start),
    `Event ${STEP},`,
  );
  await page.waitForTimeout(REST_MS);
  return page;
}

/** Scrolled and chosen things are no text of the page: they are written down first. */
function pictureOf(page: Page): Promise<string> {
  return page.evaluate(async (leftOut) => {
    const css = await (await fetch('page.css')).text();
    for (const each of document.querySelectorAll(leftOut)) each.remove();
    const shown = document.querySelector('#page');
    if (shown === null) throw new Error('there is no page');
    for (const each of shown.querySelectorAll<HTMLElement>('*')) {
      const { firstElementChild: inner, scrollLeft, scrollTop } = each;
      if (scrollLeft + scrollTop === 0) continue;
      each.style.overflow = 'hidden';
      if (inner instanceof HTMLElement || inner instanceof SVGElement) {
        inner.style.translate = `${-scrollLeft}px ${-scrollTop}px`;
      }
    }
    for (const option of shown.querySelectorAll('option')) {
      option.toggleAttribute('selected', option.selected);
    }
    const { height, width } = shown.getBoundingClientRect();
    const [wide, high] = [Math.ceil(width), Math.ceil(height)];
    // A picture keeps its arrangement, however small it is shown.
    const fixed = css.replaceAll(/@media ?\(max-width[^{]*\{(?:[^{}]*\{[^{}]*\})*\}/g, '');
    const style = fixed.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
    const { scheme } = document.documentElement.dataset;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" data-scheme="${scheme}" role="img">`,
      '<title>The live page: an election</title>',
      `<style>${style}</style>`,
      '<foreignObject width="100%" height="100%"><body xmlns="http://www.w3.org/1999/xhtml">',
      new XMLSerializer().serializeToString(shown),
      '</body></foreignObject></svg>',
      '',
    ].join('\n');
  }, LEFT_OUT);
}
