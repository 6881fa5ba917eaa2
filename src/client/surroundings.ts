/** What a client has of the world: connections, time and dice. A simulator brings its own. */
import type { ConnectionClock, Random } from '../ports/clock.ts';
import type { Dial } from '../ports/frame-socket.ts';

export interface ClientSurroundings {
  readonly dial: Dial;
  readonly clock: ConnectionClock;
  readonly random: Random;
}
