/** The composition root of the client: settings, WebSockets and the clock of this program. */

import type { SecureContext } from 'node:tls';
import { checkOptionNames } from '../core/known-names.ts';
import { problemWithTls, secureContext } from '../wire/tls-material.ts';
import { connectionClock, connectionRandom } from '../wire/ws-clock.ts';
import { dialWebSocket } from '../wire/ws-socket.ts';
import { type ConnectOptions, clientSettings } from './client-options.ts';
import { KvClient } from './kv-client.ts';

/** Starts connecting and returns at once; requests wait for a connection until their timeout. */
export function connect(options: ConnectOptions): KvClient {
  const settings = clientSettings(options);
  const context = contextOf(options);
  return new KvClient(settings, {
    dial: (url, how) => dialWebSocket(url, how, context),
    clock: connectionClock,
    random: connectionRandom,
  });
}

/** Whom the client trusts and who it is. Throws a `TypeError` that names what cannot be used. */
function contextOf({ tls }: ConnectOptions): SecureContext | undefined {
  if (tls === undefined) return undefined;
  checkOptionNames('tls of connect', tls, ['ca', 'cert', 'key']);
  const problem = problemWithTls(tls);
  if (problem !== null) throw new TypeError(`tls of connect cannot be used: ${problem}`);
  return secureContext(tls);
}
