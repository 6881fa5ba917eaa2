/** The composition root of the client: settings, WebSockets and the clock of this program. */

import type { SecureContext } from 'node:tls';
import { checkOptionNames } from '../core/known-names.ts';
import { lookUpSrv } from '../wire/srv-lookup.ts';
import { problemWithTls, secureContext } from '../wire/tls-material.ts';
import { connectionClock, connectionRandom } from '../wire/ws-clock.ts';
import { dialWebSocket } from '../wire/ws-socket.ts';
import { type ConnectOptions, clientSettings, srvServiceOf } from './client-options.ts';
import { KvClient } from './kv-client.ts';

/** Starts connecting and returns at once; requests wait for a connection until their timeout. */
export function connect(options: ConnectOptions): KvClient {
  const settings = clientSettings(options);
  const context = contextOf(options);
  const headers = headersOf(options);
  const service = srvServiceOf(options);
  return new KvClient(settings, {
    dial: (url, how) => dialWebSocket(url, how, { context, headers: headers() }),
    clock: connectionClock,
    random: connectionRandom,
    isFollowing: options.followMembers ?? true,
    ...(service !== undefined && { lookUp: () => lookUpSrv(service) }),
  });
}

/** What each connection begins with. Throws a `TypeError` for a token that is none. */
function headersOf({ token }: ConnectOptions): () => Readonly<Record<string, string>> {
  if (token === undefined) return () => ({});
  if (typeof token === 'function') return () => withToken(asked(token));
  if (typeof token === 'string' && isToken(token)) return () => withToken(token);
  throw new TypeError(
    'token of connect must be a token, as token create has shown it, or a function that returns one',
  );
}

/** What a program of others throws must not break off the dialling of its other endpoints. */
function asked(token: () => unknown): unknown {
  try {
    return token();
  } catch {
    return null;
  }
}

/** What is none is not sent: the servers then say that they do not know who calls. */
function withToken(token: unknown): Readonly<Record<string, string>> {
  return isToken(token) ? { authorization: `Bearer ${token}` } : {};
}

function isToken(token: unknown): token is string {
  return typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
}

/** Whom the client trusts and who it is. Throws a `TypeError` that names what cannot be used. */
function contextOf({ tls }: ConnectOptions): SecureContext | undefined {
  if (tls === undefined) return undefined;
  checkOptionNames('tls of connect', tls, ['ca', 'cert', 'key']);
  const problem = problemWithTls(tls);
  if (problem !== null) throw new TypeError(`tls of connect cannot be used: ${problem}`);
  return secureContext(tls);
}
