/** Members that prove who they are, with certificates or with a secret: over real sockets and disks. */
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createNode, defineMachine, type RaftchartNode } from '../../src/index.ts';
import { FOREIGN, memberCertificate } from '../certificates.ts';
import { closing } from '../clean-up.ts';
import { freeBasePort } from '../free-ports.ts';
import { eventually } from '../server/eventually.ts';
import { newFolder } from './stage.ts';

const counter = defineMachine({
  initial: () => ({ count: 0 }),
  commands: {
    add: (state, by: number) => {
      state.count += by;
      return state.count;
    },
  },
  queries: { count: (state) => state.count },
});

type Guards = Pick<Parameters<typeof createNode>[0], 'tls' | 'clusterSecret'>;
const SECRET = 'a secret of thirty-two characters';

/** Starts members of a cluster of three by their names, each in a folder of its own. */
async function membersOfThree() {
  const folder = await newFolder();
  const base = await freeBasePort(3);
  const peers = Object.fromEntries(
    ['n1', 'n2', 'n3'].map((id, at) => [id, `127.0.0.1:${base + at}`]),
  );
  return async (id: string, guards: Guards, disk = id) =>
    closing(
      await createNode({
        ...guards,
        id,
        peers,
        machine: counter,
        dataDir: join(folder, disk),
        snapshots: { entries: 20, trailingEntries: 0 },
      }),
    );
}

type Member = Awaited<ReturnType<Awaited<ReturnType<typeof membersOfThree>>>>;

async function expectCaughtUp(member: Member, count: number): Promise<void> {
  await expect.poll(() => member.query('count').catch(() => null)).toBe(count);
}

/** What a node is told of its peers, in its words. */
function problemsOf(node: Pick<RaftchartNode<never, never, never>, 'on'>): string[] {
  const told: string[] = [];
  node.on('peer', ({ reason }) => told.push(reason));
  return told;
}

it.each([
  ['certificates', (id: string): Guards => ({ tls: memberCertificate(id) })],
  ['a secret', (): Guards => ({ clusterSecret: SECRET })],
  ['both', (id: string): Guards => ({ tls: memberCertificate(id), clusterSecret: SECRET })],
])('[TL6] [TL7] members with %s serve, and fetch snapshots from each other', async (_, guards) => {
  const start = await membersOfThree();
  const [one] = await Promise.all([start('n1', guards('n1')), start('n2', guards('n2'))]);
  for (let count = 1; count <= 60; count += 1) {
    expect((await one.propose('add', 1)).result).toBe(count);
  }
  const late = await start('n3', guards('n3'));
  await expectCaughtUp(late, 60);
  expect(late.status().snapshotIndex).toBeGreaterThan(0);
});

it('[TL7] a stranger without the secret is not remembered: who it claimed to be is still taken', async () => {
  const start = await membersOfThree();
  const guards = { clusterSecret: SECRET };
  const [one] = await Promise.all([start('n1', guards), start('n2', guards)]);
  const told = problemsOf(one);
  await one.propose('add', 1);
  const stranger = await start('n3', {}, 'stranger');
  await eventually(() => told.some((each) => each.includes('proves the secret'))).toBe(true);
  await stranger.close();
  await expectCaughtUp(await start('n3', guards), 1);
});

it('[TL6] whoever has a certificate of another member, or authority, is never believed', async () => {
  const start = await membersOfThree();
  const [one] = await Promise.all(
    ['n1', 'n2'].map((id) => start(id, { tls: memberCertificate(id) })),
  );
  if (one === undefined) throw new Error('two members');
  await one.propose('add', 1);
  for (const [tls, words] of [
    [memberCertificate('n2'), 'not that of n3'],
    [memberCertificate('n3', { authority: FOREIGN }), 'no authority that this member trusts'],
  ] as const) {
    const thief = await start('n3', { tls }, `thief-${words.length}`);
    await expect.poll(() => JSON.stringify(one.status().links)).toContain(words);
    expect(thief.status()).toMatchObject({ lastApplied: 0, leader: null });
    await thief.close();
  }
  await expectCaughtUp(await start('n3', { tls: memberCertificate('n3') }), 1);
});

it('[TL6] [TL7] what cannot guard anything is a misuse, and no secret is told', async () => {
  const own = { id: 'n1', machine: counter, dataDir: await newFolder() };
  const { cert, key } = memberCertificate('n1');
  await expect(createNode({ ...own, tls: { cert, key } })).rejects.toThrow(/needs ca/);
  const short = createNode({ ...own, clusterSecret: 'guess' });
  await expect(short).rejects.toThrow(/at least 32 characters/);
  await expect(short).rejects.not.toThrow(/guess/);
});
