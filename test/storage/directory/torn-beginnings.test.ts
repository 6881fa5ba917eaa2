/**
 * A power loss while LevelDB makes its first files, of which it does not sync every one: whatever is left of them, in
 * whatever combination, has promised nothing and is begun anew. What was ever written to is not.
 */
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { nodeId } from '../../../src/core/types.ts';
import { LevelDatabase } from '../../../src/storage/disk/level-database.ts';
import { encodeIdentity } from '../../../src/storage/records/identity-file.ts';
import { PART } from '../../../src/storage/refusals.ts';
import { append, hard, OWNER, run, write } from '../../../src/testing/contracts/log-operations.ts';
import { during, fingerprint, inMemory, storeIn, Workspace } from '../data-directories.ts';
import { contentOf, MODEL_EMPTY } from '../log-model.ts';

const workspace = new Workspace(inMemory());

let manifest: Uint8Array;
beforeAll(async () => {
  const directory = workspace.fresh();
  mkdirSync(directory);
  const database = new LevelDatabase(join(directory, PART.log));
  await database.open({ createIfMissing: true });
  await database.close();
  manifest = readFileSync(join(directory, PART.log, 'MANIFEST-000002'));
});

/** What may be left of a manifest: nothing, no content, half of it, all of it. */
const REMAINS = [
  () => null,
  () => manifest.subarray(0, 0),
  () => manifest.subarray(0, manifest.length >> 1),
  () => manifest,
];

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
  await during(directory, async (store, recovered) => {
    expect(await contentOf(store, recovered)).toEqual(MODEL_EMPTY);
    await write(store, [hard(1), append(run(1, 1, ['a']))]);
  });
  const found = await during(directory, async (_, { log }) => log.lastIndex);
  expect(found).toBe(1);
}

describe('what a power loss leaves of the first files of LevelDB', () => {
  const identities = [
    ['no identity', null],
    ['an identity without a start', UNFINISHED],
  ] as const;
  const currents = [null, '', 'MANIF', 'MANIFEST-000001\n', 'MANIFEST-000002\n'];

  it.each(identities)('[ST11] beside %s is begun anew', async (_, identity) => {
    for (const current of currents) {
      for (const first of REMAINS) {
        for (const second of REMAINS) {
          const directory = beginning({
            [PART.identity]: identity,
            [`${PART.log}/CURRENT`]: current === null ? null : text(current),
            [`${PART.log}/MANIFEST-000001`]: first(),
            [`${PART.log}/MANIFEST-000002`]: second(),
            [`${PART.log}/000003.log`]: second() === null ? null : new Uint8Array(0),
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
    await during(directory, (store) => write(store, [hard(1), append(run(1, 1, ['a']))]));
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
      const opening = storeIn(directory).open(OWNER);
      await expect(opening).rejects.toMatchObject({ code: 'RAFT_LOG_REFUSED' });
      expect(fingerprint(directory)).toBe(before);
      expect(existsSync(join(directory, PART.identity))).toBe(false);
    },
  );

  it('[ST5] [ST11] a used log beside an identity without a start is refused, not begun anew', async () => {
    const directory = await halfWiped(() => {});
    writeFileSync(join(directory, PART.identity), UNFINISHED);
    await expect(storeIn(directory).open(OWNER)).rejects.toMatchObject({
      code: 'RAFT_WRONG_IDENTITY',
      message: expect.stringContaining(`${directory}/log comes from another data directory`),
    });
  });
});

describe('creation on a real disk', () => {
  const workspace = new Workspace();

  it.each([
    ['nothing in log', []],
    ['a lock', ['LOCK']],
    ['a first manifest', ['LOCK', 'LOG', 'MANIFEST-000001']],
    ['a CURRENT not yet in place', ['LOCK', 'LOG', 'LOG.old', 'MANIFEST-000001', '000001.dbtmp']],
  ])('[ST11] starts anew after a crash that left %s', async (_, names) => {
    const directory = workspace.fresh();
    mkdirSync(join(directory, PART.log), { recursive: true });
    for (const name of names) appendFileSync(join(directory, PART.log, name), '');
    writeFileSync(join(directory, PART.identityDraft), '{"format":');
    const { isNew } = await during(directory, async (_, recovered) => recovered);
    expect(isNew).toBe(true);
  });

  it('[ST11] two nodes that create one directory at once: one wins, the other is refused', async () => {
    const directory = workspace.fresh();
    const stores = [storeIn(directory), storeIn(directory)];
    const results = await Promise.allSettled(stores.map((store) => store.open(OWNER)));
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    for (const store of stores) await store.close();
  });
});
