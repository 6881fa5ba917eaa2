/** Servers and clients of one test, taken down after it in reverse order. */

import { type ConnectOptions, connect, type KvClient, RaftError } from '../../src/client/index.ts';
import { cleanUp } from '../clean-up.ts';

export function clientOf(urls: readonly string[], options: Partial<ConnectOptions> = {}): KvClient {
  const client = connect({ endpoints: urls, timeoutMs: 5_000, followMembers: false, ...options });
  cleanUp(() => client.close());
  return client;
}

/** A server, and a client that knows it alone. */
export async function clientAt<Server extends { readonly url: string }>(
  starting: Promise<Server>,
  options?: Partial<ConnectOptions>,
): Promise<{ readonly server: Server; readonly client: KvClient }> {
  const server = await starting;
  return { server, client: clientOf([server.url], options) };
}

/** What a caller acts upon. */
export const facts = ({ code, retry }: RaftError) => [code, retry];

/** The error a promise rejects with; fails if it does not. */
export async function rejection(promise: Promise<unknown>): Promise<RaftError> {
  const result = await promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ('error' in result && result.error instanceof RaftError) return result.error;
  throw new Error(`expected a RaftError, got ${JSON.stringify(result)}`);
}
