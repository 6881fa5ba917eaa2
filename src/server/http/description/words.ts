/** Unions of words that answers hold, each word of the type and no other. */
import type { Role } from '../../../core/effect.ts';
import type { Lifecycle, LinkState } from '../../../core/lifecycle.ts';
import type { PeerProblem } from '../../../ports/replica.ts';
import { type Schema, wordsOf } from './schema.ts';

export const ROLE: Schema = wordsOf<Role>({
  follower: true,
  preCandidate: true,
  candidate: true,
  leader: true,
  learner: true,
  halted: true,
});

export const LIFECYCLE: Schema = wordsOf<Lifecycle>({
  recovering: true,
  running: true,
  handingOver: true,
  draining: true,
  stopped: true,
  halted: true,
});

export const LINK_STATE: Schema = wordsOf<LinkState>({
  dialing: true,
  handshaking: true,
  open: true,
  backingOff: true,
  refused: true,
  closed: true,
});

export const PEER_PROBLEM: Schema = wordsOf<PeerProblem>({
  refused: true,
  refuses: true,
  stalled: true,
});
