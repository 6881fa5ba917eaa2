/**
 * One fault in one file of a real data directory: a flipped bit, a zeroed block, a cut, a deletion, for
 * every file and many places. The store opens with everything it acknowledged, or it refuses.
 */
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { SeededRandom } from '../../src/testing/simulation/runtime/random.ts';
import { type Damage, describeDamage, fileKindOf, inflict } from '../evidence/disk-trials/kinds.ts';
import {
  filesIn,
  type History,
  inMemory,
  makeHistory,
  verdictOf,
  Workspace,
} from './data-directories.ts';

const SEED = 20_240_611;
const BITS_PER_FILE = 14;
const BLOCK = 4096;
const BLOCKS_PER_FILE = 4;

/** Faults for a file of this size: spread evenly, and some at random. */
function faultsFor(file: string, size: number, random: SeededRandom): Damage[] {
  const fault = (kind: Damage['kind'], at = 0, extent = 0): Damage => {
    return { file, fileKind: fileKindOf(file), kind, size, at, extent };
  };
  if (size === 0) return [fault('deleted')];
  const anywhere = (): number => random.integer(0, size - 1);
  const bits = Array.from({ length: BITS_PER_FILE }, (_, count) => {
    const at = count % 2 === 0 ? Math.floor((count * size) / BITS_PER_FILE) : anywhere();
    return fault('flipped bit', at, random.integer(0, 7));
  });
  const starts = Array.from({ length: BLOCKS_PER_FILE }, () => {
    const at = anywhere();
    return at - (at % BLOCK);
  });
  const cuts = [0, 1, size - 1, size >> 1, anywhere(), anywhere()];
  return [
    ...bits,
    ...[...new Set(starts)].map((at) => fault('zeroed block', at, Math.min(BLOCK, size - at))),
    ...[...new Set(cuts)].map((length) => fault('cut', length)),
    fault('deleted'),
  ];
}

describe('one fault in a data directory', () => {
  const workspace = new Workspace(inMemory());
  let history: History;

  beforeAll(async () => {
    history = await makeHistory(workspace, SEED);
  });

  it('[ST15] without any fault, both directories open with everything', async () => {
    for (const base of [history.killed, history.closed]) {
      expect(await verdictOf(workspace.copy(base), history.model)).toEqual({ type: 'intact' });
    }
  });

  it.each([
    ['killed', 1],
    ['closed', 2],
  ] as const)(
    '[ST15] in a %s one never costs an acknowledged write, a vote or a wrong entry',
    { timeout: 300_000 },
    async (which, seed) => {
      const base = history[which];
      const random = new SeededRandom(SEED + seed);
      const counts = { cases: 0, intact: 0, refused: 0 };
      for (const file of filesIn(base)) {
        for (const fault of faultsFor(file, statSync(join(base, file)).size, random)) {
          const directory = workspace.copy(base);
          inflict(directory, fault);
          counts.cases += 1;
          counts[await judge(directory, describeDamage(fault))] += 1;
          rmSync(directory, { recursive: true });
        }
      }
      expect(counts.cases).toBeGreaterThan(150);
      expect(counts.refused).toBeGreaterThan(counts.cases / 3);
      expect(counts.intact).toBeGreaterThan(20);
    },
  );

  /** A refusal must say what to do, and must not turn into a silent loss at the second attempt. */
  async function judge(directory: string, fault: string): Promise<'intact' | 'refused'> {
    const first = await attempt(directory, fault);
    if (first.type === 'intact') return 'intact';
    const { code, message } = first.error;
    expect(['RAFT_LOG_REFUSED', 'RAFT_WRONG_IDENTITY'], fault).toContain(code);
    expect(message, fault).toContain(directory);
    expect(message, fault).toMatch(/[Pp]ut back|[Ss]tart .*(version|again|node)/);
    return (await attempt(directory, `${fault}, a second time`)).type;
  }

  function attempt(directory: string, fault: string): ReturnType<typeof verdictOf> {
    return verdictOf(directory, history.model).catch((error: unknown) => {
      throw new Error(`after ${fault}: ${String(error)}`);
    });
  }
});
