/** What the cluster in the page is built without, beside what nodes are built with. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import * as msgpackr from 'msgpackr';
import { describe, expect, it } from 'vitest';
import { withoutWords } from '../../visualizations/bundler/wordless-charts.ts';
import * as plain from '../../visualizations/playground/engine/plain-messagepack.ts';

const machines = fileURLToPath(new URL('../../machines/', import.meta.url));
const sources = readdirSync(machines).filter((name) => name.endsWith('.machine.ts'));

describe('what the page has in the place of msgpackr', () => {
  const whole = new msgpackr.Packr({ useRecords: false, structuredClone: false });
  const small = new plain.Packr();
  const value = fc.oneof(
    fc.constantFrom(null, true, false),
    ...[7, 8, 15, 16, 31, 32, 33, 53].map((bits) =>
      fc.integer({ min: -(2 ** bits), max: 2 ** bits }),
    ),
    fc.double(),
    ...[40, 300].map((maxLength) => fc.string({ unit: 'grapheme', maxLength })),
  );
  const list = fc.array(fc.oneof(value, fc.array(value, { maxLength: 20 })), { maxLength: 40 });
  const head = 14;

  function expectTheSame(values: readonly plain.Plain[]): void {
    const reserve = plain.RESERVE_START_SPACE | head;
    const bytes = small.pack(values, reserve);
    const span = { start: head, end: bytes.length };
    expect(bytes.subarray(head)).toEqual(
      Uint8Array.from(whole.pack(values, reserve)).subarray(head),
    );
    expect(small.unpack(bytes, span)).toEqual(whole.unpack(bytes, span));
  }

  it('[PG10] writes the same bytes for every plain list, behind the same space, and reads them back', () => {
    expect(plain.RESERVE_START_SPACE).toBe(msgpackr.RESERVE_START_SPACE);
    fc.assert(fc.property(list, expectTheSame));
  });

  it.each([0xff, 0x100, 0xffff, 0x1_0000])(
    '[PG10] does so for %i characters and values',
    (length) => {
      expectTheSame(['a'.repeat(length), 'é'.repeat(length / 2), Array(length).fill(true)]);
    },
  );

  it('[PG10] refuses what the codec of the transport never sends', () => {
    const bytes = new Uint8Array(msgpackr.pack([{ a: 1 }]));
    expect(() => small.unpack(bytes, { start: 0, end: bytes.length })).toThrow(
      'begins nothing plain',
    );
  });
});

describe('a chart without its words', () => {
  it.each(sources)('[PG10] %s keeps everything but descriptions and rules', (name) => {
    const source = readFileSync(join(machines, name), 'utf8');
    const bare = withoutWords(source);
    expect(source).toMatch(/description: /);
    expect(bare).not.toMatch(/\bdescription: |\brules: /);
    const kept = (text: string): string => text.replace(/\s/g, '');
    const words = /\bdescription:\s*(['"`]).*?\1,?|\bmeta: \{ rules: [^}]*\},?/gs;
    expect(kept(bare)).toBe(kept(source.replaceAll(words, '')));
  });
});
