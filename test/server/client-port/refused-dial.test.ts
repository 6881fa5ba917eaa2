/** A client that is refused learns why, in the server's words, from a server of ours or of anybody. */

import { createServer } from 'node:http';
import { describe, expect, it } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import { dialWebSocket } from '../../../src/wire/ws-socket.ts';
import { cleanUp } from '../../clean-up.ts';
import { served } from '../local-server.ts';

describe('a refused WebSocket', () => {
  it('[SV24] tells a client that comes later why the node halted, and not the status alone', async () => {
    const { replica, url } = await served();
    replica.halt(new RaftError('RAFT_STORAGE_FAILED', 'the disk is gone'));
    expect(await refusalOf(url)).toBe(
      'This node has halted (RAFT_STORAGE_FAILED: the disk is gone) and answers no more. Ask another node.',
    );
  });

  it.each<[string, string, RegExp]>([
    ['in words', '{"message":"no room"}', /^no room$/],
    ['in no JSON', 'no room', /^Unexpected server response: 503$/],
    [
      'at length',
      JSON.stringify({ message: 'x'.repeat(5_000) }),
      /^Unexpected server response: 503$/,
    ],
    ['and never ends', '{"message":', /timed out|response: 503$/],
  ])('[SV24] a refusal %s is told within the time of a dial', async (how, body, told) => {
    const server = createServer((_request, response) => {
      response.statusCode = 503;
      if (how === 'and never ends') response.write(body);
      else response.end(body);
    });
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    cleanUp(() => {
      server.close();
      server.closeAllConnections();
    });
    const bound = server.address();
    const port = bound instanceof Object ? bound.port : 0;
    expect(await refusalOf(`http://127.0.0.1:${port}`)).toMatch(told);
  });
});

function refusalOf(url: string): Promise<string> {
  const options = { timeoutMs: 100, frameBytesMax: 1_000 };
  const socket = dialWebSocket(`${url.replace('http', 'ws')}/client`, options);
  const nothing = (): void => {};
  return new Promise((resolve) => {
    socket.listen({ onFrame: nothing, onPong: nothing, onBroken: resolve, onClose: nothing });
  });
}
