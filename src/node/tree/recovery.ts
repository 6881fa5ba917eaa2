/** From what the disk has proven to the state a node starts with: always a follower (§3.8), which knows what it knew (CM5). */

import { RaftError } from '../../core/errors.ts';
import type { RaftState } from '../../core/raft-state.ts';
import { textOf } from '../../core/thrown-text.ts';
import { INDEX_ZERO, type Index } from '../../core/types.ts';
import type { RecoveredLog } from '../../ports/log-store.ts';
import type { SnapshotStore, StoredSnapshot } from '../../ports/snapshot-store.ts';
import { configurationsAtCommit, withConfigurations } from '../../rules/configurations.ts';
import type { Settings } from '../options.ts';
import { storageFailed } from './failures.ts';

/**
 * SH7: the state machine begins as its newest snapshot has it; what the log holds behind that is applied in order.
 * Rejects in words, with nothing changed on disk.
 */
export async function restoreMachine(
  { machine, store }: Pick<Settings, 'machine' | 'store'>,
  snapshot: StoredSnapshot | null,
): Promise<void> {
  if (snapshot === null) return;
  try {
    await machine.restore(chunksOf(store.snapshots, snapshot));
  } catch (error) {
    throw error instanceof RaftError ? error : notRestored(error);
  }
}

function notRestored(cause: unknown): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `a snapshot is on disk that this state machine cannot be restored from: start it with the machine that wrote it (${textOf(cause)})`,
    { cause },
  );
}

/** Bound: two steps of reading in memory, the next of which is read while the machine takes the one before. */
async function* chunksOf(
  store: SnapshotStore,
  snapshot: StoredSnapshot,
): AsyncGenerator<Uint8Array, void, undefined> {
  const read = (from: number): Promise<readonly Uint8Array[]> => {
    const chunks = store.readChunks(snapshot, from);
    // It fails where it is awaited, if anybody still wants it.
    chunks.catch(() => {});
    return chunks;
  };
  let ahead: Promise<readonly Uint8Array[]> | null = null;
  try {
    for (let place = 0; place < snapshot.chunkCount; ) {
      const chunks: readonly Uint8Array[] = await (ahead ?? read(place));
      place += chunks.length;
      ahead = place < snapshot.chunkCount ? read(place) : null;
      yield* chunks;
    }
  } catch (error) {
    throw storageFailed(error);
  } finally {
    await ahead?.catch(() => {});
  }
}

/** How far the state machine has come; `Applying` moves it on, and who answers callers looks at it. */
export interface ApplyProgress {
  lastApplied: Index;
  /** What the machine was given, applied or not: whoever begins to wait now for such an entry gets no result. */
  handedOver: Index;
  /** The time of the log, through what was applied; it never falls. */
  timeMs: number;
}

/** How far a state machine has come that was restored, and the time of the log there. */
export function appliedAtStart({ log, snapshot }: RecoveredLog): ApplyProgress {
  const { index: lastApplied } = snapshot?.lastEntry ?? log.base;
  return { lastApplied, handedOver: lastApplied, timeMs: snapshot?.timeMs ?? 0 };
}

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
    passedAhead: 0,
    matchIndex: {},
    termStartIndex: INDEX_ZERO,
    heardFrom: [],
    round: 0,
    roundEchoed: {},
    pendingRounds: [],
    transferTarget: null,
    transferNamed: null,
    leaving: [],
  };
}
