/**
 * A crash at any step, with or without power loss, costs nothing that was acknowledged and is never
 * taken for damage: the store opens again. The disk is simulated, the store is the real one.
 */
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
import { SimulatedDisk, type Survives, storeOn } from './simulated-disk.ts';

const ROUNDS = 400;

/** A reproducible coin. */
function coin(seed: number): Survives {
  const random = new SeededRandom(seed);
  return () => random.chance(0.5);
}

const losses: readonly (readonly [string, () => Survives])[] = [
  ['a kill', () => () => true],
  ['a power loss that takes all that was not synced', () => () => false],
  ...Array.from(
    { length: 30 },
    (_, seed) => [`a power loss, way ${seed}`, () => coin(seed)] as const,
  ),
];

describe('a crash while a data directory is created', () => {
  it.each(losses)('[ST11] by %s leaves a new directory or a working one', async (_, survives) => {
    const whole = new SimulatedDisk();
    await storeOn(whole).open(OWNER);
    expect(whole.steps).toBeGreaterThan(20);
    for (let step = 0; step < whole.steps; step += 1) {
      const disk = new SimulatedDisk();
      disk.crashAt = step;
      expect(await Promise.race([storeOn(disk).open(OWNER), disk.died])).toBe('died');
      const next = disk.reboot(survives());
      const store = storeOn(next);
      const recovered = await store.open(OWNER);
      expect(await contentOf(store, recovered)).toEqual(MODEL_EMPTY);
      await write(store, [hard(1), append(run(1, 1, ['a']))]);
      expect((await storeOn(next.reboot(() => false)).open(OWNER)).log.lastIndex).toBe(1);
    }
  });

  it('[ST11] and a crash in every repetition of it', async () => {
    let disk = new SimulatedDisk();
    for (let step = 0; step < 30; step += 1) {
      disk.crashAt = step;
      await Promise.race([storeOn(disk).open(OWNER), disk.died]);
      disk = disk.reboot(coin(step));
    }
    expect((await storeOn(disk).open(OWNER)).hardState.term).toBe(0);
  });
});

describe('a crash of a store in use', () => {
  it('[ST14] never takes back what was remembered of a peer, whatever else was under way', async () => {
    for (const isBusy of [false, true]) {
      const disk = new SimulatedDisk();
      const store = storeOn(disk);
      await store.open(OWNER);
      const writing = isBusy ? outcome(store, [hard(1), append(run(1, 1, ['a']))]) : null;
      await store.rememberPeer(peer('n2', 1));
      const { peers } = await storeOn(disk.reboot(() => false)).open(OWNER);
      expect(peers).toEqual([peer('n2', 1)]);
      await writing;
    }
  });

  it('[ST1] [B3] [G2] [G4] loses nothing acknowledged, invents nothing, and is not taken for damage', async () => {
    const life = fc.record({
      writes: fc.array(randomWrite, { minLength: 1, maxLength: 6 }),
      crashAt: fc.integer({ min: 0, max: 60 }),
      seed: fc.nat(),
      isPowerLoss: fc.boolean(),
    });
    const lives = fc.array(life, { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(lives, async (all) => {
      let disk = new SimulatedDisk();
      let possible: readonly LogModel[] = [MODEL_EMPTY];
      for (const { writes, crashAt, seed, isPowerLoss } of all) {
        disk.crashAt = crashAt;
        possible = await live(disk, writes, possible);
        disk = disk.reboot(isPowerLoss ? coin(seed) : () => true);
      }
      const store = storeOn(disk);
      expect(possible).toContainEqual(await contentOf(store, await store.open(OWNER)));
    });
    await fc.assert(property, { numRuns: ROUNDS });
  });
});

/**
 * Opens the store, writes until the process dies or nothing is left to write. Returns what the store
 * may hold afterwards: what it acknowledged, and perhaps what was under way.
 */
async function live(
  disk: SimulatedDisk,
  writes: readonly RandomWrite[],
  possible: readonly LogModel[],
): Promise<readonly LogModel[]> {
  const store = storeOn(disk);
  const opened = await Promise.race([store.open(OWNER), disk.died]);
  if (opened === 'died') return possible;
  let model = await contentOf(store, opened);
  expect(possible).toContainEqual(model);
  for (const random of writes) {
    const { operations, peer, after, afterPeer } = legalWrite(model, random, disk.steps);
    const met = peer === null ? null : store.rememberPeer(peer);
    const done = Promise.all([met, outcome(store, operations)]);
    const result = await Promise.race([done, disk.died]);
    if (result === 'died' || disk.isDead) return [model, afterPeer, after];
    expect(result[1]).toBeNull();
    model = after;
  }
  return [model];
}
