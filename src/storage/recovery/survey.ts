/** What the data directory of a stopped node holds, by looking only (RC1). */
import { type Membership, members } from '../../core/configuration.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import { lastLog } from '../../core/term-runs.ts';
import { type EntryId, INDEX_ZERO, type Index, type NodeId, type Term } from '../../core/types.ts';
import type { LogStore, LogStoreOwner, RecoveredLog } from '../../ports/log-store.ts';
import { type DirectoryAccess, readIdentity } from '../directory/directory-parts.ts';
import { LevelLogStore } from '../level-log-store.ts';
import { noNode, nothingHeld } from '../refusals.ts';

export interface Survey {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  readonly term: Term;
  readonly last: EntryId;
  /** What it knew to be committed. More may have been. */
  readonly commitIndex: Index;
  /** The last index of its newest snapshot; `null`: it has none. */
  readonly snapshotIndex: Index | null;
  /** Everyone in the newest configuration of its log, committed or not. */
  readonly members: readonly NodeId[];
}

/** A directory that is open, and what it holds. */
export interface OpenHistory {
  readonly store: LogStore;
  readonly held: RecoveredLog;
  readonly survey: Survey;
}

/** Looks, and closes again. Rejects with a refusal where no sound, stopped node is. */
export async function surveyDirectory(access: DirectoryAccess): Promise<Survey> {
  const { store, survey } = await openHistory(access);
  await store.close();
  return survey;
}

/** Whoever opens it closes `store`. */
export async function openHistory(access: DirectoryAccess): Promise<OpenHistory> {
  const identity = await readIdentity(access);
  if (identity === null) throw noNode(access.directory);
  const store = new LevelLogStore({ ...access, isLooking: true });
  const held = await store.open(ownerOf(identity));
  const survey = surveyOf(held);
  if (isEmpty(survey)) {
    await store.close();
    throw nothingHeld(access.directory, survey.nodeId);
  }
  return { store, held, survey };
}

/** RC1: it was started, or its disk is a new one, and no leader has ever sent it anything. */
function isEmpty({ last, snapshotIndex }: Survey): boolean {
  return last.index === INDEX_ZERO && snapshotIndex === null;
}

/** In force: what the newest configuration of the log says, committed or not (MC1). */
export function membershipOf({ configurations, membership }: RecoveredLog): Membership {
  return configurations.at(-1) ?? membership;
}

/** Whoever names no members means those that are there (CF5). */
function ownerOf({ clusterId, nodeId }: NodeIdentity): LogStoreOwner {
  const nobody = { voters: [], votersOutgoing: [], learners: [], learnersNext: [] };
  return { clusterId, nodeId, founding: nobody };
}

function surveyOf(held: RecoveredLog): Survey {
  const { clusterId, nodeId } = held.identity;
  return {
    clusterId,
    nodeId,
    term: held.hardState.term,
    last: lastLog(held.log),
    commitIndex: held.commitIndex,
    snapshotIndex: held.snapshot?.lastEntry.index ?? null,
    members: members(membershipOf(held).configuration),
  };
}
