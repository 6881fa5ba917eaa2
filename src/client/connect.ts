/** The composition root of the client: settings, WebSockets and the clock of this program. */
import { type ConnectOptions, clientSettings } from './client-options.ts';
import { KvClient } from './kv-client.ts';
import { connectionClock, connectionRandom } from './ws-clock.ts';
import { dialWebSocket } from './ws-socket.ts';

/** Starts connecting and returns at once; requests wait for a connection until their timeout. */
export function connect(options: ConnectOptions): KvClient {
  return new KvClient(clientSettings(options), {
    dial: dialWebSocket,
    clock: connectionClock,
    random: connectionRandom,
  });
}
