/** What a client is handed to reach beyond itself: connections, time and randomness. A simulator brings its own. */
import type { ConnectionClock, Random } from '../ports/clock.ts';
import type { Dial } from '../ports/frame-socket.ts';

export interface ClientPorts {
  readonly dial: Dial;
  readonly clock: ConnectionClock;
  readonly random: Random;
}
