/** What people see of keys and values on a terminal. */
import { describe, expect, it } from 'vitest';
import { harmless, shownBytes } from '../../src/cli/words/shown-bytes.ts';
import { textTable } from '../../src/cli/words/text-table.ts';

describe('what people see', () => {
  it('[CL17] never lets a value write to the terminal', () => {
    const bytes = (text: string) => new TextEncoder().encode(text);
    expect(shownBytes(bytes('plain ü 漢'), 60)).toBe('plain ü 漢');
    expect(shownBytes(bytes('a\u001b[31mb\nc\\'), 60)).toBe('a\\u001b[31mb\\nc\\\\');
    expect(shownBytes(bytes('\u202eabc'), 60)).toBe('\\u{202e}abc');
    expect(shownBytes(new Uint8Array([0xff, 0x00]), 60)).toBe('0xff00');
    expect(shownBytes(bytes('x'.repeat(100)), 10)).toBe('xxxxxxxxx…');
  });

  it('[CL17] a server puts no line of its own under a message', () => {
    expect(harmless('not so\nraftchart: all is well\u001b[2K')).toBe(
      'not so\n  raftchart: all is well\\u001b[2K',
    );
  });

  it('[CL17] lines columns up, numbers to the right', async () => {
    const rows = [['xyz', 1] as const, [null, 1000] as const];
    expect(await textTable(['A', 'LONG'], rows)).toBe('A    LONG\nxyz     1\n-    1000\n');
  });

  it('[CL17] keeps columns in line with what takes two places on a terminal, or none', async () => {
    const texts = ['漢字', '🎉', '👍🏽', '🇩🇪', 'ｱｲ', 'e\u0301e', 'abcd', 'a…'];
    const table = await textTable(['A', 'B'], [...texts.map((text) => [text, 'x'])]);
    const places = [4, 2, 2, 2, 2, 2, 4, 2];
    expect(table.split('\n').slice(1, -1)).toEqual(
      texts.map((text, at) => `${text}${' '.repeat(6 - (places[at] ?? 0))}x`),
    );
  });

  it('[CL17] lists more keys than a call takes arguments', async () => {
    const rows = Array.from({ length: 300_000 }, () => ['k']);
    expect((await textTable(['A'], rows)).length).toBe(2 * 300_001);
  });
});
