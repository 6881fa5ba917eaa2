/** `POST /founding`: who is heard there, and what everybody else gets. */
import { createServer, request } from 'node:http';
import { expect, it } from 'vitest';
import { type FoundingWord, NOTHING_FOUNDED } from '../../src/core/founding.ts';
import { nodeId } from '../../src/core/types.ts';
import { foundingDoor, isProven, proofOf } from '../../src/server/founding-door.ts';
import { FOUNDING_BODIES_MAX, FOUNDING_BODY_BYTES_MAX } from '../../src/server/limits.ts';
import { cleanUp } from '../clean-up.ts';
import { eventually } from './eventually.ts';

const SECRET = 's'.repeat(32);
const wordOf = (id: string): FoundingWord => ({
  cluster: '',
  expected: 3,
  self: { id: nodeId(id), incarnation: 'a', address: 'a:1' },
  state: NOTHING_FOUNDED,
});
const OWN = wordOf('n1');

async function door(secret: string | null) {
  const heard: FoundingWord[] = [];
  const answer = (said: FoundingWord): FoundingWord => {
    heard.push(said);
    return OWN;
  };
  const server = createServer(foundingDoor({ secret, answer }).listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
  cleanUp(() => server.close());
  const bound = server.address();
  const url = `http://127.0.0.1:${bound instanceof Object ? bound.port : 0}/founding`;
  const ask = (body: string, headers: Readonly<Record<string, string>> = {}) =>
    fetch(url, { method: 'POST', body, headers });
  return { ask, heard, url };
}

it('[FO10] hears what another says, and answers with what it says itself', async () => {
  const { ask, heard } = await door(null);
  const answer = await ask(JSON.stringify(wordOf('n2')));
  expect([answer.status, await answer.json()]).toEqual([200, OWN]);
  expect(heard).toEqual([wordOf('n2')]);
});

it('[FO14] with a secret only what proves it is heard, and the answer proves it as well', async () => {
  const { ask, heard } = await door(SECRET);
  const body = JSON.stringify(wordOf('n2'));
  const others = [
    {},
    { 'raftchart-proof': '' },
    proofOf(body, 'other'),
    proofOf(`${body} `, SECRET),
  ];
  for (const headers of others) expect((await ask(body, headers)).status).toBe(403);
  expect(heard).toEqual([]);
  const answer = await ask(body, proofOf(body, SECRET));
  expect([answer.status, heard]).toEqual([200, [wordOf('n2')]]);
  const headers = Object.fromEntries(answer.headers);
  const text = await answer.text();
  expect(isProven(text, headers, SECRET)).toBe(true);
  expect(isProven(`${text} `, headers, SECRET)).toBe(false);
  expect(isProven(text, headers, 'other')).toBe(false);
});

it('[FO10] what is no word of a node is refused, whatever its size', async () => {
  const { ask, heard, url } = await door(null);
  const member = { id: 'n2', incarnation: 'a', address: 'a:1' };
  const huge = {
    ...wordOf('n2'),
    state: {
      ...NOTHING_FOUNDED,
      promised: { founder: member, round: 1, members: Array(65).fill(member) },
    },
  };
  const wrong = [
    '',
    '[]',
    'null',
    '{}',
    JSON.stringify({ ...OWN, expected: -1 }),
    JSON.stringify(huge),
    JSON.stringify({ ...OWN, self: { ...member, id: '../x' } }),
    ' '.repeat(FOUNDING_BODY_BYTES_MAX + 1),
  ];
  for (const body of wrong) expect((await ask(body)).status, body.slice(0, 40)).toBe(400);
  expect((await fetch(url)).status).toBe(400);
  expect(heard).toEqual([]);
});

const HALF = { method: 'POST', headers: { 'content-length': 100 } };

it('[FO14] who says something and never ends it keeps a bounded number of bytes, and nobody else from being heard', async () => {
  const { ask, heard, url } = await door(null);
  const halves = Array.from({ length: FOUNDING_BODIES_MAX }, () => {
    const half = request(url, HALF);
    half.on('error', () => {});
    half.write('{');
    cleanUp(() => half.destroy());
    return half;
  });
  await eventually(() => halves.every(({ socket }) => socket?.bytesWritten)).toBe(true);
  const body = JSON.stringify(wordOf('n2'));
  expect((await ask(body)).status).toBe(200);
  expect(heard).toHaveLength(1);
  await eventually(() => halves.every(({ destroyed }) => destroyed)).toBe(true);
});

it('[FO14] [SP9] who never ends what it says, and begins again as soon as it is closed, keeps nobody from being heard', async () => {
  const { ask, heard, url } = await door(SECRET);
  let isOver = false;
  let begun = 0;
  const begin = (): void => {
    if (isOver) return;
    begun += 1;
    const half = request(url, HALF);
    half.on('error', () => {});
    half.on('close', begin);
    half.write('{');
    cleanUp(() => half.destroy());
  };
  for (let at = 0; at < 2 * FOUNDING_BODIES_MAX; at += 1) begin();
  await eventually(() => begun > 4 * FOUNDING_BODIES_MAX).toBe(true);
  const body = JSON.stringify(wordOf('n2'));
  for (let at = 0; at < 20; at += 1) {
    expect((await ask(body, proofOf(body, SECRET))).status).toBe(200);
  }
  expect(heard).toHaveLength(20);
  isOver = true;
});
