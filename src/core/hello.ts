/** The first frame in each direction of a connection between members (TR1). */
import type { NodeIdentity } from './identity.ts';
import type { NodeId } from './types.ts';

/** Raised when the meaning of frames changes; two nodes speak only if theirs are equal. */
export const PROTOCOL_VERSION = 1;

export interface Hello {
  readonly protocolVersion: number;
  readonly identity: NodeIdentity;
  /** Whom the sender believes it speaks to. */
  readonly to: NodeId;
}
