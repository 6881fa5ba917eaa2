/**
 * A crash at any step, with or without power loss, costs nothing that was acknowledged and is never
 * taken for damage: the store opens again. The disk is simulated, the store is the real one.
 */
import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  hard,
  OWNER,
  outcome,
  peer,
  run,
  write,
} from '../../src/testing/contracts/log-operations.ts';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import {
  contentOf,
  type LogModel,
  legalWrite,
  MODEL_EMPTY,
  type RandomWrite,
  randomWrite,
} from './log-model.ts';
import { PromptDisk } from './prompt-disk.ts';

const ROUNDS = 400;
/** Crashes at each step, with other chances each time. */
const WAYS = 31;

describe('a crash while a data directory is created', () => {
  it.each([
    ['a kill', 'kill'],
    ['a loss of power', 'power'],
  ] as const)('[ST11] by %s leaves a new directory or a working one', async (_, kind) => {
    const whole = new PromptDisk();
    await whole.store().open(OWNER);
    expect(whole.steps).toBeGreaterThan(20);
    for (let step = 0; step < whole.steps * WAYS; step += 1) {
      const disk = new PromptDisk(new SeededRandom(step));
      disk.crashAt = step % whole.steps;
      expect(await Promise.race([disk.store().open(OWNER), disk.died])).toBe('died');
      const next = disk.after(kind);
      const store = next.store();
      const recovered = await store.open(OWNER);
      expect(await contentOf(store, recovered)).toEqual(MODEL_EMPTY);
      await write(store, [hard(1), append(run(1, 1, ['a']))]);
      expect((await next.after('power').store().open(OWNER)).log.lastIndex).toBe(1);
    }
  });

  it('[ST11] and a crash in every repetition of it', async () => {
    let disk = new PromptDisk();
    for (let step = 0; step < 30; step += 1) {
      disk.crashAt = step;
      await Promise.race([disk.store().open(OWNER), disk.died]);
      disk = disk.after('power');
    }
    expect((await disk.store().open(OWNER)).hardState.term).toBe(0);
  });
});

interface Life {
  writes: RandomWrite[];
  crashAt: number;
  kind: 'kill' | 'power';
}

describe('a crash of a store in use', () => {
  it('[ST11] [ID1] two starts that are killed anywhere, and a loss of power, leave counts that agree', async () => {
    const killedAt = async (disk: PromptDisk, step: number): Promise<PromptDisk> => {
      disk.crashAt = step;
      await Promise.race([disk.store().open(OWNER), disk.died]);
      return disk.after('kill');
    };
    for (let way = 0; way < ROUNDS; way += 1) {
      const disk = new PromptDisk(new SeededRandom(way));
      await disk.store().open(OWNER);
      const once = await killedAt(disk.after('kill'), way % 20);
      const twice = await killedAt(once, Math.floor(way / 20));
      const { identity } = await twice.after('power').store().open(OWNER);
      expect(identity.boots, `killed at ${way % 20} and ${Math.floor(way / 20)}`).toBeGreaterThan(
        1,
      );
    }
  });

  it('[ST14] never takes back what was remembered of a peer, whatever else was under way', async () => {
    for (const isBusy of [false, true]) {
      const disk = new PromptDisk();
      const store = disk.store();
      await store.open(OWNER);
      const writing = isBusy ? outcome(store, [hard(1), append(run(1, 1, ['a']))]) : null;
      await store.rememberPeer(peer('n2', 1));
      const { peers } = await disk.after('power').store().open(OWNER);
      expect(peers).toEqual([peer('n2', 1)]);
      await writing;
    }
  });

  it('[ST1] [SI3] [B3] [G2] [G4] loses nothing acknowledged, invents nothing, and is not taken for damage', async () => {
    const life = fc.record({
      writes: fc.array(randomWrite, { minLength: 1, maxLength: 6 }),
      crashAt: fc.integer({ min: 0, max: 60 }),
      kind: fc.constantFrom('kill' as const, 'power' as const),
    });
    const lives = fc.array(life, { minLength: 1, maxLength: 4 });
    const underWay = { lost: 0, kept: 0 };
    const property = fc.asyncProperty(lives, fc.nat(), async (all, seed) => {
      let disk = new PromptDisk(new SeededRandom(seed));
      let possible: readonly LogModel[] = [MODEL_EMPTY];
      for (const { writes, crashAt, kind } of all) {
        disk.crashAt = crashAt;
        possible = await live(disk, writes, possible);
        disk = disk.after(kind);
      }
      const store = disk.store();
      const content = await contentOf(store, await store.open(OWNER));
      expect(possible).toContainEqual(content);
      const [before, , after] = possible;
      if (after === undefined || isDeepStrictEqual(before, after)) return;
      underWay[isDeepStrictEqual(content, after) ? 'kept' : 'lost'] += 1;
    });
    await fc.assert(property, { numRuns: ROUNDS, examples: [VOTE_WITHOUT_NOTE] });
    expect(Math.min(underWay.lost, underWay.kept)).toBeGreaterThan(5);
  });
});

const NOTHING: RandomWrite = {
  ...{ termsAhead: 0, votedFor: null, cut: 0, runs: [] },
  ...{ uncommitted: null, peer: null },
};
/** Seed -1353883859: of a vote and a note of what is committed, in one write, a kill left the copy of the vote. */
const VOTE_WITHOUT_NOTE: [Life[], number] = [
  [
    { writes: [{ ...NOTHING, runs: [1] }], crashAt: 27, kind: 'kill' },
    {
      writes: [{ ...NOTHING, votedFor: 'n1', uncommitted: -1, peer: 'n2' }, NOTHING],
      crashAt: 21,
      kind: 'kill',
    },
    { writes: [NOTHING], crashAt: 0, kind: 'kill' },
  ],
  361_746_398,
];

/**
 * Opens the store, writes until the process dies or nothing is left to write. Returns what the store
 * may hold afterwards: what it acknowledged, and perhaps what was under way.
 */
async function live(
  disk: PromptDisk,
  writes: readonly RandomWrite[],
  possible: readonly LogModel[],
): Promise<readonly LogModel[]> {
  const store = disk.store();
  const opened = await Promise.race([store.open(OWNER), disk.died]);
  if (opened === 'died') return possible;
  const found = await Promise.race([contentOf(store, opened), disk.died]);
  if (found === 'died') return possible;
  expect(possible).toContainEqual(found);
  let model = found;
  for (const random of writes) {
    const fitted = legalWrite(model, random, disk.steps);
    const { operations, peer, after, afterPeer, afterVote } = fitted;
    const met = peer === null ? null : store.rememberPeer(peer);
    const done = Promise.all([met, outcome(store, operations)]);
    const result = await Promise.race([done, disk.died]);
    if (result === 'died' || disk.isDead) return [model, afterPeer, after, afterVote];
    expect(result[1]).toBeNull();
    model = after;
  }
  return [model];
}
