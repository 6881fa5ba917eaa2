/** Orders to a cluster, of which any server may go before it has answered. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { cleanUp, closing } from '../clean-up.ts';
import { localServer } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';

async function failure(argv: readonly string[]) {
  const { errors, exitCode } = await runFake(argv);
  return { exitCode, ...JSON.parse(errors) };
}

async function listening(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, '127.0.0.1');
  cleanUp(() => server.close());
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A server that answers this, whatever it is asked. */
function answering(answer: unknown): Promise<string> {
  return listening((_, response) => response.end(JSON.stringify(answer)));
}

it('[CL31] [CL29] of what a server was asked that went without an answer nobody knows what became', async () => {
  const server = closing(await localServer());
  const going = await listening((request) => request.socket.destroy());
  const both = ['--endpoints', `${going},${server.url}`];
  const unknown = { exitCode: 75, retry: 'outcomeUnknown', code: 'RAFT_OUTCOME_UNKNOWN' };
  const removal = ['member', 'remove', 'n8', '-o', 'json'];
  expect(await failure([...removal, ...both])).toMatchObject({
    ...unknown,
    message: expect.stringContaining('n8'),
  });
  expect(await failure([...removal, '--endpoints', going])).toMatchObject(unknown);
  expect(await failure(['transfer', '--to', 'n8', '-o', 'json', ...both])).toMatchObject(unknown);
  // Nothing has left, or nothing was to change.
  const silent = ['--endpoints', `http://127.0.0.1:1,${server.url}`];
  expect(await failure([...removal, ...silent])).toMatchObject({ code: 'RAFT_NOT_FOUND' });
  expect((await runFake(['members', ...both])).exitCode).toBe(0);
});

it('[CL31] of what a server was asked that stopped over it nobody knows what became', async () => {
  const server = closing(await localServer());
  const error = {
    code: 'RAFT_STOPPED',
    message: 'this member is closing',
    retry: 'outcomeUnknown',
  };
  const going = await answering(error);
  const refusing = await answering({ ...error, retry: 'safe' });
  const removal = ['member', 'remove', 'n8', '-o', 'json', '--endpoints'];
  expect(await failure([...removal, `${going},${server.url}`])).toMatchObject({
    exitCode: 75,
    retry: 'outcomeUnknown',
    code: 'RAFT_OUTCOME_UNKNOWN',
    message: expect.stringContaining('n8'),
  });
  expect(await failure([...removal, going])).toMatchObject({ code: 'RAFT_OUTCOME_UNKNOWN' });
  // It says itself that it has done nothing.
  expect(await failure([...removal, `${refusing},${server.url}`])).toMatchObject({
    code: 'RAFT_NOT_FOUND',
  });
  expect(await failure([...removal, refusing])).toMatchObject({ code: 'RAFT_UNREACHABLE' });
});

it('[CL25] who interrupts is told what is known, and no other server is asked', async () => {
  const server = closing(await localServer());
  for (const [argv, answer] of [
    [['members'], { code: 'RAFT_ABORTED', retry: 'safe' }],
    [['status'], { code: 'RAFT_ABORTED', retry: 'safe' }],
    [['member', 'remove', 'n8'], { code: 'RAFT_OUTCOME_UNKNOWN', retry: 'outcomeUnknown' }],
  ] as const) {
    const control = new AbortController();
    const silent = await listening(() => control.abort(new Error('stopped by SIGINT')));
    const endpoints = argv[0] === 'member' ? `${silent},${server.url}` : silent;
    const line = [...argv, '--endpoints', endpoints, '-o', 'json'];
    const { errors, exitCode } = await runFake(line, { interrupted: control.signal });
    expect(exitCode).toBe(75);
    expect(JSON.parse(errors)).toMatchObject({
      ...answer,
      message: expect.stringContaining('It was stopped'),
    });
  }
});

it('[CL13] what a server says went wrong is cut where it never ends', async () => {
  const message = 'x'.repeat(1_000_000);
  const endless = await answering({ code: 'RAFT_FORBIDDEN', message, retry: 'never' });
  const told = ['members', '--endpoints', endless];
  const { errors } = await runFake(told);
  expect(errors).toMatch(/^raftchart members: x+ \(RAFT_FORBIDDEN, retry: never\)\n$/);
  expect(errors.length).toBeLessThan(1_100);
  expect((await failure([...told, '-o', 'json'])).message).toBe(message.slice(0, 1_000));
});

describe('the time of a command', () => {
  /** Takes requests and never answers; counts them. */
  async function silent(): Promise<{ readonly url: string; readonly asked: () => number }> {
    let asked = 0;
    const url = await listening(() => {
      asked += 1;
    });
    return { url, asked: () => asked };
  }

  it('[CL25] is one for all servers: of a change none is asked once it is over', async () => {
    const [one, other] = [await silent(), await silent()];
    const both = ['--endpoints', `${one.url},${other.url}`, '--timeout-ms', '300', '-o', 'json'];
    for (const words of [['member', 'remove', 'n8'], ['transfer'], ['snapshot']]) {
      expect(await failure([...words, ...both])).toMatchObject({
        code: 'RAFT_OUTCOME_UNKNOWN',
        message: expect.stringContaining(`${other.url}: not asked, since the time was over`),
      });
    }
    expect([one.asked(), other.asked()]).toEqual([3, 0]);
  });

  it('[CL25] who does not answer a question leaves time for those behind it', async () => {
    const server = closing(await localServer());
    const { asked, url } = await silent();
    const both = ['--endpoints', `${url},${server.url}`, '--timeout-ms', '2000'];
    for (const words of [['members'], ['role', 'list'], ['lease', 'list']]) {
      expect([words, (await runFake([...words, ...both])).exitCode]).toEqual([words, 0]);
    }
    expect(asked()).toBe(3);
    const { errors, exitCode } = await runFake(['members', '--endpoints', url, ...both.slice(2)]);
    expect([exitCode, errors.match(/no answer within 2000 ms/g)]).toEqual([
      69,
      [expect.any(String)],
    ]);
    expect(asked()).toBe(4);
  });
});
