/** What a client is handed to reach beyond itself: connections, time and randomness. A simulator brings its own. */
import type { ConnectionClock, Random } from '../ports/clock.ts';
import type { Dial } from '../ports/frame-socket.ts';

export interface ClientPorts {
  readonly dial: Dial;
  readonly clock: ConnectionClock;
  readonly random: Random;
  /** The servers are asked where the other members are (CG9); absent: its program wants none but its endpoints. */
  readonly isFollowing?: boolean;
  /** Where servers are by now, in the place of endpoints that were given (CG10); absent: these are all. */
  readonly lookUp?: () => Promise<readonly string[]>;
}
