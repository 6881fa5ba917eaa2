/** In the place of a store for snapshots where there is none: it has none, and takes none. */
import { RaftError } from '../../core/errors.ts';
import type { SnapshotStore } from '../../ports/snapshot-store.ts';

export const NO_SNAPSHOTS: SnapshotStore = {
  newest: null,
  begin: () => Promise.reject(refusal()),
  resume: () => Promise.reject(refusal()),
  readChunk: () => Promise.reject(refusal()),
  pin: () => () => {},
};

function refusal(): RaftError {
  return new RaftError('RAFT_NOT_IMPLEMENTED', 'This store keeps no snapshots.');
}
