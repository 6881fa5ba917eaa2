/**
 * Where taste helps the layout: charts whose states read better in columns than in one line. A chart that is not
 * named here, and a state that is not, is placed by the search in `layout.ts`.
 */

export type Direction = 'RIGHT' | 'DOWN';

export interface Arrangement {
  /** How the children, or the columns of them, follow each other. */
  readonly direction: Direction;
  /** Children that are stacked across that direction; for a parallel state, its columns of regions. */
  readonly stacks?: readonly (readonly string[])[];
}

/** Stands for the box "in every state" of a chart. */
export const EVERYWHERE = 'in every state';

export const ARRANGEMENTS: Readonly<Record<string, Arrangement>> = {
  raft: {
    direction: 'RIGHT',
    stacks: [
      ['follower', 'leader'],
      [EVERYWHERE, 'preCandidate', 'candidate'],
    ],
  },
  'raft.follower': {
    direction: 'RIGHT',
    stacks: [
      ['loyal', 'leaderless'],
      ['doubtful', 'suspicious'],
    ],
  },
  'raft.leader': { direction: 'RIGHT', stacks: [['service'], ['quorum', 'heartbeat']] },
  'raft.leader.service': { direction: 'DOWN' },
  'raft.leader.heartbeat': { direction: 'RIGHT' },
  'raft.leader.quorum': { direction: 'RIGHT' },
  replication: { direction: 'RIGHT', stacks: [['probe', EVERYWHERE], ['replicate']] },
  'replication.probe': { direction: 'RIGHT', stacks: [['asking', 'paused']] },
  'replication.replicate': {
    direction: 'RIGHT',
    stacks: [['deciding'], ['paused', 'awaiting'], ['sending', 'caughtUp', 'owing']],
  },
  link: {
    direction: 'RIGHT',
    stacks: [
      ['closed', 'backingOff'],
      ['dialing', 'handshaking'],
      ['refused', EVERYWHERE, 'open'],
    ],
  },
  node: {
    direction: 'RIGHT',
    stacks: [['recovering'], ['active'], [EVERYWHERE, 'halted', 'stopped']],
  },
  'node.active': { direction: 'DOWN' },
  logWriter: { direction: 'RIGHT', stacks: [['idle', EVERYWHERE, 'failed'], ['writing']] },
  'logWriter.writing': { direction: 'DOWN' },
  applier: { direction: 'RIGHT', stacks: [['idle', EVERYWHERE, 'failed'], ['applying']] },
};
