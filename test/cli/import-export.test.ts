/** `import` and `export`: what goes in and comes out, where each stops, and how it goes on. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { linesOf } from '../../src/cli/json-lines/lines.ts';
import { IMPORT_BATCHES_MAX, LINE_BYTES_MAX } from '../../src/cli/limits.ts';
import { progressLine } from '../../src/cli/words/progress-line.ts';
import { eventually } from '../server/eventually.ts';
import { type LocalServer, served } from '../server/local-server.ts';
import { type CliRun, expectFailure, type FakeOptions, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

let server: LocalServer;
beforeEach(async () => {
  server = await served({ limits: { rangeKeysMax: 100, valueBytesMax: 1_000 } });
});

const run = (argv: readonly string[], options: FakeOptions = {}): Promise<CliRun> =>
  runFake(argv, { environment: { RAFTCHART_ENDPOINTS: server.url }, ...options });

const lineOf = (key: string, value: string): string => `${JSON.stringify({ key, value })}\n`;

/** Keys in the order of their bytes. */
function linesThrough(count: number): string {
  const keys = Array.from({ length: count }, (_, at) => `k${String(at).padStart(6, '0')}`);
  return keys.map((key) => lineOf(key, `value of ${key}`)).join('');
}

async function keyCount(): Promise<number> {
  return (await run(['export'])).output.split('\n').length - 1;
}

describe('import and export', () => {
  it('[CL42] give back what they took, byte by byte, whatever it is', async () => {
    const lines = [
      lineOf('', ''),
      lineOf('"quoted"\n', '{"json": true}'),
      '{"key":null,"keyBase64":"/w==","value":null,"valueBase64":"AP8K"}\n',
      lineOf('漢字', '🎉'),
    ];
    const input = `${lines.slice(1).join('\r\n\n')}{"keyBase64":"YQ==","value":"x"}`;
    expect(await run(['import', '-'], { input })).toEqual({
      ...{ exitCode: 0, output: '4 keys imported, revision 2\n', errors: '' },
    });
    const { output, errors } = await run(['export']);
    const kept = [lines[1], lineOf('a', 'x'), lines[3], lines[2]];
    expect([output, errors]).toEqual([kept.join(''), '4 keys exported, revision 2\n']);
    await run(['del', '--all']);
    await run(['import', '-'], { input: output });
    expect((await run(['export', '-o', 'json'])).errors).toBe('');
    expect((await run(['export'])).output).toBe(output);
  });

  it('[CL42] take many batches and pages, in their order, from a file', async () => {
    const file = join(scratch(), 'keys.jsonl');
    const lines = linesThrough(1_000);
    await writeFile(
      file,
      `\uFEFF${lines}${lineOf('k000000', 'last')}${lineOf('k000000', 'of all')}`,
    );
    const { output } = await run(['import', file, '-o', 'json']);
    expect(JSON.parse(output)).toEqual({ keys: 1_002, revision: 10 });
    const { output: exported } = await run(['export', '--after', 'k000000']);
    expect(exported).toBe(lines.slice(lines.indexOf('\n') + 1));
    expect((await run(['get', 'k000000'])).output).toBe('of all');
    const once = await run(['export', '--prefix', 'k000000', '--revision', '2']);
    expect(once.output).toBe(lineOf('k000000', 'value of k000000'));
  });

  it('[CL42] is of one revision, however much is written meanwhile', async () => {
    await run(['import', '-'], { input: linesThrough(500) });
    let isChanged = false;
    const { output } = await run(['export'], {
      onOutput: () => {
        if (isChanged) return;
        isChanged = true;
        const key = Buffer.from('k000300');
        void server.commit({ type: 'put', key, value: Buffer.from('changed') });
      },
    });
    expect(output).toBe(linesThrough(500));
    expect((await run(['get', 'k000300'])).output).toBe('changed');
  });

  it('[CL42] takes what range says of a key, of which the store makes the rest anew', async () => {
    await run(['put', 'a', 'x']);
    const { kvs } = JSON.parse((await run(['range', '-o', 'json'])).output);
    const { output } = await run(['import', '-'], { input: JSON.stringify(kvs[0]) });
    expect(output).toBe('1 key imported, revision 3\n');
  });
});

