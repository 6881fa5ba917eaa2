/** Who calls, by what a request shows, on a connection that has shown something before. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer as createPlain, get as getPlain, type RequestListener } from 'node:http';
import { createServer as createSecure, get as getSecure } from 'node:https';
import { type AddressInfo, Socket } from 'node:net';
import { expect, it } from 'vitest';
import { newToken, tokenIn, visitorOf } from '../../../src/server/access/credentials.ts';
import type { Visitor } from '../../../src/server/access/visitor.ts';
import { certificate } from '../../certificates.ts';
import { closing } from '../../clean-up.ts';

it('[AC5] on one connection each token is itself, and no other, of whatever letters', () => {
  const socket = new Socket();
  const { token } = newToken('ci');
  const shown = (authorization?: string) =>
    visitorOf({ socket, headers: authorization === undefined ? {} : { authorization } });
  const first = shown(`Bearer ${token}`);
  expect(shown(`Bearer ${token}`)).toBe(first);
  for (const other of [
    undefined,
    '',
    `Bearer ${token.slice(0, -1)}`,
    `Bearer ${token.slice(0, -1)}\u00e9`,
    `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}`,
  ]) {
    shown(`Bearer ${token}`);
    expect(shown(other).credentials.token?.isOf(hashOf(token)) ?? false, other).toBe(false);
  }
});

it('[AC1] tokens have 256 random bits, and none is told twice', () => {
  const made = Array.from({ length: 100 }, () => newToken('ci'));
  expect(new Set(made.map(({ token }) => token)).size).toBe(100);
  for (const { hash, token } of made) {
    const [, secret = ''] = token.split('.');
    expect([Buffer.from(secret, 'base64url').length, hash.length]).toEqual([32, 32]);
    expect(tokenIn(`Bearer ${token}`)?.isOf(hash)).toBe(true);
  }
});

it('[AC6] who calls, and from where, is known also when its connection is over before anybody asks', async () => {
  const tls = certificate();
  const places = [
    { server: createPlain(), get: getPlain, user: null },
    {
      server: createSecure({ ...tls, requestCert: true, rejectUnauthorized: true }),
      get: getSecure,
      user: 'test',
    },
  ];
  for (const { get, server, user } of places) {
    const visited = new Promise<Visitor>((resolve) => {
      const over: RequestListener = (request) => {
        const visitor = visitorOf(request);
        request.socket.once('close', () => resolve(visitor)).destroy();
      };
      closing(server).on('request', over).listen(0, '127.0.0.1');
    });
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    get({ ...tls, host: '127.0.0.1', port }).on('error', () => {});
    const from = expect.stringMatching(/^127\.0\.0\.1:[1-9]/);
    expect((await visited).credentials).toEqual({ token: null, user, from });
  }
});

function hashOf(token: string): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(token.split('.')[1] ?? '')
      .digest(),
  );
}
