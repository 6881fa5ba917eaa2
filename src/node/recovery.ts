/** From what the disk has proven to the state a node starts with: always a follower (§3.8). */

import { foundingMembership } from '../core/configuration.ts';
import type { RaftState } from '../core/raft-state.ts';
import { INDEX_ZERO } from '../core/types.ts';
import type { RecoveredLog } from '../ports/log-store.ts';
import { withConfigurations } from '../rules/configurations.ts';

export function recoveredState(
  { id, timing, protocol }: Pick<RaftState, 'id' | 'timing' | 'protocol'>,
  { hardState, log, configuration, configurations }: RecoveredLog,
): RaftState {
  return {
    id,
    ...withConfigurations([foundingMembership(configuration, log.base.index), ...configurations]),
    timing,
    protocol,
    term: hardState.term,
    votedFor: hardState.votedFor,
    leaderId: null,
    log,
    durableIndex: log.lastIndex,
    commitIndex: log.base.index,
    granted: [],
    preVoteRound: 0,
    matchIndex: {},
    termStartIndex: INDEX_ZERO,
    heardFrom: [],
    round: 0,
    roundEchoed: {},
    pendingRounds: [],
  };
}
