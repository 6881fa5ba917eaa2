/** `founding.json`: what a node has promised before its cluster is founded, on a real disk. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { NOTHING_FOUNDED } from '../../src/core/founding.ts';
import { nodeId } from '../../src/core/types.ts';
import { levelLogStore, nodeAccess } from '../../src/storage/disk-log-store.ts';
import { hasRun, openFounding, readFounding } from '../../src/storage/founding-file.ts';
import { scratch } from '../cli/scratch.ts';

const N1 = nodeId('n1');
const founder = { id: N1, incarnation: 'ab' };
const proposal = { founder, round: 3, members: [{ ...founder, address: 'a:1' }] };
const state = { round: 3, promised: proposal, foundation: proposal };
const nobody = { voters: [N1], votersOutgoing: [], learners: [], learnersNext: [] };
const owner = { clusterId: 'c', nodeId: 'n1', founding: nobody };

const place = () => nodeAccess({ directory: join(scratch(), 'data'), isFounded: true });
const fileIn = (directory: string) => join(directory, 'founding.json');

it('[FO11] keeps what was written, for this node, under the incarnation of its first time', async () => {
  const access = place();
  const first = await openFounding(access, N1);
  expect(first).toMatchObject({ nodeId: 'n1', state: NOTHING_FOUNDED });
  await first.write(state);
  await first.close();
  const second = await openFounding(access, N1);
  expect(second).toMatchObject({ incarnation: first.incarnation, state });
  await second.close();
  expect(await readFounding(access, N1)).toMatchObject({ incarnation: first.incarnation, state });
});

it('[FO11] a directory that was emptied is another', async () => {
  const [one, other] = [await openFounding(place(), N1), await openFounding(place(), N1)];
  expect(one.incarnation).not.toBe(other.incarnation);
  await Promise.all([one.close(), other.close()]);
});

it('[FO11] no byte of it may be another, and nothing of it is touched then', async () => {
  const access = place();
  const held = await openFounding(access, N1);
  await held.write(state);
  await held.close();
  const path = fileIn(access.directory);
  const text = readFileSync(path, 'utf8');
  for (const wrong of ['', '{}', text.replace('"round": 3', '"round": 4'), text.slice(0, -1)]) {
    writeFileSync(path, wrong);
    await expect(openFounding(access, N1)).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringContaining('founding.json is damaged'),
    });
    expect(readFileSync(path, 'utf8')).toBe(wrong);
  }
});

it('[FO11] a newer one, and that of another node, is refused', async () => {
  const access = place();
  const held = await openFounding(access, N1);
  await held.write(state);
  await held.close();
  await expect(openFounding(access, nodeId('n2'))).rejects.toThrow('belongs to node n1');
  const path = fileIn(access.directory);
  writeFileSync(path, readFileSync(path, 'utf8').replace('"format": 1', '"format": 2'));
  await expect(openFounding(access, N1)).rejects.toThrow('newer version of raftchart');
});

it('[FO11] two at once have not the same directory', async () => {
  const access = place();
  const held = await openFounding(access, N1);
  await expect(openFounding(access, N1)).rejects.toThrow('in use by another process');
  await held.close();
});

it('[FO11] a directory that holds something else stays as it is', async () => {
  const access = place();
  await mkdir(access.directory);
  writeFileSync(join(access.directory, 'letter'), 'dear');
  await expect(openFounding(access, N1)).rejects.toThrow('it holds letter');
  expect(readdirSync(access.directory)).toEqual(['letter']);
});

it('[FO11] what is promised is for founding by number alone, until a node has run on it', async () => {
  const access = place();
  const held = await openFounding(access, N1);
  await held.write(state);
  await held.close();
  const { directory } = access;
  const plain = levelLogStore({ directory });
  await expect(plain.open(owner)).rejects.toThrow('it holds founding.json');
  expect(await hasRun(access)).toBe(false);
  const { openingLogStore } = await import('../../src/storage/disk-log-store.ts');
  const store = await openingLogStore({ directory, isFounded: true }, { nodeId: N1 });
  await store.open(owner);
  await store.close();
  expect(await hasRun(access)).toBe(true);
  await plain.open(owner);
  await plain.close();
  expect(existsSync(fileIn(directory))).toBe(true);
});
