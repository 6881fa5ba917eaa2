/** The two-slot files on their own: one bad slot costs one write, never both. */
import { readFileSync, writeFileSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { index, term } from '../../../src/core/types.ts';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { decodeSlots, encodeSlots, SlotFile } from '../../../src/storage/records/slot-file.ts';
import { ACKNOWLEDGED, type Acknowledged } from '../../../src/storage/records/stored-values.ts';
import { Workspace } from '../data-directories.ts';

function value(sequence: number): Acknowledged {
  return { incarnation: 'i', sequence, last: { term: term(1), index: index(sequence) } };
}

function newestIn(bytes: Uint8Array): number | string {
  const { newest } = decodeSlots(ACKNOWLEDGED, bytes);
  return newest.type === 'value' ? newest.value.sequence : newest.type;
}

describe('a two-slot file', () => {
  const workspace = new Workspace();
  let path = '';

  beforeEach(() => {
    path = workspace.fresh();
    writeFileSync(path, encodeSlots(ACKNOWLEDGED, value(1)));
  });

  it('[ST7] holds the newest value, and the one before it in the other slot', async () => {
    let { next } = decodeSlots(ACKNOWLEDGED, readFileSync(path));
    for (let sequence = 2; sequence <= 9; sequence += 1) {
      const reopens = sequence % 4 === 0;
      const { kind } = ACKNOWLEDGED;
      const file = new SlotFile<Acknowledged>(await nodeFiles.open(path), { kind, next });
      file.write(value(sequence));
      if (!reopens) {
        sequence += 1;
        await file.writeDurably(value(sequence));
      }
      await file.close();
      const bytes = readFileSync(path);
      expect(newestIn(bytes)).toBe(sequence);
      ({ next } = decodeSlots(ACKNOWLEDGED, bytes));
      const newer = next === 0 ? 4096 : 0;
      expect(newestIn(Buffer.from(bytes).fill(0, newer, newer + 4096))).toBe(sequence - 1);
    }
  });

  it('[ST7] says so when neither slot can be read', () => {
    expect(newestIn(new Uint8Array(8192))).toBe('damaged');
    expect(newestIn(new Uint8Array(0))).toBe('damaged');
    expect(newestIn(readFileSync(path).fill(0xff))).toBe('damaged');
  });

  it('[ST7] writes over the slot that cannot be read, whichever it is', () => {
    for (const slot of [0, 1] as const) {
      const bytes = readFileSync(path).fill(0, slot * 4096, slot * 4096 + 10);
      expect(decodeSlots(ACKNOWLEDGED, bytes).next).toBe(slot);
      expect(newestIn(bytes)).toBe(1);
    }
  });
});
