/** Where a node stands, all at once: what a page needs to draw it before anything has happened. */

import type { LogShape } from '../../../core/log-shape.ts';
import { nextIndex } from '../../../core/types.ts';
import type { NodeView, PeerView } from '../../../ports/inspection.ts';
import type { ReplicaStatus } from '../../../ports/replica.ts';
import { VIEWED_ENTRIES_MAX } from '../../limits.ts';
import type { Actors } from '../../tree/actors.ts';

interface Viewed {
  readonly actors: Actors;
  readonly status: ReplicaStatus;
  readonly startedAt: number;
}

type Watched = Pick<NodeView, 'actors' | 'timers'>;

export function viewOf({ actors, startedAt, status }: Viewed, watched: Watched): NodeView {
  const raft = actors.lastRaft;
  const { commitIndex, firstIndex, lastApplied, lastIndex, leader } = status;
  const { lifecycle, members, role, snapshotIndex, term } = status;
  return {
    ...{ startedAt, lifecycle, role, state: actors.raftState, term, leader },
    votedFor: raft?.votedFor ?? null,
    votes: raft?.granted ?? [],
    members: {
      voters: members.voters,
      votersOutgoing: raft?.configuration.votersOutgoing ?? [],
      learners: members.learners,
    },
    ...{ commitIndex, lastApplied, durableIndex: raft?.durableIndex ?? lastIndex },
    ...{ firstIndex, lastIndex, snapshotIndex },
    terms: raft === null ? [] : newestTerms(raft.log),
    peers: status.links.map((link) => peerView(actors, link)),
    ...watched,
  };
}

function newestTerms({ base, lastIndex, termRuns }: LogShape): NodeView['terms'] {
  const first = Math.max(nextIndex(base.index), lastIndex - VIEWED_ENTRIES_MAX + 1);
  return termRuns.flatMap(({ firstIndex, term }, at): NodeView['terms'] => {
    const isOver = (termRuns[at + 1]?.firstIndex ?? lastIndex + 1) <= first;
    return isOver ? [] : [[Math.max(first, firstIndex), term]];
  });
}

function peerView(actors: Actors, { peer, state: link }: ReplicaStatus['links'][number]): PeerView {
  const known = actors.replication(peer);
  return {
    ...{ peer, link },
    next: known?.nextIndex ?? null,
    match: known?.matchIndex ?? null,
    state: actors.replicationState(peer),
  };
}
