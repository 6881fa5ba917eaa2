/** The first frame in each direction of a connection between members (TR1). */
import type { NodeIdentity } from './identity.ts';
import type { Index, NodeId } from './types.ts';

/**
 * Raised when members say something that older ones do not know, or put a new kind of entry into the log. On a
 * connection the newest is spoken that both ends know (UP1); a member of a build that speaks two of them in a row can be
 * upgraded, and taken back, while the others run.
 */
export const PROTOCOL_VERSION = 4;
/** Older members are refused (TR2). Version 3 says nothing of versions in its hello. */
export const OLDEST_PROTOCOL_VERSION = 3;

/** What a connection is for: to speak with each other, or to fetch a snapshot, off the lane of everything else. */
export const PURPOSES = ['talk', 'snapshot'] as const;

export interface Hello {
  /** What the sender speaks; on the wire, what is spoken on this connection. */
  readonly protocolVersion: number;
  readonly identity: NodeIdentity;
  /** The newest commands of the state machine that the sender knows; version 3 does not say it, and has the lowest. */
  readonly machineVersion: number;
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
  /**
   * For how long after it has heard its leader the sender heeds nobody else, whatever happens (RD7), in milliseconds; absent: it
   * promises nothing, and no leader may count on it for a lease (RD9).
   */
  readonly loyalMs?: number;
}
