/** `lease`, `put --lease`, `lock` and `elect`, run in this process against a server over loopback. */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import { type LocalServer, served } from '../server/local-server.ts';
import { type CliRun, expectFailure, runFake } from './fake-context.ts';
import { scratch } from './scratch.ts';

let server: LocalServer;
let file: string;
beforeEach(async () => {
  server = await served();
  file = join(scratch(), 'told');
});

const environment = (): Readonly<Record<string, string>> => {
  return { PATH: process.env.PATH ?? '', TOLD: file, RAFTCHART_ENDPOINTS: server.url };
};

function run(argv: readonly string[], interrupted = new AbortController().signal): Promise<CliRun> {
  return runFake(argv, { environment: environment(), interrupted });
}

const told = async (): Promise<string> => (existsSync(file) ? readFile(file, 'utf8') : '');
const json = async (argv: readonly string[]) =>
  JSON.parse((await run([...argv, '-o', 'json'])).output);

function listening(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const place = server.address();
      resolve(typeof place === 'object' && place !== null ? place.port : 0);
    });
  });
}

const renewals = (lease: number): number => server.replica.machine.leases.get(lease)?.renewals ?? 0;

describe('lease', () => {
  it('[LE11] grants one, binds a key to it, tells of it and revokes it', async () => {
    expect((await run(['lease', 'list'])).output).toBe('no leases\n');
    expect((await run(['lease', 'grant', '--ttl-ms', '60000'])).output).toBe('lease 1, 60000 ms\n');
    expect((await run(['put', 'a', 'x', '--lease', '1'])).output).toBe('revision 2\n');
    expect(await json(['get', 'a'])).toMatchObject({ lease: 1 });
    expect((await run(['lease', 'list'])).output).toMatch(
      /LEASE +TTL MS +LEFT MS +KEYS\n +1 +60000 /,
    );
    expect((await run(['lease', 'show', '1'])).output).toMatch(/60000 .*\n {2}"a"\n$/);
    expect(await json(['lease', 'list'])).toMatchObject({ leases: [{ lease: 1, keyCount: 1 }] });
    expect(await json(['lease', 'grant'])).toEqual({ lease: 2, ttlMs: 10_000 });
    expect((await run(['lease', 'revoke', '1'])).output).toBe('revoked, 1 deleted, revision 3\n');
    await expectFailure(run(['lease', 'show', '1']), 1, 'There is no lease 1');
    await expectFailure(run(['put', 'a', 'x', '--lease', '1']), 1, 'There is no lease 1');
  });

  it('[LE11] says whom to ask where the server that answers does not count the time', async () => {
    const lease = { lease: 3, ttlMs: 60_000, keyCount: 0 };
    let remainingMs: number | null = null;
    const follower = createServer(({ url }, response) => {
      const one = { ...lease, remainingMs };
      response.end(JSON.stringify(url === '/lease' ? { leases: [one] } : { ...one, keys: [] }));
    });
    cleanUp(() => follower.close());
    const port = await listening(follower);
    const asked = (...words: readonly string[]): Promise<CliRun> =>
      run(['lease', ...words, '--endpoints', `http://127.0.0.1:${port}`]);
    expect((await asked('list')).errors).toContain('only the leader knows');
    expect((await asked('show', '3')).errors).toContain('only the leader knows');
    expect((await asked('list', '-o', 'json')).errors).toBe('');
    remainingMs = 40_000;
    expect((await asked('list')).errors).toBe('');
    expect((await asked('show', '3')).errors).toBe('');
  });

  it('[LE11] keeps one alive until it is stopped, or the lease has ended', async () => {
    await run(['lease', 'grant', '--ttl-ms', '3000']);
    const stopping = new AbortController();
    const kept = run(['lease', 'keep-alive', '1'], stopping.signal);
    await expect.poll(() => renewals(1)).toBeGreaterThan(1);
    stopping.abort(new Error('stopped by the test'));
    expect((await kept).exitCode).toBe(0);
    await run(['lease', 'grant', '--ttl-ms', '3000']);
    const other = run(['lease', 'keep-alive', '2']);
    await expect.poll(() => renewals(2)).toBeGreaterThan(0);
    await expectFailure(run(['lease', 'keep-alive', '9']), 1, 'has ended');
    await expectFailure(run(['lease', 'keep-alive']), 64, 'Name the lease by its number');
    await expectFailure(run(['lease', 'give']), 64, 'lease takes one of grant, keep-alive');
    await expectFailure(run(['lease', 'grant', '1']), 64, 'one word too many');
    await server.commit({ type: 'revoke', lease: 2 });
    await expectFailure(
      other.then((ended) => ended),
      1,
      'lease',
    );
  });
});

