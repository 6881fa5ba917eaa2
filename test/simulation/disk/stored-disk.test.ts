/** The production log store on simulated disks: on lying and damaged ones, on empty ones and on copies. */
import { describe, expect, it } from 'vitest';
import { OWNER, outcome } from '../../../src/testing/contracts/log-operations.ts';
import type { DiskContent } from '../../../src/testing/simulation/disk/simulated-content.ts';
import { damageDisk } from '../../../src/testing/simulation/faults/damage.ts';
import { DAMAGE_KINDS } from '../../../src/testing/simulation/plan/plan-faults.ts';
import {
  contentOf,
  drawWrite,
  type LogModel,
  legalWrite,
  MODEL_EMPTY,
} from '../../storage/log-model.ts';
import { DiskStage } from './disk-stage.ts';

const SEEDS = Array.from({ length: 120 }, (_, seed) => seed);

async function contentNow(stage: DiskStage): Promise<LogModel> {
  const store = stage.store();
  const recovered = await stage.settled(store.open(OWNER));
  return stage.settled(contentOf(store, recovered));
}

describe('the production store on a simulated disk', () => {
  it('[SI3] finds out a disk that lied, once it has lost its power', async () => {
    const verdicts = new Set<string>();
    for (const seed of SEEDS) {
      const stage = new DiskStage(seed);
      stage.disk.trouble.liesAboutSync = true;
      const model = await filled(stage);
      stage.crash('power');
      verdicts.add(await verdictOf(stage, model));
    }
    expect([...verdicts].sort()).toEqual(['intact', 'refused']);
  });
});

/** Some writes, and a process that has ended in good order. */
async function filled(stage: DiskStage): Promise<LogModel> {
  const store = stage.store();
  await stage.settled(store.open(OWNER));
  let model = MODEL_EMPTY;
  for (let mark = 1; mark <= 4; mark += 1) {
    const write = { ...drawWrite(stage.random), cut: 0, runs: [2] };
    const legal = legalWrite(model, write, mark);
    await stage.settled(outcome(store, legal.operations));
    model = legal.after;
  }
  await stage.settled(store.close());
  return model;
}

async function verdictOf(stage: DiskStage, model: LogModel): Promise<string> {
  try {
    const content = await contentNow(stage);
    return JSON.stringify(content) === JSON.stringify(model) ? 'intact' : 'another';
  } catch (error) {
    expect(error).toMatchObject({ code: 'RAFT_LOG_REFUSED' });
    return 'refused';
  }
}

/** Every byte of every name, as text. */
function textOf(content: DiskContent): string {
  const entries = [...content].map(([path, node]) =>
    node.type === 'file'
      ? [path, [...node.content]]
      : [path, node.records.from(new Uint8Array()).map(({ key, value }) => [[...key], [...value]])],
  );
  return JSON.stringify(entries);
}

describe('a damaged disk', () => {
  it.each(DAMAGE_KINDS)(
    '[SI3] is another after %s, and never opens with something else than was there',
    async (kind) => {
      const verdicts = new Set<string>();
      for (const seed of SEEDS.slice(0, 60)) {
        const stage = new DiskStage(seed);
        const model = await filled(stage);
        const before = textOf(stage.disk.copy());
        expect(damageDisk(stage.disk, kind, stage.random.fork('damage'))).toBe(true);
        expect(textOf(stage.disk.copy()), `seed ${seed}`).not.toBe(before);
        verdicts.add(await verdictOf(stage, model));
      }
      expect(verdicts).toContain('refused');
      expect(verdicts).not.toContain('another');
    },
  );

  it.each(DAMAGE_KINDS)('[SI3] has nothing to damage by %s while it is empty', (kind) => {
    const { disk, random } = new DiskStage(1);
    expect(damageDisk(disk, kind, random)).toBe(false);
  });

  it('[SI3] can lose its power afterwards', async () => {
    for (const seed of SEEDS) {
      const stage = new DiskStage(seed);
      await stage.settled(stage.files.write('data/a', new Uint8Array(9)));
      const file = await stage.settled(stage.files.open('data/a'));
      file.writeAt(new Uint8Array(9).fill(1), 0);
      stage.crash('kill');
      damageDisk(stage.disk, 'damagedFile', stage.random);
      expect(() => stage.crash('power')).not.toThrow();
    }
  });
});

describe('another disk in the place of the own', () => {
  it('[SI3] is empty after a wipe, and as it was then after a copy was put back', async () => {
    const stage = new DiskStage(1);
    const early = await filled(stage);
    stage.crash('kill');
    const copy = stage.disk.copy();
    stage.disk.restore(new Map());
    expect(stage.disk.content.paths).toEqual([]);
    expect(await contentNow(stage)).toEqual(MODEL_EMPTY);
    stage.crash('kill');
    stage.disk.restore(copy);
    expect(await contentNow(stage)).toEqual(early);
  });

  it('[SI3] a copy does not change with the disk that it was taken from or put into', async () => {
    const stage = new DiskStage(1);
    await filled(stage);
    stage.crash('kill');
    const copy = stage.disk.copy();
    const before = textOf(copy);
    for (let times = 0; times < 2; times += 1) {
      const store = stage.store();
      const recovered = await stage.settled(store.open(OWNER));
      const model = await stage.settled(contentOf(store, recovered));
      const { operations } = legalWrite(model, drawWrite(stage.random), 9);
      expect(await stage.settled(outcome(store, operations))).toBeNull();
      stage.crash('kill');
      expect(textOf(copy)).toBe(before);
      stage.disk.restore(copy);
    }
  });
});