describe('an import that stops', () => {
  it.each([
    ['nonsense', 'Line 200 is not JSON'],
    ['{"key":"a"', 'Line 200 is not JSON'],
    ['{"key":"\u001b[31m', 'Line 200 is not JSON'],
    ['[]', 'Line 200 must be a JSON object'],
    ['{"key":"a"}', 'Line 200: value must be a string'],
    ['{"value":"a"}', 'Line 200: key must be a string'],
    ['{"key":"a","valu":"b"}', 'unknown field "valu"'],
    ['{"key":"a","keyBase64":"YQ==","value":"b"}', 'both key and keyBase64'],
    ['{"key":"a","valueBase64":"?"}', 'valueBase64 is not base64'],
    ['{"key":"a","value":"\\ud800"}', 'surrogate'],
  ])('[CL42] at %j says where, has put what came before, and goes on there', async (bad, words) => {
    const before = linesThrough(199);
    const { exitCode, output, errors } = await run(['import', '-'], {
      input: `${before}${bad}\n${lineOf('z', 'behind')}`,
    });
    expect([exitCode, output]).toEqual([64, '']);
    expect(errors).toContain(words);
    expect(errors).not.toContain('\u001b');
    expect(errors).toContain('199 keys imported, through line 199. Go on with --from-line 200.');
    expect(await keyCount()).toBe(199);
    const mended = `${before}\n${lineOf('z', 'behind')}`;
    const { output: rest } = await run(['import', '-', '--from-line', '200'], { input: mended });
    expect(rest).toBe('1 key imported, revision 4\n');
  });

  it('[CL42] finds the one that is too large among those that are not', async () => {
    const input = `${linesThrough(5)}${lineOf('z', 'x'.repeat(1_001))}${lineOf('zz', 'y')}`;
    const { exitCode, errors } = await run(['import', '-'], { input });
    expect([exitCode, errors]).toEqual([64, expect.stringContaining('through line 5. Go on')]);
    expect(errors).toContain('RAFT_TOO_LARGE');
    expect(await keyCount()).toBe(5);
  });

  const DOUBT =
    'through line 0. Lines 1 to 200 may be in as well. Go on with --from-line 1: to put them again is harmless unless somebody changes their keys meanwhile. (RAFT_TIMED_OUT';

  it('[CL42] says which lines may be in as well, where nobody knows', async () => {
    server.replica.mood = 'undecided';
    const { exitCode, errors } = await run(['import', '-', '--timeout-ms', '300'], {
      input: linesThrough(200),
    });
    expect([exitCode, errors]).toEqual([75, expect.stringContaining(DOUBT)]);
    server.replica.mood = 'leaderless';
    const { errors: safe } = await run(['import', '-', '-o', 'json'], { input: linesThrough(200) });
    const { code, message, retry } = JSON.parse(safe);
    expect([code, retry, message]).toEqual([
      'RAFT_NO_LEADER',
      'safe',
      expect.stringMatching(/0 keys imported, through line 0\. Go on with --from-line 1\.$/),
    ]);
  });

  it('[CL42] comes to the end of what is under way when it is interrupted, and sends nothing more', async () => {
    const controller = new AbortController();
    server.replica.mood = 'held';
    const importing = run(['import', '-'], {
      input: linesThrough(2_000),
      interrupted: controller.signal,
    });
    await eventually(() => server.replica.queued).toBe(IMPORT_BATCHES_MAX);
    controller.abort(new Error('stopped by SIGINT'));
    server.replica.mood = 'serving';
    const { exitCode, errors } = await importing;
    expect([exitCode, errors]).toEqual([75, expect.stringContaining('It was stopped before')]);
    expect(errors).toContain('1024 keys imported, through line 1024. Go on with --from-line 1025.');
    expect(await keyCount()).toBe(128 * IMPORT_BATCHES_MAX);
  });

  it('[CL42] cannot read what is not there, and imports nothing of nothing', async () => {
    const directory = scratch();
    const missing = join(directory, 'missing');
    await expectFailure(run(['import', missing]), 64, `${missing} cannot be read: ENOENT`);
    await expectFailure(run(['import', directory]), 64, 'it is a directory');
    await expectFailure(run(['import']), 64, 'Usage: raftchart import FILE');
    for (const input of ['', '\n\n']) {
      const { exitCode, output } = await run(['import', '-'], { input });
      expect([exitCode, output]).toEqual([0, 'nothing to import: no line holds a key\n']);
    }
  });
});

