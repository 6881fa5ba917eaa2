/** Who calls, by what a request shows, on a connection that has shown something before. */
import { createHash } from 'node:crypto';
import { Socket } from 'node:net';
import { expect, it } from 'vitest';
import { newToken, tokenIn, visitorOf } from '../../../src/server/access/credentials.ts';

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

function hashOf(token: string): Uint8Array {
  return new Uint8Array(
    createHash('sha256')
      .update(token.split('.')[1] ?? '')
      .digest(),
  );
}
