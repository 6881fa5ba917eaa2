/**
 * ST11: how a data directory comes to be. It is made with 0 starts counted; until the first start has
 * counted itself (`data-directory.ts`) nothing was promised, and whatever a crash left is made anew.
 */
import type { Configuration } from '../../core/configuration.ts';
import { HARD_STATE_ZERO } from '../../core/hard-state.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import { ENTRY_ZERO, INDEX_ZERO, nodeId } from '../../core/types.ts';
import type { LogStoreOwner } from '../../ports/log-store.ts';
import { type Database, type DatabaseChange, writeDurably } from '../disk/database.ts';
import { checksumOfRecord, putRecord, RECORD_KIND } from '../records/record.ts';
import { advanceDigest, type StoreState } from '../records/stored-values.ts';
import { missing, mixed, PART } from '../refusals.ts';
import { createSlotParts, type DirectoryAccess, writeIdentity } from './directory-parts.ts';
import type { ProvenDatabase } from './start-up-proof.ts';

/** What was found under the lock: nothing, or what an unfinished creation left. */
interface Beginning {
  readonly database: Database;
  readonly identity: NodeIdentity | null;
  readonly proven: ProvenDatabase | null;
}

/** Durable when it resolves. Refuses, having changed nothing, to begin upon anything that was ever used. */
export async function createDirectory(
  access: DirectoryAccess,
  owner: LogStoreOwner,
  { database, identity: found, proven }: Beginning,
): Promise<NodeIdentity> {
  const { directory } = access;
  if (proven !== null && found === null) throw missing(directory, PART.identity);
  if (proven !== null && !isUnused(proven)) throw mixed(directory, PART.log);
  const identity = found ?? foundIdentity(owner, access.randomWord());
  await writeIdentity(access, identity);
  const { changes, state } = firstBatch(identity, owner.founding);
  await writeDurably(database, changes);
  await createSlotParts(access, identity.incarnation, state);
  return identity;
}

/** No start can have been completed: a completed one is counted in `identity.json`. */
function isUnused({ state, peers }: ProvenDatabase): boolean {
  const isEmpty = state.last.index === 0 && state.hardState.term === 0 && peers.size === 0;
  return isEmpty && state.boots <= 1;
}

/** Of a store that nobody has had before. */
export function foundIdentity(owner: LogStoreOwner, incarnation: string): NodeIdentity {
  const { clusterId } = owner;
  return { clusterId, nodeId: nodeId(owner.nodeId), incarnation, boots: 0, lineage: [] };
}

function firstBatch(
  { clusterId, nodeId, incarnation }: NodeIdentity,
  founding: Configuration,
): { readonly changes: readonly DatabaseChange[]; readonly state: StoreState } {
  const changes = [
    putRecord(RECORD_KIND.identity, { clusterId, nodeId, incarnation }),
    putRecord(RECORD_KIND.configuration, founding),
  ];
  let digest = 0;
  for (const { value } of changes) digest = advanceDigest(digest, checksumOfRecord(value), 0);
  const state: StoreState = {
    sequence: 1,
    boots: 0,
    hardState: HARD_STATE_ZERO,
    base: ENTRY_ZERO,
    last: ENTRY_ZERO,
    commitIndex: INDEX_ZERO,
    runs: 0,
    digest,
  };
  return { changes: [...changes, putRecord(RECORD_KIND.state, state)], state };
}
