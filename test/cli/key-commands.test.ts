/** Writing on condition, deleting many keys, and going on where a list ended, against a server over loopback. */
import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalServer, served } from '../server/local-server.ts';
import { type CliRun, expectFailure, type FakeOptions, runFake } from './fake-context.ts';

let server: LocalServer;
beforeEach(async () => {
  server = await served({ limits: { rangeKeysMax: 1_000 } });
});

const run = (argv: readonly string[], options: FakeOptions = {}): Promise<CliRun> =>
  runFake(argv, { environment: { RAFTCHART_ENDPOINTS: server.url }, ...options });

async function json(argv: readonly string[]) {
  return JSON.parse((await run([...argv, '-o', 'json'])).output);
}

const clean = (output: string): CliRun => ({ exitCode: 0, output, errors: '' });

describe('what a range leaves out', () => {
  it('[CL38] goes on behind the last key, at the same revision', async () => {
    for (const key of ['a', 'b', '-c', "it's d"]) await run(['put', '--', key, 'x']);
    const { errors } = await run(['range', '--limit', '1']);
    const left = 'There are at least 3 more keys: raise --limit, or go on with';
    expect(errors).toBe(`${left} --after=-c --revision 5\n`);
    await run(['put', 'aa', 'later']);
    const last = await run(['range', '--limit', '4']);
    expect(last.errors).toContain('There is at least 1 more key: raise');
    const { kvs } = await json(['range', '--after=-c', '--revision', '5']);
    expect(kvs.map(({ key }: { key: string }) => key)).toEqual(['a', 'b', "it's d"]);
    expect((await run(['range', '--limit', '9'])).errors).toBe('');
    expect(await run(['range', '--limit', '1', '-o', 'json'])).toMatchObject({ errors: '' });
    await expectFailure(run(['range', '--after', 'a', '--start', 'b']), 64, 'two beginnings');
  });

  it.each([
    ["it's", "--after='it'\\''s' --revision"],
    ['a\\b', "--after='a\\b' --revision"],
    ['漢 🎉', "--after='漢 🎉' --revision"],
    ['a\nb', '--start at a key behind the last one, which no word can name, and --revision'],
    [Uint8Array.of(0xff), 'which no word can name'],
  ])('[CL38] names the key %j so that a shell takes it', async (key, words) => {
    const bytes = Buffer.from(key);
    for (const each of [bytes, Uint8Array.of(...bytes, 1)])
      await server.commit({ type: 'put', key: each, value: new Uint8Array() });
    expect((await run(['range', '--limit', '1'])).errors).toContain(words);
  });
});

describe('del of many', () => {
  it('[CL39] deletes a part in one step, and says how many', async () => {
    for (const key of ['a1', 'a2', 'b1', 'b2', 'c']) await run(['put', key, 'x']);
    expect(await run(['del', '--prefix', 'a'])).toEqual(clean('2 keys deleted, revision 7\n'));
    expect(await json(['del', '--start', 'b', '--end', 'b2'])).toMatchObject({ deleted: 1 });
    expect(await run(['del', '--prefix', 'zzz'])).toEqual(clean('0 keys deleted, revision 8\n'));
    expect((await run(['del', '--all'])).output).toBe('2 keys deleted, revision 9\n');
    expect((await run(['range'])).output).toBe('no keys\n');
  });

  it('[CL39] refuses what may mean another part than was thought of, and deletes nothing', async () => {
    await run(['put', 'a', 'x']);
    for (const [line, words] of [
      [['del'], 'Which keys?'],
      [['del', '--prefix', ''], 'say --all'],
      [['del', 'a', '--prefix', 'a'], 'give one'],
      [['del', '--all', '--prefix', 'a'], 'give one'],
      [['del', 'a', 'b'], 'Usage'],
    ] as const) {
      await expectFailure(run(line), 64, words);
    }
    expect((await run(['get', 'a'])).output).toBe('x');
  });

  it('[CL39] takes several steps for more than one step takes, and counts them together', async () => {
    const keys = Array.from({ length: 10_050 }, (_, at) => Buffer.from(`k${at}`));
    for (let at = 0; at < keys.length; at += 120) {
      const puts = keys
        .slice(at, at + 120)
        .map((key) => ({ type: 'put', key, value: key }) as const);
      await server.commit({ type: 'txn', compare: [], success: puts, failure: [] });
    }
    await run(['put', 'other', 'x']);
    expect((await run(['del', '--prefix', 'k'])).output).toMatch(/^10050 keys deleted, /);
    expect((await json(['range'])).kvs).toMatchObject([{ key: 'other' }]);
  });
});

describe('put --if-revision', () => {
  it('[CL40] writes only what was as it was thought to be', async () => {
    expect(await run(['put', 'a', 'x', '--if-revision', '0'])).toEqual(clean('revision 2\n'));
    expect(await run(['put', 'a', 'y', '--if-revision', '2'])).toEqual(clean('revision 3\n'));
    const stale = '"a" was last written by revision 3, and was to be as revision 2 left it.';
    await expectFailure(run(['put', 'a', 'z', '--if-revision', '2']), 1, stale);
    await expectFailure(run(['put', 'a', 'z', '--if-revision', '0']), 1, 'was to be new');
    await expectFailure(run(['put', 'b', 'z', '--if-revision', '3']), 1, '"b" is not there');
    await expectFailure(run(['put', 'b', 'z', '--if-revision', 'x']), 64, 'whole number from 0');
    const { errors } = await run(['put', 'a', 'z', '--if-revision', '7', '-o', 'json']);
    expect(JSON.parse(errors)).toMatchObject({ code: 'RAFT_CONDITION_FAILED', retry: 'never' });
    expect((await run(['get', 'a'])).output).toBe('y');
  });
});
