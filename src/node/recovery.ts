/** From what the disk has proven to the state a node starts with: always a follower (§3.8), which knows what it knew (CM5). */

import type { RaftState } from '../core/raft-state.ts';
import { INDEX_ZERO } from '../core/types.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import { configurationsAtCommit, withConfigurations } from '../rules/configurations.ts';

export function recoveredState(
  { id, timing, protocol }: Pick<RaftState, 'id' | 'timing' | 'protocol'>,
  { hardState, log, commitIndex, membership, configurations }: RecoveredLog,
): RaftState {
  const known = [membership, ...configurations];
  const committed = configurationsAtCommit({ configurations: known }, commitIndex);
  return {
    id,
    ...withConfigurations(committed?.configurations ?? known),
    timing,
    protocol,
    term: hardState.term,
    votedFor: hardState.votedFor,
    leaderId: null,
    log,
    durableIndex: log.lastIndex,
    commitIndex,
    granted: [],
    preVoteRound: 0,
    matchIndex: {},
    termStartIndex: INDEX_ZERO,
    heardFrom: [],
    round: 0,
    roundEchoed: {},
    pendingRounds: [],
    transferTarget: null,
  };
}
