/** The stages of what lives and ends: a node, and the connection to a peer, as their charts name them. */

/**
 * `handingOver`: told to stop, it gives its lead to another first, and takes calls until then. `draining`: it finishes
 * what is under way; `stopped` and `halted` are for good.
 */
export type Lifecycle =
  | 'recovering'
  | 'running'
  | 'handingOver'
  | 'draining'
  | 'stopped'
  | 'halted';

export type LinkState = 'dialing' | 'handshaking' | 'open' | 'backingOff' | 'refused' | 'closed';
