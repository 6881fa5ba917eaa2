/** `serve --bootstrap-expect` as an operator meets it: processes that are told no order, and found one cluster. Needs the built files. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { crc32 } from '../../src/core/bytes/checksum.ts';
import { freeBasePort } from '../free-ports.ts';
import { type CliProcess, logLines, runCliProcess, startCli } from './cli-process.ts';
import { scratch } from './scratch.ts';

let directory: string;
let base: number;
beforeEach(async () => {
  directory = scratch();
  base = await freeBasePort(10);
});

const at = (number: number) => `http://127.0.0.1:${base + number}`;
const dataOf = (number: number) => join(directory, `n${number}`);

function started(number: number, ...more: readonly string[]): CliProcess {
  return expecting(3, number, ...more);
}

function expecting(count: number, number: number, ...more: readonly string[]): CliProcess {
  return naming([1, 2, 3], count, number, ...more);
}

function naming(
  named: readonly number[],
  count: number,
  number: number,
  ...more: readonly string[]
): CliProcess {
  const others = named.map(at).join();
  const place = ['--listen', `127.0.0.1:${base + number}`];
  const peers = ['--peer-listen', `127.0.0.1:${base + 5 + number}`];
  const who = ['--id', `n${number}`, '--data-dir', dataOf(number)];
  const bootstrap = ['--bootstrap-expect', String(count), '--join', others];
  return startCli(['serve', ...who, ...place, ...peers, ...bootstrap, ...more]);
}

const foundingLines = (node: CliProcess) => logLines(node.errors(), 'founding');
const isSaid = (node: CliProcess, fields: Readonly<Record<string, unknown>>): Promise<boolean> =>
  node.until((_, errors) =>
    logLines(errors, 'founding').some((line) =>
      Object.entries(fields).every(([name, value]) => String(line[name]).includes(String(value))),
    ),
  );
const isServing = (node: CliProcess): Promise<boolean> =>
  node.until((_, errors) => logLines(errors, 'serving').length > 0);

// biome-ignore lint/suspicious/noExplicitAny: what another process says.
async function statusOf(number: number): Promise<any> {
  return (await fetch(`${at(number)}/status`)).json();
}

const voters = async (number: number) => (await statusOf(number)).members?.voters;
const putTo = async (number: number) =>
  (await fetch(`${at(number)}/kv/a`, { method: 'PUT', body: 'x' })).status;

describe('three that are told no order', () => {
  it('[FO12] [FO13] found one cluster, which a fourth joins; until then they say that they start', async () => {
    const three = started(3);
    await isSaid(three, { state: 'gathering' });
    expect((await fetch(`${at(3)}/livez`)).status).toBe(200);
    expect((await fetch(`${at(3)}/readyz`)).status).toBe(503);
    expect(await statusOf(3)).toMatchObject({ code: 'RAFT_STOPPED' });
    const one = started(1);
    await isSaid(three, { heard: 'n1' });
    const nodes = [one, started(2), three];
    await Promise.all(nodes.map(isServing));
    await expect.poll(() => putTo(1)).toBe(200);
    expect(await voters(1)).toEqual(['n1', 'n2', 'n3']);
    const { clusterId } = await statusOf(1);
    expect((await statusOf(2)).clusterId).toBe(clusterId);
    expect((await statusOf(3)).clusterId).toBe(clusterId);

    const four = started(4);
    await isSaid(four, { state: 'late' });
    await four.until((_, errors) => logLines(errors, 'joined').length > 0);
    await expect.poll(() => voters(2)).toEqual(['n1', 'n2', 'n3', 'n4']);
  });

  it('[FO12] [FO11] begin again by the same line, killed at any time, and wait for nobody once they have run', async () => {
    const three = started(3);
    await isSaid(three, { state: 'gathering' });
    three.kill('SIGKILL');
    await three.ended;
    const { incarnation } = JSON.parse(readFileSync(join(dataOf(3), 'founding.json'), 'utf8'));
    const nodes = [started(1), started(2), started(3)];
    await Promise.all(nodes.map(isServing));
    const kept = JSON.parse(readFileSync(join(dataOf(3), 'founding.json'), 'utf8'));
    expect(kept).toMatchObject({ incarnation, state: { foundation: { round: 1 } } });
    await expect.poll(() => putTo(1)).toBe(200);
    for (const node of nodes) node.kill('SIGKILL');
    await Promise.all(nodes.map((node) => node.ended));

    const [one, two] = [started(1), started(2)];
    await Promise.all([one, two].map(isServing));
    await expect.poll(() => putTo(2)).toBe(200);
    expect([one, two].flatMap(foundingLines)).toEqual([]);
    expect(logLines(one.errors(), 'peersIgnored')).toEqual([]);
  });

  it('[FO12] who has lost its disk since is in the cluster that there is, and founds no other', async () => {
    const nodes = [started(1), started(2), started(3)];
    await Promise.all(nodes.map(isServing));
    await expect.poll(() => putTo(3)).toBe(200);
    const [, , three] = nodes;
    three?.kill('SIGKILL');
    await three?.ended;
    rmSync(dataOf(3), { recursive: true });
    const again = started(3);
    await isSaid(again, { state: 'late' });
    await again.until((_, errors) => logLines(errors, 'joining').length > 0);
    expect((await statusOf(3)).clusterId).toBe((await statusOf(2)).clusterId);
  });
});

it('[FO15] those who were told of one node in common find each other, and found one cluster', async () => {
  const nodes = [3, 2, 1].map((number) => naming([2], 3, number));
  await Promise.all(nodes.map(isServing));
  await expect.poll(() => putTo(3)).toBe(200);
  expect(await voters(1)).toEqual(['n1', 'n2', 'n3']);
  const ids = await Promise.all([1, 2, 3].map(async (each) => (await statusOf(each)).clusterId));
  expect(new Set(ids).size).toBe(1);
});

/** As it was when the node had promised, and had not heard that the cluster is founded. */
function setBackToPromise(number: number): void {
  const path = join(dataOf(number), 'founding.json');
  const { checksum: _, ...content } = JSON.parse(readFileSync(path, 'utf8'));
  content.state.foundation = null;
  const checksum = crc32(new TextEncoder().encode(JSON.stringify(content)));
  rmSync(dataOf(number), { recursive: true });
  mkdirSync(dataOf(number));
  writeFileSync(path, `${JSON.stringify({ ...content, checksum }, null, 2)}\n`);
}