describe('lock and elect', () => {
  it('[CO6] run a program while they hold, one after the other, and end with its exit code', async () => {
    const script =
      'echo "begin $LOCK_FENCING" >> "$TOLD"; echo "end $LOCK_FENCING" >> "$TOLD"; exit 3';
    for (const command of ['lock', 'elect']) {
      const runs = [1, 2, 3].map(() => run([command, 'nightly', '--', 'sh', '-c', script]));
      expect((await Promise.all(runs)).map(({ exitCode }) => exitCode)).toEqual([3, 3, 3]);
    }
    const lines = (await told()).trim().split('\n');
    expect(lines).toHaveLength(12);
    const numbers = lines.map((line) => Number(line.split(' ')[1]));
    expect(numbers).toEqual([...numbers].sort((left, right) => left - right));
    expect(new Set(numbers).size).toBe(6);
    expect(await json(['range', '--prefix', 'raftchart/'])).toMatchObject({ kvs: [] });
  });

  it('[CO6] stop the program when the lock is lost, and say so; who is elected campaigns again', async () => {
    const script =
      'echo "$LOCK_FENCING" >> "$TOLD"; trap "exit 7" TERM; while :; do sleep 0.02; done';
    const count = async (): Promise<number> => (await told()).split('\n').length - 1;
    const lock = run(['lock', 'nightly', '--ttl-ms', '3600000', '--', 'sh', '-c', script]);
    await expect.poll(count).toBe(1);
    await server.commit({ type: 'revoke', lease: 1 });
    const lost = await lock;
    const why =
      'nightly was lost, and the program was stopped. The key raftchart/locks/nightly/1 is';
    expect([lost.exitCode, lost.errors]).toEqual([7, expect.stringContaining(why)]);
    const stopping = new AbortController();
    const elected = run(
      ['elect', 'chief', '--ttl-ms', '3600000', '--value', 'me', '--', 'sh', '-c', script],
      stopping.signal,
    );
    await expect.poll(count).toBe(2);
    expect(await json(['range', '--prefix', 'raftchart/elections/'])).toMatchObject({
      kvs: [{ value: 'me', lease: 2 }],
    });
    expect(await run(['del', 'raftchart/elections/chief/2'])).toMatchObject({ exitCode: 0 });
    await expect.poll(count).toBe(3);
    stopping.abort(new Error('stopped by the test'));
    expect((await elected).exitCode).toBe(7);
  });

  it('[CO6] give back what they hold when all that the program has begun has ended, too', async () => {
    const grandchild =
      'trap "echo ended >> \\"$TOLD\\"; exit" TERM; echo begun >> "$TOLD"; while :; do sleep 0.02; done';
    const stopping = new AbortController();
    const line = ['lock', 'nightly', '--', 'sh', '-c', `sh -c '${grandchild}'; true`];
    const first = run(line, stopping.signal);
    await expect.poll(told).toBe('begun\n');
    const second = run(['lock', 'nightly', '--', 'sh', '-c', 'echo second >> "$TOLD"']);
    stopping.abort(new Error('stopped by the test'));
    expect((await first).exitCode).toBe(143);
    expect((await second).exitCode).toBe(0);
    expect(await told()).toBe('begun\nended\nsecond\n');
  });

  it('[CO6] who is elected campaigns again, however long it is until it can', async () => {
    const script = 'echo "$LOCK_FENCING" >> "$TOLD"; exec sleep 600';
    const count = async (): Promise<number> => (await told()).split('\n').length - 1;
    const stopping = new AbortController();
    let errors = '';
    const elected = runFake(['elect', 'chief', '--ttl-ms', '300', '--', 'sh', '-c', script], {
      environment: environment(),
      interrupted: stopping.signal,
      onError: (text) => {
        errors += text;
      },
    });
    await expect.poll(count).toBe(1);
    server.replica.mood = 'leaderless';
    await expect.poll(() => errors).toMatch(/chief: .* It campaigns again\.\n/);
    server.replica.mood = 'serving';
    await expect.poll(count).toBe(2);
    stopping.abort(new Error('stopped by the test'));
    expect((await elected).exitCode).toBe(143);
    expect(errors.match(/campaigns again/g)).toHaveLength(1);
  });

  it('[CO6] refuse what cannot be run before they wait for anything', async () => {
    await expectFailure(run(['lock', '', '--', 'true']), 64, 'The name must not be empty');
    await expectFailure(run(['lock', 'nightly', '--', '']), 64, 'The program must not be empty');
    await expectFailure(run(['lock', 'nightly', '--', scratch()]), 64, 'there is no such program');
    await expectFailure(run(['lock', 'nightly']), 64, 'Give the program to run behind --');
    await expectFailure(run(['elect', 'chief', '--', '/no/such']), 64, 'there is no such program');
    expect(await json(['lease', 'list'])).toMatchObject({ leases: [] });
  });
});
