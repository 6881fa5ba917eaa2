/**
 * A power loss while LevelDB makes its first files, of which it does not sync every one: whatever is left of them, in
 * whatever combination, has promised nothing and is begun anew. What was ever written to is not.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeId } from '../../../src/core/types.ts';
import { PART } from '../../../src/storage/directory/refusals.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { levelLogStore } from '../../../src/storage/disk-log-store.ts';
import { encodeIdentity } from '../../../src/storage/records/identity-file.ts';
import { append, hard, OWNER, run, write } from '../../../src/testing/contracts/log-operations.ts';
import { fingerprint, Workspace } from '../data-directories.ts';
import { contentOf, MODEL_EMPTY } from '../log-model.ts';

const workspace = new Workspace();
afterAll(() => workspace.dispose());

let manifest: Uint8Array;
beforeAll(async () => {
  const directory = workspace.fresh();
  mkdirSync(directory);
  const database = new LevelDatabase(join(directory, PART.log));
  await database.open({ createIfMissing: true });
  await database.close();
  manifest = readFileSync(join(directory, PART.log, 'MANIFEST-000002'));
});

type Remains = 'absent' | 'empty' | 'torn' | 'whole';

function bytesOf(remains: Remains, whole: Uint8Array): Uint8Array | null {
  switch (remains) {
    case 'absent':
      return null;
    case 'empty':
      return new Uint8Array(0);
    case 'torn':
      return whole.subarray(0, Math.floor(whole.length / 2));
    default:
      return whole;
  }
}

/** A data directory whose `log` holds these files. */
function beginning(files: Readonly<Record<string, Uint8Array | null>>): string {
  const directory = workspace.fresh();
  mkdirSync(join(directory, PART.log), { recursive: true });
  for (const [name, bytes] of Object.entries(files)) {
    if (bytes !== null) writeFileSync(join(directory, name), bytes);
  }
  return directory;
}

const UNFINISHED = encodeIdentity({
  clusterId: OWNER.clusterId,
  nodeId: nodeId(OWNER.nodeId),
  incarnation: '0123456789abcdef',
  boots: 0,
  lineage: [],
});
const text = (words: string): Uint8Array => new TextEncoder().encode(words);

async function worksFromNow(directory: string): Promise<void> {
  const store = levelLogStore({ directory });
  const recovered = await store.open(OWNER);
  expect(await contentOf(store, recovered)).toEqual(MODEL_EMPTY);
  await write(store, [hard(1), append(run(1, 1, ['a']))]);
  await store.close();
  const again = levelLogStore({ directory });
  expect((await again.open(OWNER)).log.lastIndex).toBe(1);
  await again.close();
}

describe('what a power loss leaves of the first files of LevelDB', () => {
  const remains: readonly Remains[] = ['absent', 'empty', 'torn', 'whole'];
  const identities = [
    ['no identity', null],
    ['an identity without a start', UNFINISHED],
  ] as const;
  const currents = [null, '', 'MANIF', 'MANIFEST-000001\n', 'MANIFEST-000002\n'];

  it.each(identities)('[ST11] beside %s is begun anew', async (_, identity) => {
    for (const current of currents) {
      for (const first of remains) {
        for (const second of remains) {
          const directory = beginning({
            [PART.identity]: identity,
            [`${PART.log}/CURRENT`]: current === null ? null : text(current),
            [`${PART.log}/MANIFEST-000001`]: bytesOf(first, manifest),
            [`${PART.log}/MANIFEST-000002`]: bytesOf(second, manifest),
            [`${PART.log}/000003.log`]: second === 'absent' ? null : new Uint8Array(0),
            [`${PART.log}/LOCK`]: new Uint8Array(0),
          });
          await worksFromNow(directory);
        }
      }
    }
  });

  it('[ST11] beside a draft of the identity, or with a draft of CURRENT, is begun anew', async () => {
    await worksFromNow(
      beginning({
        [PART.identityDraft]: UNFINISHED.subarray(0, 20),
        [`${PART.log}/MANIFEST-000001`]: new Uint8Array(0),
        [`${PART.log}/000001.dbtmp`]: text('MANIFEST-0'),
      }),
    );
  });
});

describe('what looks like a beginning and is none', () => {
  async function halfWiped(spoil: (log: string) => void): Promise<string> {
    const directory = workspace.fresh();
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    await write(store, [hard(1), append(run(1, 1, ['a']))]);
    await store.close();
    for (const part of [PART.identity, PART.hardState, PART.acknowledged]) {
      rmSync(join(directory, part));
    }
    spoil(join(directory, PART.log));
    return directory;
  }

  const manifestIn = (log: string): string =>
    join(log, readdirSync(log).find((name) => name.startsWith('MANIFEST')) ?? '');

  it.each([
    ['its manifest is gone', (log: string) => rmSync(manifestIn(log))],
    ['its manifest is empty', (log: string) => writeFileSync(manifestIn(log), '')],
    ['its CURRENT is empty', (log: string) => writeFileSync(join(log, 'CURRENT'), '')],
    ['its CURRENT is gone', (log: string) => rmSync(join(log, 'CURRENT'))],
  ])(
    '[ST6] a used log beside which all else was deleted is refused, though %s',
    async (_, spoil) => {
      const directory = await halfWiped(spoil);
      const before = fingerprint(directory);
      const opening = levelLogStore({ directory }).open(OWNER);
      await expect(opening).rejects.toMatchObject({ code: 'RAFT_LOG_REFUSED' });
      expect(fingerprint(directory)).toBe(before);
      expect(existsSync(join(directory, PART.identity))).toBe(false);
    },
  );
});