describe('an export that stops', () => {
  it('[CL42] says how to go on at the same revision', async () => {
    await run(['import', '-'], { input: linesThrough(250) });
    const controller = new AbortController();
    const { exitCode, output, errors } = await run(['export'], {
      interrupted: controller.signal,
      onOutput: () => controller.abort(new Error('stopped by SIGINT')),
    });
    expect(exitCode).toBe(75);
    const [, goOn = ''] = /100 keys exported\. Go on with (.*?) \(RAFT/.exec(errors) ?? [];
    expect(goOn).toBe('--after=k000099 --revision 3');
    await run(['put', 'k000200', 'changed']);
    const { output: rest } = await run(['export', ...goOn.split(' ')]);
    expect(output + rest).toBe(linesThrough(250));
  });
});

describe('an export that nobody reads', () => {
  it('[CL42] is stopped all the same, and says how to go on', async () => {
    await run(['import', '-'], { input: linesThrough(250) });
    const stopping = new AbortController();
    let pages = 0;
    // The first page is taken, and the second never.
    const flushed = async (): Promise<void> => {
      pages += 1;
      if (pages === 1) return;
      stopping.abort(new Error('stopped by SIGINT'));
      throw new Error('aborted');
    };
    const { exitCode, errors } = await run(['export'], { flushed, interrupted: stopping.signal });
    expect([exitCode, errors]).toEqual([
      75,
      expect.stringMatching(
        /stopped while nobody took its output\. 100 keys exported\. Go on with --after/,
      ),
    ]);
  });
});

describe('what an import reads and shows', () => {
  it('[CL42] finds the same lines however the bytes come', async () => {
    const bytes = Buffer.from('one\n\ntwo 漢\nthree');
    for (let size = 1; size <= bytes.length; size += 1) {
      const found: string[] = [];
      for await (const line of linesOf(cut(bytes, size)))
        found.push(`${line.number} ${Buffer.from(line.bytes)} ${line.endsAt}`);
      expect(found, `pieces of ${size}`).toEqual(['1 one 4', '2  5', '3 two 漢 13', '4 three 18']);
    }
  });

  it('[CL42] refuses a line without an end before it fills the memory', async () => {
    const endless = cut(Buffer.alloc(LINE_BYTES_MAX + 2), 1024 * 1024);
    await expect(linesOf(endless).next()).rejects.toThrow('Line 1 has more than');
  });

  it('[CL42] says it in one line of the terminal, however narrow that is', () => {
    let said = '';
    const writeError = (text: string): void => {
      said += text;
    };
    const narrow = { errorColumns: () => 12, isErrorTty: true, writeError };
    progressLine(narrow).show(0.25, 2_048);
    expect(said).toBe('\r 25 %  2.0 \u001b[K');
  });

  it('[CL42] says on a terminal how far it is and how long it takes, and elsewhere nothing', () => {
    let [atMs, said] = [0, ''];
    const writeError = (text: string): void => {
      said += text;
    };
    const line = progressLine({ errorColumns: () => 80, isErrorTty: true, writeError }, () => atMs);
    atMs = 1_000;
    line.show(0.25, 2_048);
    atMs = 2_000;
    line.show(null, 4_096);
    line.end();
    expect(said).toBe('\r 25 %  2.0 KiB, 3 s left\u001b[K\r4.0 KiB\u001b[K\r\u001b[K');
    said = '';
    const silent = progressLine(
      { errorColumns: () => 80, isErrorTty: false, writeError },
      () => atMs,
    );
    silent.show(1, 1);
    silent.end();
    expect(said).toBe('');
  });
});

async function* cut(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
