/** `status` of servers that tell nothing of themselves: those that start, and those that do not know who asks. */
import { createServer } from 'node:http';
import { expect, it } from 'vitest';
import { RaftError } from '../../src/core/errors.ts';
import { cleanUp } from '../clean-up.ts';
import { served } from '../server/local-server.ts';
import { runFake } from './fake-context.ts';

const STARTING = new RaftError('RAFT_STOPPED', 'This node is still starting.');
const UNKNOWN = new RaftError('RAFT_UNAUTHENTICATED', 'No token was shown.\u001b[31m');

/** Answers everything so; its URL. */
async function refusing(status: number, { code, message, retry }: RaftError): Promise<string> {
  const server = createServer((_, response) => {
    response.writeHead(status).end(JSON.stringify({ code, message, retry }));
  });
  cleanUp(() => new Promise((resolve) => server.close(resolve)));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : address}`;
}

const status = (...endpoints: readonly string[]) =>
  runFake(['status', '--endpoints', endpoints.join(',')]);

it.each([
  { refusal: STARTING, http: 503, exitCode: 69 },
  { refusal: UNKNOWN, http: 401, exitCode: 77 },
])(
  '[CL18] [CL16] [CL17] status: $refusal.code is told in the words of the server, and ends as with any other command',
  async ({ refusal, http, exitCode }) => {
    const url = await refusing(http, refusal);
    const silent = 'http://127.0.0.1:1';
    const run = await status(silent, url);
    expect(run.exitCode).toBe(exitCode);
    expect(run.output).toMatch(/ unreachable\n.* refused\n$/);
    expect(run.errors).toContain(
      `No server told its status (${silent}: nobody listens there (ECONNREFUSED); ${url}: `,
    );
    expect(run.errors).toMatch(/^\P{Cc}+\n$/u);
    expect(run.errors).toContain(`(${refusal.code}, retry: ${refusal.retry})`);
  },
);

it('[CL17] [CL18] status: who answers is shown, and of who does not why, in one harmless line', async () => {
  const server = await served();
  const url = await refusing(401, UNKNOWN);
  const { errors, exitCode } = await status(server.url, url);
  expect([exitCode, errors]).toEqual([
    0,
    `${url} did not tell its status: No token was shown.\\u001b[31m\n`,
  ]);
});
