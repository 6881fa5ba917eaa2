/** A server with access on, and who calls it: at both of its doors. */
import { expect } from 'vitest';
import type { ConnectOptions } from '../../../src/client/client-options.ts';
import { connect, type KvClient } from '../../../src/client/index.ts';
import { closing } from '../../clean-up.ts';
import type { LocalApi, LocalServer } from '../local-server.ts';

interface Answer {
  readonly status: number;
  readonly code: unknown;
  readonly body: Readonly<Record<string, unknown>>;
}

export async function ask(
  local: LocalApi,
  token: string | null,
  [method, path, body]: readonly [string, string, unknown?],
): Promise<Answer> {
  const headers = token === null ? {} : { authorization: `Bearer ${token}` };
  const sent =
    body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
  const response = await local.send(path, { method, headers, ...sent });
  const text = await response.text();
  const json: unknown = text.startsWith('{') ? JSON.parse(text) : {};
  const found = json as Readonly<Record<string, unknown>>;
  return { status: response.status, code: found.code, body: found };
}

interface Tokens {
  readonly root: string;
  /** Reads and writes below `a/`, reads `shared/`. */
  readonly writer: string;
  /** Writes below `a/` alone. */
  readonly blind: string;
}

/** With access on. */
export async function guarded<Local extends LocalApi>(
  local: Local,
): Promise<Local & { readonly tokens: Tokens }> {
  const told = async (token: string | null, path: string, body: unknown): Promise<string> =>
    String((await ask(local, token, ['POST', path, body])).body.token);
  const root = await told(null, '/access/on', {});
  for (const [role, prefix, rights] of [
    ['writer', 'a/', ['read', 'write']],
    ['writer', 'shared/', ['read']],
    ['blind', 'a/', ['write']],
  ] as const) {
    expect(
      (await ask(local, root, ['POST', '/access/roles', { role, prefix, rights }])).status,
    ).toBe(200);
  }
  const writer = await told(root, '/access/tokens', { name: 'writer', roles: ['writer'] });
  const blind = await told(root, '/access/tokens', { name: 'blind', roles: ['blind'] });
  return { ...local, tokens: { root, writer, blind } };
}

export function client(local: LocalServer, token?: ConnectOptions['token']): KvClient {
  const shown = token === undefined ? {} : { token };
  return closing(connect({ endpoints: [local.url], timeoutMs: 30_000, ...shown }));
}

export const FORBIDDEN = expect.objectContaining({ code: 'RAFT_FORBIDDEN', retry: 'never' });
export const UNAUTHENTICATED = expect.objectContaining({
  code: 'RAFT_UNAUTHENTICATED',
  retry: 'never',
});
export const PUT = ['PUT', '/kv/a/x', 'v'] as const;
