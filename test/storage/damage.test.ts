/**
 * One fault in one file of a real data directory: a flipped bit, a zeroed block, a cut, a deletion, for
 * every file and many places. The store opens with everything it acknowledged, or it refuses.
 */
import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  filesIn,
  type History,
  makeHistory,
  numbers,
  verdictOf,
  Workspace,
} from './data-directories.ts';

const SEED = 20_240_611;
const BITS_PER_FILE = 14;
const BLOCK = 4096;
const BLOCKS_PER_FILE = 4;

interface Fault {
  readonly name: string;
  inflict(path: string): void;
}

function flipBit(at: number, bit: number): Fault {
  return {
    name: `bit ${bit} of byte ${at} flipped`,
    inflict(path) {
      const bytes = readFileSync(path);
      bytes[at] = (bytes[at] ?? 0) ^ (1 << bit);
      writeFileSync(path, bytes);
    },
  };
}

function zeroBlock(from: number): Fault {
  return {
    name: `block at ${from} zeroed`,
    inflict(path) {
      const bytes = readFileSync(path);
      bytes.fill(0, from, Math.min(from + BLOCK, bytes.length));
      writeFileSync(path, bytes);
    },
  };
}

function cutAt(length: number): Fault {
  return { name: `cut to ${length} bytes`, inflict: (path) => truncateSync(path, length) };
}

const deletion: Fault = { name: 'deleted', inflict: (path) => rmSync(path) };

/** Faults for a file of this size: spread evenly, and some at random. */
function faultsFor(size: number, random: (bound: number) => number): Fault[] {
  if (size === 0) return [deletion];
  const bits = Array.from({ length: BITS_PER_FILE }, (_, count) => {
    const at = count % 2 === 0 ? Math.floor((count * size) / BITS_PER_FILE) : random(size);
    return flipBit(at, random(8));
  });
  const blocks = Math.ceil(size / BLOCK);
  const starts = Array.from({ length: BLOCKS_PER_FILE }, () => BLOCK * random(blocks));
  const cuts = [0, 1, size - 1, size >> 1, random(size), random(size)];
  return [
    ...bits,
    ...[...new Set(starts)].map(zeroBlock),
    ...[...new Set(cuts)].map(cutAt),
    deletion,
  ];
}

describe('one fault in a data directory', () => {
  const workspace = new Workspace();
  let history: History;

  beforeAll(async () => {
    history = await makeHistory(workspace, SEED);
  });
  afterAll(() => workspace.dispose());

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
    async (which, seed) => {
      const base = history[which];
      const random = numbers(SEED + seed);
      const counts = { cases: 0, intact: 0, refused: 0 };
      for (const file of filesIn(base)) {
        for (const fault of faultsFor(readFileSync(join(base, file)).length, random)) {
          const directory = workspace.copy(base);
          fault.inflict(join(directory, file));
          counts.cases += 1;
          counts[await judge(directory, `${file}, ${fault.name}`)] += 1;
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
    const first = await verdictOf(directory, history.model).catch((error: unknown) => {
      throw new Error(`after ${fault}: ${String(error)}`);
    });
    if (first.type === 'intact') return 'intact';
    const { code, message } = first.error;
    expect(['RAFT_LOG_REFUSED', 'RAFT_WRONG_IDENTITY'], fault).toContain(code);
    expect(message, fault).toContain(directory);
    expect(message, fault).toMatch(/[Pp]ut back|[Ss]tart .*(version|again|node)/);
    const second = await verdictOf(directory, history.model).catch((error: unknown) => {
      throw new Error(`at the second attempt after ${fault}: ${String(error)}`);
    });
    return second.type;
  }
});
