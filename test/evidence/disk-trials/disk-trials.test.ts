/**
 * A few of the trials that `npm run disk-trials` performs in thousands, and the proof that each of its judges can
 * say no.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { levelLogStore } from '../../../src/storage/disk-log-store.ts';
import { append, hard, OWNER, run, write } from '../../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../../src/testing/simulation/runtime/random.ts';
import { contentFor, faultOf } from '../../processes/ledger.ts';
import { filesIn, Workspace } from '../../storage/data-directories.ts';
import { type Before, faultOfBase, faultOfLook, faultOfRefusal } from './judge.ts';
import { drawDamage, fileKindOf, inflict } from './kinds.ts';
import { type Look, Looker, type OpenedLook } from './looker.ts';
import { promisesIn } from './promises.ts';
import { runTrials } from './run.ts';
import { VoteBook } from './votes.ts';

const SEED = 'a few';
const TRIALS = 5;
const PAST_ROUNDS = 1;
/** Twenty seconds on a quiet machine: dozens of processes start and stop. */
const FIVE_TRIALS_MS = 240_000;

describe('damage to the disks of real processes', () => {
  it(
    '[ST15] [ST16] a damaged member is what it was or refuses in words, and nothing is lost',
    async () => {
      const { violations, total, acknowledgedWrites } = await runTrials({
        seed: SEED,
        trials: TRIALS,
        pastRounds: PAST_ROUNDS,
      });
      expect(violations, `seed ${SEED}`).toEqual([]);
      expect(Object.values(total).reduce((sum, count) => sum + count, 0)).toBe(TRIALS);
      expect(acknowledgedWrites).toBeGreaterThan(0);
    },
    FIVE_TRIALS_MS,
  );
});

describe('the judges of the trials', () => {
  const workspace = new Workspace();
  const looker = new Looker();
  afterAll(async () => {
    await looker[Symbol.asyncDispose]();
  });

  /** One more entry in a directory. */
  async function grow(directory: string, index: number): Promise<void> {
    const store = levelLogStore({ directory });
    await store.open(OWNER);
    await write(store, [hard(index, 'n2'), append(run(index, index, ['x'.repeat(5_000)]))]);
    await store.close();
  }

  function look(directory: string, through = 0): Promise<Look> {
    const { clusterId, nodeId: id, founding } = OWNER;
    const copy = workspace.copy(directory);
    return looker.look({ directory: copy, clusterId, id, members: founding.voters, through });
  }

  it('[ST15] a look tells a whole directory from one that has lost something', async () => {
    const directory = workspace.fresh();
    await grow(directory, 1);
    const older = workspace.copy(directory);
    await grow(directory, 2);
    const held = await look(directory);
    expect(held).toMatchObject({ type: 'opened', isNew: false, term: 2, lastIndex: 2 });
    const before: Before = { held: held as OpenedLook, promises: promisesIn(directory) };
    expect(faultOfBase(before)).toBeNull();
    expect(faultOfLook(before, await look(directory), directory)).toBeNull();
    expect(faultOfLook(before, await look(older), older)).toMatch(/it opens with/);
    const silent: Look = { type: 'ended', how: 'SIGABRT' };
    expect(faultOfLook(before, silent, directory)).toMatch(/ended by SIGABRT/);
    expect(faultOfBase({ ...before, promises: promisesIn(older) })).toMatch(/undamaged, it holds/);
  });

  it('[ST15] of a batch that was not acknowledged yet, all or nothing may be left', async () => {
    const directory = workspace.fresh();
    await grow(directory, 1);
    const older = workspace.copy(directory);
    await grow(directory, 2);
    const held = (await look(directory, 1)) as OpenedLook;
    const promises = { ...promisesIn(older), sequence: held.sequence - 1 };
    const before: Before = { held, promises };
    expect(faultOfBase(before)).toBeNull();
    const looks = [await look(directory), await look(older)];
    expect(looks.map((each) => faultOfLook(before, each, directory))).toEqual([null, null]);
    const wrong: readonly Partial<OpenedLook>[] = [
      { entries: held.entries },
      { lastIndex: 0 },
      { votedFor: 'n3' },
      { isNew: true },
    ];
    for (const change of wrong) {
      const changed = { ...(looks[1] as OpenedLook), ...change };
      expect(faultOfLook(before, changed, directory)).toMatch(/it opens with/);
    }
  });

  it('[ST15] a drawn fault changes one file, and comes again with the same seed', async () => {
    const directory = workspace.fresh();
    for (const index of [1, 2, 3]) await grow(directory, index);
    const kinds = new Set<string>();
    for (let seed = 0; seed < 120; seed += 1) {
      const copy = workspace.copy(directory);
      const damage = drawDamage(copy, new SeededRandom(seed));
      expect(drawDamage(copy, new SeededRandom(seed))).toEqual(damage);
      inflict(copy, damage);
      expect(differences(directory, copy)).toEqual([damage.file]);
      kinds.add(fileKindOf(damage.file)).add(damage.kind);
    }
    expect(kinds.size).toBe(8 + 4);
  });

  it('[ST16] a refusal without the place, without advice, or with another code is none', () => {
    const words = 'The log in /data/log is damaged. Put back a copy.';
    expect(faultOfRefusal('RAFT_LOG_REFUSED', words, '/data')).toBeNull();
    expect(faultOfRefusal('RAFT_STORAGE_FAILED', words, '/data')).toMatch(/RAFT_STORAGE_FAILED/);
    expect(faultOfRefusal('RAFT_LOG_REFUSED', words, '/elsewhere')).toMatch(/where or what/);
    expect(faultOfRefusal('RAFT_LOG_REFUSED', '/data is damaged.', '/data')).toMatch(/what to do/);
  });

  it('[ST15] a lost, an older and a wrong value are faults; what was under way is none', () => {
    const track = { key: 'track/0-0', acknowledged: 3, attempted: 4 };
    const fault = (number: number, key = track.key): string | null =>
      faultOf(track, contentFor(key, number), 'latest');
    expect([3, 4].map((number) => fault(number))).toEqual([null, null]);
    expect(fault(2)).toMatch(/holds 2, acknowledged 3/);
    expect(fault(5)).toMatch(/holds 5/);
    expect(fault(3, 'track/1-1')).toMatch(/wrong bytes/);
    expect(faultOf(track, undefined, 'latest')).toMatch(/holds 0/);
    expect(faultOf(track, undefined, 'past')).toBeNull();
    expect(faultOf(track, contentFor(track.key, 5), 'past')).toMatch(/holds 5/);
  });

  it('[ST4] a term that falls and a vote that changes are contradictions', () => {
    const book = new VoteBook();
    expect(book.record('n1', { term: 3, votedFor: null })).toBeNull();
    expect(book.record('n1', { term: 3, votedFor: 'n2' })).toBeNull();
    expect(book.record('n1', { term: 3, votedFor: 'n3' })).toMatch(/voted for n2 and now for n3/);
    expect(book.record('n1', { term: 3, votedFor: null })).toMatch(/now for null/);
    expect(book.record('n1', { term: 2, votedFor: null })).toMatch(/fell from 3 to 2/);
    expect(book.record('n2', { term: 2, votedFor: null })).toBeNull();
  });
});

/** The files that are not the same in both, or only in one. */
function differences(left: string, right: string): readonly string[] {
  const names = new Set([...filesIn(left), ...filesIn(right)]);
  const contentIn = (directory: string, name: string): string =>
    filesIn(directory).includes(name) ? readFileSync(join(directory, name), 'latin1') : 'none';
  return [...names].filter((name) => contentIn(left, name) !== contentIn(right, name));
}
