/** The first frame in each direction of a connection between members (TR1). */
import type { NodeIdentity } from './identity.ts';
import type { Index, NodeId } from './types.ts';

/**
 * Raised when the meaning of frames changes, or of the commands in them: whoever knows only the old ones would have to
 * stop at the first new one (KV9). Two nodes speak only if theirs are equal.
 */
export const PROTOCOL_VERSION = 3;

/** What a connection is for: to speak with each other, or to fetch a snapshot, off the lane of everything else. */
export const PURPOSES = ['talk', 'snapshot'] as const;

export interface Hello {
  readonly protocolVersion: number;
  readonly identity: NodeIdentity;
  /** Whom the sender believes it speaks to. */
  readonly to: NodeId;
  /**
   * Where the configuration that counts for the sender stands in its log; 0: it is the founding one. Whoever knows an
   * older one cannot say who is no member.
   */
  readonly configurationIndex: Index;
  /** Where the sender is found, as it was told itself; `null`: nobody told it. A hint: ids decide. */
  readonly address: string | null;
  readonly purpose: (typeof PURPOSES)[number];
}
