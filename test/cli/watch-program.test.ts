/** `watch … -- PROGRAM`: what the program is told, in which order, and what happens when it fails or is stopped. */
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { type LocalServer, served } from '../server/local-server.ts';
import { type CliRun, expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

let server: LocalServer;
let file: string;
beforeEach(async () => {
  server = await served();
  file = join(scratch(), 'told');
});

const environment = (): Readonly<Record<string, string>> => ({
  PATH: process.env.PATH ?? '',
  RAFTCHART_ENDPOINTS: server.url,
  TOLD: file,
  WATCH_VALUE: 'of another watch',
});

function run(argv: readonly string[], interrupted = new AbortController().signal): Promise<CliRun> {
  return runFake(argv, { environment: environment(), interrupted });
}

const told = async (): Promise<string> => (existsSync(file) ? readFile(file, 'utf8') : '');

/** Runs a script of the shell for all changes from the first one on, until it has told `last`. */
async function watched(script: string, last: string): Promise<CliRun> {
  const controller = new AbortController();
  const watching = run(['watch', '--from', '1', '--', 'sh', '-c', script], controller.signal);
  await expect.poll(told).toContain(last);
  controller.abort(new Error('stopped by the test'));
  return watching;
}

async function put(...pairs: readonly (readonly [key: string, value: string | Uint8Array])[]) {
  const puts = pairs.map(([key, value]) => {
    return { type: 'put', key: Buffer.from(key), value: Buffer.from(value) } as const;
  });
  await server.commit({ type: 'txn', compare: [], success: puts, failure: [] });
}

describe('the program of a watch', () => {
  it('[CL41] runs once for each change, one at a time and in order', async () => {
    await put(['a', '1'], ['b', '2']);
    await put(['c', '3']);
    await run(['del', 'a']);
    const script = 'echo "begin $WATCH_KEY" >> "$TOLD"; echo "end $WATCH_KEY" >> "$TOLD"';
    const last = ['a', 'b', 'c', 'a'].map((key) => `begin ${key}\nend ${key}\n`).join('');
    await watched(script, last);
    expect(await told()).toBe(last);
  });

  it('[CL41] hears of the change in its environment and on its input', async () => {
    await put(['k', 'värde']);
    await put(['binary', Uint8Array.of(0xff)], ['large', 'x'.repeat(70_000)]);
    await run(['del', 'k']);
    const script =
      'echo "$WATCH_TYPE $WATCH_KEY $(printenv WATCH_VALUE || echo none) $WATCH_REVISION" >> "$TOLD"; cut -c1-70 >> "$TOLD"';
    const { exitCode, errors } = await watched(script, '"modRevision":4}\n');
    expect((await told()).split('\n')).toEqual([
      'put k värde 2',
      expect.stringMatching(/^\{"type":"put","key":"k","value":"värde","createRevision":2/),
      'put binary none 3',
      expect.stringMatching(/^\{"type":"put","key":"binary","value":null,"valueBase64":"\/w=="/),
      'put large none 3',
      expect.stringMatching(/^\{"type":"put","key":"large","value":"xxx/),
      'delete k none 4',
      '{"type":"delete","key":"k","modRevision":4}',
      '',
    ]);
    expect([exitCode, errors]).toEqual([0, expect.stringMatching(/^Go on with --from [45]\n$/)]);
  });

  it('[CL41] ends the watch when it fails, and says how to go on', async () => {
    await put(['a', '1']);
    await put(['b', '2'], ['c', '3']);
    await put(['d', '4']);
    const script = 'echo "$WATCH_KEY" >> "$TOLD"; test "$WATCH_KEY" != c';
    const line = ['watch', '--from', '2', '--', 'sh', '-c', script];
    const { exitCode, errors } = await run(line);
    expect([exitCode, await told()]).toEqual([1, 'a\nb\nc\n']);
    expect(errors).toContain('ended with exit code 1 over c at revision 3. Go on with --from 3,');
    await expectFailure(
      run(['watch', '--from', '2', '--', 'sh', '-c', 'kill -9 $$']),
      1,
      'SIGKILL',
    );
    const json = await run(['watch', '--from', '4', '-o', 'json', '--', 'false']);
    expect(JSON.parse(json.errors)).toMatchObject({ code: 'RAFT_ABORTED', retry: 'never' });
  });

  it('[CL41] is ended together with the watch, which then goes on with the same change', async () => {
    await put(['a', '1']);
    const { exitCode, errors } = await watched('echo $$ >> "$TOLD"; exec sleep 600', '\n');
    expect([exitCode, errors]).toEqual([0, 'Go on with --from 2\n']);
    const pid = Number(await told());
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('[CL41] is ended whether it will or not', async () => {
    await put(['a', '1']);
    const script = 'trap "" TERM; echo "$$" >> "$TOLD"; while :; do sleep 0.02; done';
    const { exitCode } = await watched(script, '\n');
    expect(exitCode).toBe(0);
    const pid = Number(await told());
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });

  it('[CL41] need not read what it is told', async () => {
    await put(['a', 'x'.repeat(500_000)]);
    await put(['b', '']);
    const script = 'exec 0<&-; sh -c "exit 0"; echo "$WATCH_KEY" >> "$TOLD"';
    await watched(script, 'a\nb\n');
  });

  it('[CL41] is looked for before anything has changed', async () => {
    const plain = join(scratch(), 'plain');
    await writeFile(plain, 'no program');
    await expectFailure(run(['watch', '--', 'no-such-program']), 64, 'there is no such program');
    await expectFailure(run(['watch', '--', plain]), 64, 'cannot be run');
    await expectFailure(run(['watch', '--']), 64, 'Nothing stands behind --');
    await expectFailure(run(['watch', 'sh']), 64, 'Usage: raftchart watch [--prefix P]');
  });
});
