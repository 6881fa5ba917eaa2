/** What `restore` makes of the chunks of a snapshot: a data directory that begins with them, on a real LevelDB. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { staticConfiguration } from '../../src/core/configuration.ts';
import { index, nodeId, term } from '../../src/core/types.ts';
import { nodeAccess } from '../../src/storage/disk-log-store.ts';
import {
  type NewLineage,
  requireNewPlace,
  restoreDirectory,
} from '../../src/storage/recovery/restore-directory.ts';
import { surveyDirectory } from '../../src/storage/recovery/survey.ts';
import { during, Workspace } from './data-directories.ts';

const workspace = new Workspace();
const voters = ['n1', 'n2', 'n3'].map(nodeId);
const CHUNKS = [1, 2, 3].map((byte) => new Uint8Array(100).fill(byte));

const lineageOf = (id: string): NewLineage => ({
  clusterId: 'orders-1',
  nodeId: nodeId(id),
  voters,
  addresses: { n1: '127.0.0.1:4200' },
  lastEntry: { index: index(9), term: term(4) },
  timeMs: 7,
});

async function* given(after: (count: number) => void = () => {}): AsyncGenerator<Uint8Array> {
  for (const [at, chunk] of CHUNKS.entries()) {
    yield chunk;
    after(at + 1);
  }
}

it('[BK5] the log begins behind the state, in its term, with the members of the new cluster and no vote', async () => {
  const held: object[] = [];
  for (const id of voters) {
    const directory = workspace.fresh();
    await restoreDirectory(nodeAccess({ directory }), lineageOf(id), given());
    const founding = staticConfiguration(voters);
    const owner = { clusterId: 'orders-1', nodeId: id, founding };
    await during(
      directory,
      async (store, recovered) => {
        const { commitIndex, configurations, hardState, log, membership, snapshot } = recovered;
        const chunks = snapshot && (await store.snapshots.readChunks(snapshot, 0));
        expect(chunks?.map((chunk) => Buffer.compare(chunk, CHUNKS[0] as Uint8Array))).toEqual([
          0, 1, 1,
        ]);
        held.push({ commitIndex, configurations, hardState, log, membership, snapshot });
      },
      owner,
    );
  }
  const [one, ...others] = held;
  expect(one).toMatchObject({
    commitIndex: 9,
    configurations: [],
    hardState: { term: 4, votedFor: null },
    log: { base: { index: 9, term: 4 }, lastIndex: 9, termRuns: [] },
    membership: {
      index: 9,
      configuration: { voters, learners: [] },
      addresses: { n1: '127.0.0.1:4200' },
      removed: [],
    },
    snapshot: { lastEntry: { index: 9, term: 4 }, timeMs: 7, chunkCount: 3 },
  });
  expect(others).toEqual([one, one]);
});

it('[BK5] it is refused where anything is, and taken where a directory is empty', async () => {
  const directory = workspace.fresh();
  const access = nodeAccess({ directory });
  mkdirSync(directory);
  await requireNewPlace(access);
  await restoreDirectory(access, lineageOf('n1'), given());
  expect(await surveyDirectory(access)).toMatchObject({ clusterId: 'orders-1', snapshotIndex: 9 });
  await expect(requireNewPlace(access)).rejects.toMatchObject({
    code: 'RAFT_LOG_REFUSED',
    message: expect.stringContaining('is not empty: it holds acknowledged. Nothing was changed.'),
  });
  const full = workspace.fresh();
  mkdirSync(full);
  const late = restoreDirectory(
    nodeAccess({ directory: full }),
    lineageOf('n1'),
    given(() => writeFileSync(`${full}/notes`, 'mine')),
  );
  await expect(late).rejects.toThrow('could not be made');
  expect(existsSync(`${full}/identity.json`)).toBe(false);
});

it('[BK5] a process that is killed at any chunk leaves nothing in its place, and the next attempt says what is beside it', async () => {
  const places: string[] = [];
  const directory = workspace.fresh();
  await restoreDirectory(
    nodeAccess({ directory }),
    lineageOf('n1'),
    given(() => {
      const crashed = workspace.fresh();
      cpSync(`${directory}.restoring`, `${crashed}.restoring`, { recursive: true });
      expect(existsSync(directory)).toBe(false);
      places.push(crashed);
    }),
  );
  expect(places).toHaveLength(3);
  for (const place of places) {
    await expect(requireNewPlace(nodeAccess({ directory: place }))).rejects.toMatchObject({
      code: 'RAFT_LOG_REFUSED',
      message: expect.stringContaining(`${place}.restoring is in the way`),
    });
  }
  expect(existsSync(`${directory}.restoring`)).toBe(false);
});
