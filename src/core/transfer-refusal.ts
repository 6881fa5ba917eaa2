/** Why leadership does not move (§3.10). Sent as its place in this list: it only grows, at its end. */
export const TRANSFER_REFUSALS = [
  /** Whoever was asked does not lead, or has only just begun to: ask again. */
  'notLeading',
  /** The member named is not another voter. */
  'noVoter',
  'notConnected',
  /** Too much of the log is missing there. */
  'behind',
  /** Nobody was named, and nobody is fit. */
  'nobodyFit',
  /** A transfer to another member is under way. */
  'underWay',
  /** The target did not take over in time, or its connection closed. */
  'inVain',
] as const;

export type TransferRefusal = (typeof TRANSFER_REFUSALS)[number];
