/** LevelDB's own files are judged before LevelDB reads them: no flipped bit of a table goes unseen. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  LevelFileDamaged,
  liveTables,
  requireSoundTable,
} from '../../../src/storage/disk/level-tables.ts';
import { flipped } from '../../flipped.ts';
import { makeHistory, Workspace } from '../data-directories.ts';

const MAGIC_BYTES = 8;
const FOOTER_BYTES = 48;

describe('the files of LevelDB', () => {
  const workspace = new Workspace();
  let log = '';
  let names: readonly string[] = [];

  beforeAll(async () => {
    const { closed } = await makeHistory(workspace, 7);
    log = join(closed, 'log');
    names = readdirSync(log);
  });

  const bytesOf = (name = ''): Buffer => readFileSync(join(log, name));
  const tables = (): readonly string[] => names.filter((name) => name.endsWith('.ldb'));
  const manifest = (): Buffer => bytesOf(names.find((name) => name.startsWith('MANIFEST')));

  it('[ST15] the manifest names the tables that are there, and they are sound', () => {
    const numbers = tables().map((name) => Number.parseInt(name, 10));
    expect([...liveTables(manifest())].sort()).toEqual(numbers.sort());
    expect(numbers.length).toBeGreaterThan(1);
    for (const name of tables()) look(bytesOf(name));
  });

  it('[E13] [ST15] a table is looked at block by block, and whoever drives it may pause after each', () => {
    for (const name of tables()) {
      const table = bytesOf(name);
      const blocks = [...requireSoundTable(table)];
      expect(blocks.length).toBeGreaterThan(1);
      const all = blocks.reduce((sum, bytes) => sum + bytes, 0);
      expect(all).toBeLessThan(table.length);
      expect(all).toBeGreaterThan(table.length / 2);
    }
  });

  it('[ST15] any flipped bit of a table is noticed, but for the unused bytes of its footer', () => {
    for (const name of tables()) {
      const table = bytesOf(name);
      const unnoticed: number[] = [];
      for (let at = 0; at < table.length; at += at < table.length - 500 ? 97 : 1) {
        const damaged = flipped(table, at, 1 << (at % 8));
        if (!isDamaged(() => look(damaged))) unnoticed.push(at);
      }
      const footer = table.length - FOOTER_BYTES;
      const isUnused = (at: number): boolean => at > footer + 4 && at < table.length - MAGIC_BYTES;
      expect(unnoticed.filter((at) => !isUnused(at))).toEqual([]);
    }
  });

  it('[ST15] any flipped bit of a manifest is noticed, but for a length that reaches past its end', () => {
    const bytes = manifest();
    const unnoticed: number[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const damaged = flipped(bytes, at, 1 << (at % 8));
      if (!isDamaged(() => liveTables(damaged))) unnoticed.push(at);
    }
    const lengths = lengthFieldsOf(bytes);
    expect(unnoticed.filter((at) => !lengths.has(at))).toEqual([]);
  });

  it('[ST11] an end that was torn off the manifest is no damage', () => {
    const bytes = manifest();
    expect(liveTables(Buffer.concat([bytes, bytes.subarray(0, 10)]))).toEqual(liveTables(bytes));
    expect(liveTables(Buffer.concat([bytes, Buffer.alloc(100)]))).toEqual(liveTables(bytes));
  });

  it('[ST15] a manifest without its beginning is damage: LevelDB itself could not go on from it', () => {
    for (const left of [0, 3, 10]) {
      expect(isDamaged(() => liveTables(manifest().subarray(0, left)))).toBe(true);
    }
  });
});

/** At all of it. */
function look(table: Uint8Array): void {
  for (const _ of requireSoundTable(table));
}

function isDamaged(judge: () => unknown): boolean {
  try {
    judge();
    return false;
  } catch (error) {
    expect(error).toBeInstanceOf(LevelFileDamaged);
    return true;
  }
}

/** Where the records of a small manifest say how long they are. */
function lengthFieldsOf(manifest: Buffer): ReadonlySet<number> {
  const fields = new Set<number>();
  for (let at = 0; at < manifest.length; at += 7 + manifest.readUInt16LE(at + 4)) {
    fields.add(at + 4).add(at + 5);
  }
  return fields;
}
