import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { nodeId } from '../../src/core/types.ts';
import { PlayTeller } from '../../visualizations/playground/engine/play/play-words.ts';
import { noteInWords } from '../../visualizations/playground/engine/seed-words.ts';

const folder = fileURLToPath(new URL('../scenarios/', import.meta.url));
const plays = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.txt'))
  .sort();

/** Each line of the script with what came of it, as it is performed. */
function linesOf(text: string): readonly (readonly string[])[] {
  const steps: string[][] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('  ')) steps.at(-1)?.push(line);
    else steps.push([line]);
  }
  return steps;
}

function toldOf(text: string): readonly string[] {
  const teller = new PlayTeller(text);
  return linesOf(text).flatMap((lines) => teller.tell(lines).filter((words) => words !== null));
}

it.each(plays)('[PG11] %s is told in sentences', (path) => {
  const told = toldOf(readFileSync(join(folder, path), 'utf8'));
  expect(told.length).toBeGreaterThan(5);
  for (const sentence of told) {
    expect(sentence).toMatch(/^(n\d|x=1|[A-Z“]).*[.:?!)”]$/);
    expect(sentence).not.toMatch(/[<>←→|#×]|\d\/\d|\bundefined\b/);
  }
});

it('[PG11] tells a paragraph whole, what is said as it would be said, and no table', () => {
  const text = [
    '# Two of four',
    '# are no majority.',
    '#',
    '# So it goes.',
    '> quietly deliver last RequestVote from n1',
    '  n2 ← n1 RequestVote term 3, log ends at 0/0',
    '    n2 → n1 RequestVoteReply term 3, refused (lost)',
    '  n1  candidate            1     n1    |',
  ].join('\n');
  expect(toldOf(text)).toEqual([
    'Two of four are no majority.',
    'So it goes.',
    'The last request for a vote from n1 arrives.',
    'n2 hears n1: “Vote for me in term 3.”',
    'n2 to n1: “You do not get my vote in term 3.” It will not arrive.',
  ]);
});

it('[PG11] tells what clients call and hear, and what goes wrong, without JSON', () => {
  const told = [
    ['c2', 'calls n2 {"type":"append","key":"k1","value":"2.42"}'],
    ['c1', 'is told {"type":"done"}'],
    [null, 'FAULT diskFull for 7449 ms {"node":"n2"}'],
    ['n1', 'halts: RAFT_STORAGE_FAILED A write failed.'],
  ].map(([node, text]) =>
    noteInWords({ atMs: 1, node: node == null ? null : nodeId(node), text: text ?? '' }),
  );
  expect(told.map(({ node, words }) => [node, words])).toEqual([
    [null, 'Client 2 calls n2: append, key k1, value 2.42.'],
    [null, 'Client 1 is told: done.'],
    [null, 'It goes wrong: disk full for 7449 ms: node n2.'],
    ['n1', 'halts: RAFT_STORAGE_FAILED A write failed.'],
  ]);
});
