/** Why a store is not what a snapshot says: nothing was changed (KV26). */
import { RaftError } from '../../core/errors.ts';

export function notRestored(why: string, cause?: unknown): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `The snapshot of the store is not restored, and nothing was changed: it is not whole, or of a version that this program does not know. ${why}`,
    { cause },
  );
}
