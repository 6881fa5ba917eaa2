/** The live page of a server, which only reads. Needs the built files, and a Chromium. */
import { afterEach, expect, it } from 'vitest';
import { ANY_PORTS, leading, QUICK, serveLine, startCli } from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { openBrowser, openPage, seriousFaults } from './browser.ts';

const opened: { close(): Promise<void> }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close();
});

it('[CL19] serve --ui shows the node, one that is gone as dead, and lets nobody change anything', async () => {
  // Nobody listens there.
  const others = ['--inspect-peers', 'n2=http://127.0.0.1:9'];
  const line = serveLine('n1', scratch(), ...ANY_PORTS, ...QUICK, '--ui', ...others);
  const url = await leading(startCli(line));
  const browser = await openBrowser();
  opened.push(browser);
  const { page, foreign, complaints } = await openPage(browser, `${url}/ui`);
  await page.waitForSelector('[data-node=n1][data-role=leader]');
  await page.waitForSelector('[data-node=n2][data-role=dead]');
  await page.waitForSelector('g.lit[id="raft/leader.service.serving"]');
  expect(await page.getByRole('button', { name: /Kill|Stop|Restart|Write/ }).count()).toBe(0);
  expect((await fetch(`${url}/faults`, { method: 'POST' })).status).toBe(404);
  await fetch(`${url}/kv/a`, { method: 'PUT', body: 'x' });
  await expect
    .poll(() => page.locator('.story').textContent())
    .toMatch(/committed in term \d+: 1 of 1 voters hold it/);
  expect(await seriousFaults(page)).toEqual([]);
  expect(foreign).toEqual([]);
  // The browser itself notes that n2 could not be asked.
  expect(complaints.filter((said) => !said.includes('502'))).toEqual([]);
});

it('[LP13] serve --ui shows a member that says nothing any more as not heard of, for how long, and that it is there again', async () => {
  const other = startCli(serveLine('n2', scratch(), ...ANY_PORTS, ...QUICK, '--inspect'));
  const peers = ['--inspect-peers', `n2=${await leading(other)}`];
  const line = serveLine('n1', scratch(), ...ANY_PORTS, ...QUICK, '--ui', ...peers);
  const url = await leading(startCli(line));
  const browser = await openBrowser();
  opened.push(browser);
  const { page } = await openPage(browser, `${url}/ui`);
  await page.waitForSelector('[data-node=n2][data-role=leader]');
  // Its connections stay open, as those of a machine that is cut off do.
  other.kill('SIGSTOP');
  await page.waitForSelector('[data-node=n2][data-role=silent]');
  const said = (): Promise<string | null> =>
    page.locator('[data-node=n2][data-role]').getAttribute('aria-label');
  await expect.poll(said).toMatch(/^n2 not heard of for [4-9] s/);
  await expect
    .poll(() => page.locator('.summary').textContent())
    .toMatch(/n2 has not been heard of for \d+ s/);
  expect(await page.locator('[data-node=n1][data-role=leader]').count()).toBe(1);
  expect(await seriousFaults(page)).toEqual([]);
  other.kill('SIGCONT');
  await page.waitForSelector('[data-node=n2][data-role=leader]');
  await expect.poll(() => page.locator('.story').textContent()).toContain('n2 is heard of again.');
});
