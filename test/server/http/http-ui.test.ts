/** The live page as a server serves it. Needs the built files. */
import { expect, it } from 'vitest';
import { expectAnswer, localApi } from '../local-server.ts';

const peers = new Map([
  ['n2', 'http://127.0.0.1:1'],
  ['n7', 'http://127.0.0.1:2'],
]);

it('[SV17] serves the page, all that it asks for, and nothing else', async () => {
  const { send } = localApi({ inspection: { peers, hasPage: true } });
  const moved = await send('/ui');
  expect([moved.status, moved.headers.get('location')]).toEqual([308, '/ui/']);
  const page = await send('/ui/');
  const text = await page.text();
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(page.headers.get('content-security-policy')).toMatch(/^default-src 'self'; /);
  for (const [, path] of text.matchAll(/(?:src|href)="([^"]+)"/g)) {
    expect((await send(`/ui/${path}`)).status, path).toBe(200);
  }
  expect((await send('/ui/pictures/raft.svg')).headers.get('content-type')).toBe('image/svg+xml');
  for (const path of ['index.html', 'main.js', 'pictures', 'pictures/', '%2e%2e/package.json']) {
    expect((await send(`/ui/${path}`)).status, path).toBe(404);
  }
  await expectAnswer(send('/ui/', { method: 'POST' }), 405, {});
});

it('[SV17] tells the page whose streams there are, no more than a browser can follow', async () => {
  const some = localApi({ inspection: { peers, hasPage: true } });
  const id = encodeURIComponent(some.replica.id);
  const setup = await (await some.send('/ui/setup.json')).json();
  expect(setup.mode).toBe('serve');
  expect(setup.nodes).toEqual(expect.arrayContaining([some.replica.id, 'n7']));
  const own = { url: '../inspect', node: some.replica.id };
  const others = [...peers.keys()].filter((peer) => peer !== some.replica.id);
  expect(setup.streams).toEqual([
    own,
    ...others.map((node) => ({ url: `../inspect?node=${node}`, node })),
  ]);
  expect(id).toBe(some.replica.id);
  const many = new Map(Array.from({ length: 9 }, (_, at) => [`m${at}`, 'http://127.0.0.1:1']));
  const crowded = localApi({ inspection: { peers: many, hasPage: true } });
  const { nodes, streams } = await (await crowded.send('/ui/setup.json')).json();
  expect([nodes.includes('m8'), streams.length]).toEqual([true, 5]);
});

it('[SV17] has no page unless it was asked for', async () => {
  for (const inspection of [null, { peers, hasPage: false }]) {
    const { send } = localApi({ inspection });
    for (const path of ['/ui', '/ui/', '/ui/page.js']) {
      await expectAnswer(send(path), 404, { message: expect.stringContaining('--ui') });
    }
  }
});
