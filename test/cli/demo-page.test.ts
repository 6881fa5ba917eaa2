/** The server behind the demo's live page, asked as a browser asks it. Needs the built files. */
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freeBasePort } from '../free-ports.ts';
import { eventually } from '../server/eventually.ts';
import { type CliProcess, startCli } from './cli-process.ts';
import { scratch } from './scratch.ts';

interface Page {
  readonly cli: CliProcess;
  readonly origin: string;
  readonly token: string;
}

let page: Page;

beforeEach(async () => {
  const environment = { TMPDIR: scratch(), RAFTCHART_ELECTION_TIMEOUT_MS: '600-1200' };
  const basePort = `${await freeBasePort(3)}`;
  const cli = startCli(['demo', '--base-port', basePort], { environment });
  const link = await cli.until((said) => /^ {2}(http:\/\/\S+#token=\S+)$/m.exec(said)?.[1] ?? null);
  const { origin, hash } = new URL(link);
  page = { cli, origin, token: hash.slice('#token='.length) };
});

afterEach(async () => {
  page.cli.kill('SIGINT');
  await page.cli.ended;
});

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Asking {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** With any headers: `fetch` would not send a foreign Host. */
function ask(path: string, { method = 'GET', headers = {}, body }: Asking = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request(`${page.origin}${path}`, { method, headers }, async (response) => {
      let text = '';
      for await (const chunk of response) text += chunk;
      resolve({ status: response.statusCode ?? 0, body: text });
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

function order(path: string, fields: object, headers: Asking['headers'] = {}): Promise<Answer> {
  const all = { 'raftchart-token': page.token, ...headers };
  return ask(path, { method: 'POST', headers: all, body: JSON.stringify(fields) });
}

function fault(node: string, name: string): Promise<Answer> {
  return order('/faults', { node, fault: name });
}

/** What the stream has said of the node last. */
async function standing(node: string): Promise<string> {
  const { body } = await fetch(`${page.origin}/stream`);
  let text = '';
  for await (const chunk of body ?? []) {
    text += new TextDecoder().decode(chunk);
    const told = [...text.matchAll(/^event: presence\ndata: (.*)$/gm)].map(([, json]) =>
      JSON.parse(json ?? ''),
    );
    const news = told.find((each) => each.node === node);
    if (news !== undefined) return `${news.presence}: ${news.how}`;
  }
  throw new Error('the stream has ended');
}

/** With a page open meanwhile. */
async function watching(act: () => Promise<void>): Promise<void> {
  const { body } = await fetch(`${page.origin}/stream`);
  await act();
  await body?.cancel();
}

describe('the page of the demo', () => {
  it('[CL35] is served by the demo itself, and outlives every node', async () => {
    const { status, body } = await ask('/');
    expect([status, body]).toEqual([200, expect.stringContaining('<script type="module"')]);
    expect(JSON.parse((await ask('/setup.json')).body).nodes).toEqual(['n1', 'n2', 'n3']);
    for (const path of ['/../package.json', '/%2e%2e/package.json', '/pictures', '/page.js.map']) {
      expect((await ask(path)).status, path).toBe(404);
    }
    for (const node of ['n1', 'n2', 'n3']) await fault(node, 'kill');
    await eventually(() => standing('n3')).toBe('dead: was killed');
    expect((await ask('/page.css')).status).toBe(200);
    expect((await fault('n2', 'restart')).status).toBe(200);
    await page.cli.until((said) => /was ended by SIGKILL.*n2 +follower/s.test(said));
  });

  it('[CL36] kills, stops, continues and restarts, and says what became of it', async () => {
    const said: string[] = [];
    for (const name of ['stop', 'stop', 'continue', 'continue', 'restart', 'kill']) {
      said.push((await fault('n1', name)).body);
    }
    await eventually(() => standing('n1')).toBe('dead: was killed');
    for (const name of ['kill', 'restart']) said.push((await fault('n1', name)).body);
    expect(said.map((body) => JSON.parse(body).message)).toEqual([
      expect.stringContaining('n1 was stopped'),
      'n1 is stopped already.',
      expect.stringContaining('n1 goes on'),
      'n1 runs already.',
      'n1 has a process already.',
      expect.stringContaining('n1 was killed'),
      'n1 is dead: restart it first.',
      expect.stringContaining('n1 was started again'),
    ]);
    expect(await standing('n1')).toBe('running: was started again');
    await fault('n2', 'stop');
    // It ends all the same: whoever stands still is let go on to hear that it shall stop.
    page.cli.kill('SIGINT');
    expect(await page.cli.ended).toBe(0);
  });

  it('[CL35] sees a node that was started again in a terminal, and leaves it to whoever did', async () => {
    await fault('n1', 'kill');
    const line = await page.cli.until(
      (said) => /^ {2}(\S+ .*--id n1 .*)$/m.exec(said)?.[1] ?? null,
    );
    const again = startCli(line.slice(line.indexOf(' serve ') + 1).split(' '), {});
    await watching(async () => {
      await eventually(() => standing('n1')).toBe('running: was started again in a terminal');
      const said = [(await fault('n1', 'kill')).body, (await fault('n1', 'restart')).body];
      expect(said.map((body) => JSON.parse(body).message)).toEqual([
        'n1 was started again in a terminal: end it there.',
        'n1 has a process already.',
      ]);
      again.kill('SIGKILL');
      await again.ended;
      await eventually(() => standing('n1')).toBe('dead: was ended in its terminal');
    });
    expect((await fault('n1', 'restart')).status).toBe(200);
    expect(await standing('n1')).toBe('running: was started again');
  });

  it('[CL36] writes through the node that is chosen', async () => {
    const wrote = await order('/writes', { node: 'n3', key: 'a/b c', value: 'täglich' });
    expect(wrote).toEqual({ status: 200, body: expect.stringContaining('n3 has written a/b c') });
    const port = Number(/n1 {2}http:\S+:(\d+)/.exec(page.cli.output())?.[1]);
    const read = await fetch(`http://127.0.0.1:${port}/kv/${encodeURIComponent('a/b c')}`);
    expect(await read.text()).toBe('täglich');
    expect((await fetch(`http://127.0.0.1:${port}/faults`, { method: 'POST' })).status).toBe(404);
  });

  it('[CL36] writes under any key, also one that is no segment of a path', async () => {
    const port = Number(/n1 {2}http:\S+:(\d+)/.exec(page.cli.output())?.[1]);
    for (const key of ['.', '..', 'a/../b', '%2e', '%', '?#', '__proto__']) {
      const wrote = await order('/writes', { node: 'n2', key, value: key });
      expect(wrote).toEqual({ status: 200, body: expect.stringContaining('n2 has written') });
    }
    const all = await fetch(`http://127.0.0.1:${port}/kv`);
    const { kvs }: { kvs: readonly { key: string; value: string }[] } = await all.json();
    const written = kvs.map(({ key, value }) => [key, value]);
    expect(written).toEqual(
      ['%', '%2e', '.', '..', '?#', '__proto__', 'a/../b'].map((key) => [key, key]),
    );
    const half = await order('/writes', { node: 'n2', key: '\ud800', value: '' });
    expect(half).toEqual({ status: 409, body: expect.stringContaining('did not write') });
  });

  it('[CL36] obeys nobody without the token, from another page, or under another name', async () => {
    const kill = { node: 'n1', fault: 'kill' };
    const foreign = { origin: 'https://evil.example' };
    const rebound = { host: 'evil.example' };
    const answers = [
      await order('/faults', kill, { 'raftchart-token': 'guess' }),
      await order('/faults', kill, foreign),
      await order('/faults', kill, rebound),
      await ask('/stream', { headers: foreign }),
      await ask('/', { headers: rebound }),
      await order('/faults', { node: 'n1', fault: 'explode' }),
      await order('/writes', { node: 'n1', key: '', value: '' }),
      await order('/faults', { node: 'n9', fault: 'kill' }),
    ];
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403, 400, 400, 409]);
    expect(await standing('n1')).toBe('running: runs');
  });
});
