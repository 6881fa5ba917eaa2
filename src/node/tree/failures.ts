/** Why a node halts when what it stands on fails, with what to do about it. */
import { RaftError } from '../../core/errors.ts';
import { textOf } from '../../core/thrown-text.ts';

export function storageFailed(cause: unknown): RaftError {
  if (cause instanceof RaftError) return cause;
  return new RaftError(
    'RAFT_STORAGE_FAILED',
    `the disk failed, and what it holds is unknown: this node has halted; check the disk, then restart it (${textOf(cause)})`,
    { cause },
  );
}

export function machineFailed(cause: unknown): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the state machine threw while it applied a committed command: this node has halted, since going on could let replicas differ (${textOf(cause)})`,
    { cause },
  );
}
