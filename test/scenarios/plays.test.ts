/** Every play in this folder is performed; `RAFTCHART_REWRITE=1` writes down what it says today. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { perform } from './play.ts';

const folder = fileURLToPath(new URL('.', import.meta.url));
const isRewriting = process.env.RAFTCHART_REWRITE === '1';

const plays = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.txt'))
  .map((path) => path.replace(/\\/g, '/').replace(/\.txt$/, ''))
  .sort();

it('[PL5] the page lists every play with its title', () => {
  const titleOf = (play: string): string =>
    readFileSync(`${folder}${play}.txt`, 'utf8').split('\n')[0]?.replace(/^# /, '') ?? '';
  const expected = plays.map((play) => {
    const name = play.slice(play.indexOf('/') + 1);
    return `- [${name}](${play}.txt): ${titleOf(play)}`;
  });
  const page = readFileSync(`${folder}README.md`, 'utf8');
  const listed = page.split('\n').filter((line) => line.includes('.txt): '));
  expect(listed.sort()).toEqual(expected.sort());
});

for (const play of plays) {
  it(`[PL1] ${play}`, async () => {
    const path = `${folder}${play}.txt`;
    const golden = readFileSync(path, 'utf8');
    const today = await perform(golden);
    if (isRewriting) writeFileSync(path, today);
    else expect(today).toBe(golden);
  });
}