it('[FO10] [FO15] whoever was down when the cluster was founded, and knows nobody who is in it, is told', async () => {
  const nodes = [1, 2, 3].map((number) => naming([3], 3, number));
  await Promise.all(nodes.map(isServing));
  for (const node of nodes) node.kill('SIGKILL');
  await Promise.all(nodes.map((node) => node.ended));
  for (const number of [2, 3]) setBackToPromise(number);
  const [two, three] = [2, 3].map((number) => naming([3], 3, number));
  if (two === undefined || three === undefined) throw new Error('not started');
  await isSaid(three, { heard: 'n2' });
  const one = naming([3], 3, 1);
  await Promise.all([one, two, three].map(isServing));
  await expect.poll(() => putTo(2)).toBe(200);
});

it('[FO12] joins a cluster that was founded otherwise', async () => {
  const own = ['--listen', `127.0.0.1:${base + 2}`, '--peer-listen', `127.0.0.1:${base + 7}`];
  startCli(['serve', '--id', 'n2', '--data-dir', dataOf(2), ...own]);
  const one = started(1);
  await isSaid(one, { state: 'late' });
  await one.until((_, errors) => logLines(errors, 'joined').length > 0);
  expect((await voters(1)).includes('n2')).toBe(true);
});

it('[FO14] a node without the secret of the others is not heard, and learns why', async () => {
  const secrets = ['a', 'b'].map((letter) => {
    const path = join(directory, letter);
    writeFileSync(path, letter.repeat(64));
    return path;
  });
  const [right = '', wrong = ''] = secrets;
  const stranger = started(1, '--cluster-secret-file', wrong);
  const two = started(2, '--cluster-secret-file', right);
  const three = started(3, '--cluster-secret-file', right);
  await isSaid(stranger, { level: 'warn', url: at(2), message: '--cluster-secret-file' });
  await isSaid(two, { heard: 'n3' });
  expect([stranger, two, three].flatMap(foundingLines).filter(isAboutStranger)).toEqual([]);
  stranger.kill('SIGKILL');
  await stranger.ended;
  const one = started(1, '--cluster-secret-file', right);
  await Promise.all([one, two, three].map(isServing));
});

const isAboutStranger = ({ heard, node }: Readonly<Record<string, unknown>>): boolean =>
  String(heard).includes('n1') || (node === 'n1' && /n[23]/.test(String(heard)));

