/** The composition root of the client: settings, WebSockets and the clock of this program. */

import { connectionClock, connectionRandom } from '../wire/ws-clock.ts';
import { dialWebSocket } from '../wire/ws-socket.ts';
import { type ConnectOptions, clientSettings } from './client-options.ts';
import { KvClient } from './kv-client.ts';

/** Starts connecting and returns at once; requests wait for a connection until their timeout. */
export function connect(options: ConnectOptions): KvClient {
  return new KvClient(clientSettings(options), {
    dial: dialWebSocket,
    clock: connectionClock,
    random: connectionRandom,
  });
}