it('[FO12] nodes that expect others in number are told apart, in words', async () => {
  const [one, two] = [started(1), expecting(5, 2)];
  await isSaid(one, { level: 'warn', message: 'n2 has --bootstrap-expect 5' });
  await isSaid(two, { level: 'warn', message: 'n1 has --bootstrap-expect 3' });
});

it('[FO12] is told to stop while it waits for others, and does', async () => {
  const one = started(1);
  await isSaid(one, { state: 'gathering' });
  one.kill('SIGTERM');
  expect(await one.ended).toBe(0);
});

it('[FO11] a directory in which another process founds is refused', async () => {
  const one = started(1);
  await isSaid(one, { state: 'gathering' });
  const { code, errors } = await runCliProcess([
    ...['serve', '--id', 'n1', '--data-dir', dataOf(1), '--listen', '127.0.0.1:0'],
    ...['--peer-listen', '127.0.0.1:1', '--bootstrap-expect', '3', '--join', at(1)],
  ]);
  expect([code, errors]).toEqual([78, expect.stringContaining('in use by another process')]);
});

it.each([
  [['--bootstrap-expect', '3'], '--join'],
  [['--bootstrap-expect', '1', '--join', 'http://a:1'], 'from 2 to 64'],
  [
    ['--bootstrap-expect', '3', '--join', 'http://a:1', '--peers', 'n1=a:1,n2=b:1'],
    'or let --peers name this node alone',
  ],
  [
    ['--bootstrap-expect', '3', '--peers', 'n1=a:1,n2=b:1,n3=c:1'],
    'or let --peers name this node alone',
  ],
])('[FO12] %j is refused before anything is touched', async (line, told) => {
  const { code, errors } = await runCliProcess([
    'serve',
    '--id',
    'n1',
    '--data-dir',
    dataOf(1),
    ...line,
  ]);
  expect([code, errors]).toEqual([64, expect.stringContaining(told)]);
});

it('[FO7] [FO14] whoever says that it has founded what it never promised ends it in words; without the secret, nobody does', async () => {
  const ask = async (node: number, word: object) => {
    const answer = await fetch(`${at(node)}/founding`, {
      method: 'POST',
      body: JSON.stringify(word),
    });
    return { status: answer.status, said: await answer.json() };
  };
  const stranger = { id: 'n0', incarnation: 'a', address: '127.0.0.1:9' };
  const word = { cluster: '', expected: 3, self: stranger };
  const nothing = { round: 0, promised: null, foundation: null };
  const open = started(1);
  await isSaid(open, { state: 'gathering' });
  const { said } = await ask(1, { ...word, state: nothing });
  const members = [stranger, said.self, { ...stranger, id: 'n9' }];
  const foundation = { founder: { id: 'n0', incarnation: 'a' }, round: 1, members };
  const forged = { ...word, state: { round: 1, promised: foundation, foundation } };
  expect((await ask(1, forged)).status).toBe(200);
  expect(await open.ended).toBe(78);
  expect(logLines(open.errors(), 'failed')).toMatchObject([
    { message: expect.stringMatching(/has never promised that.*--cluster-secret-file/) },
  ]);

  const secret = join(directory, 'secret');
  writeFileSync(secret, 's'.repeat(40));
  const guarded = started(2, '--cluster-secret-file', secret);
  await isSaid(guarded, { state: 'gathering' });
  expect((await ask(2, forged)).status).toBe(403);
  expect((await fetch(`${at(2)}/livez`)).status).toBe(200);
});

it('[OP8] [FO12] however many are asked, its log is lines of JSON, and says of each once why it does not answer', async () => {
  const place = ['--listen', `127.0.0.1:${base}`, '--peer-listen', `127.0.0.1:${base + 5}`];
  const others = Array.from({ length: 20 }, (_, number) => `http://127.0.0.${number + 2}:1`);
  const who = ['--id', 'n1', '--data-dir', dataOf(1), '--bootstrap-expect', '3'];
  const node = startCli(['serve', ...who, ...place, '--join', others.join()]);
  const asked = () => foundingLines(node).flatMap(({ url }) => (url === undefined ? [] : [url]));
  await expect.poll(() => asked().length).toBe(others.length);
  node.kill('SIGTERM');
  await node.ended;
  expect(asked().sort()).toEqual([...others].sort());
  const lines = node.errors().trimEnd().split('\n');
  expect(lines.filter((line) => !line.startsWith('{'))).toEqual([]);
});
