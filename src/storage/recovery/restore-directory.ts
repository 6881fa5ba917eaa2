/**
 * A data directory that begins from a backup: the first of its lineage, of a cluster that never was before (BK5). The state
 * is written beside its place, as any store is, and takes it when it is whole; until then nothing is there.
 */
import {
  foundingMembership,
  type MembershipAt,
  staticConfiguration,
} from '../../core/configuration.ts';
import type { PerMember } from '../../core/per-member.ts';
import type { EntryId, NodeId } from '../../core/types.ts';
import type { LogStore } from '../../ports/log-store.ts';
import type { DirectoryAccess } from '../directory/directory-parts.ts';
import { LevelLogStore } from '../level-log-store.ts';
import { RESTORED_CHUNKS_AT_ONCE } from '../limits.ts';
import { cannotBecome, notEmptyToRestore, restoreInTheWay } from '../refusals.ts';
import { isTaken, takePlace, write } from './beside-its-place.ts';

/** What the new cluster is to be: the same at each of its members, but for `nodeId`. */
export interface NewLineage {
  readonly clusterId: string;
  readonly nodeId: NodeId;
  /** Those who vote from the first day on, this node among them. */
  readonly voters: readonly NodeId[];
  readonly addresses: PerMember<string>;
  /** The last entry whose effect is in the state: the log begins behind it. */
  readonly lastEntry: EntryId;
  /** The time of the log there, in milliseconds since 1970. */
  readonly timeMs: number;
}

/** Where it is written until it is whole. */
export function draftOf(directory: string): string {
  return `${directory}.restoring`;
}

/** Rejects, with nothing made, unless there is nothing at the place, nor what an earlier attempt left beside it. */
export async function requireNewPlace({ directory, files }: DirectoryAccess): Promise<void> {
  const [stranger] = (await files.list(directory)) ?? [];
  if (stranger !== undefined) throw notEmptyToRestore(directory, stranger);
  const draft = draftOf(directory);
  if (await isTaken(files, draft)) throw restoreInTheWay(draft);
}

/** Of the chunks of a snapshot, in their order. Rejects with a refusal, or with what the system says; then the place is as it was. */
export async function restoreDirectory(
  access: DirectoryAccess,
  lineage: NewLineage,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const draft = draftOf(access.directory);
  const store = new LevelLogStore({ ...access, directory: draft });
  try {
    await begin(store, lineage, chunks);
  } finally {
    await store.close();
  }
  await takePlace(draft, access, cannotBecome);
}

/**
 * Safety: all members begin with the same log, of nothing but its base, in the term of that, in which none of this lineage has
 * voted. Whoever is elected is so in a later one.
 */
async function begin(
  store: LogStore,
  { addresses, clusterId, lastEntry, nodeId, timeMs, voters }: NewLineage,
  chunks: AsyncIterable<Uint8Array>,
): Promise<void> {
  const founding = staticConfiguration(voters);
  await store.open({ clusterId, nodeId, founding });
  const { term } = lastEntry;
  await write(store, [{ type: 'setHardState', hardState: { term, votedFor: null } }]);
  const membership: MembershipAt = {
    ...foundingMembership(founding, lastEntry.index),
    addresses,
  };
  const writer = await store.snapshots.begin({ lastEntry, membership, timeMs });
  for await (const some of gathered(chunks)) await writer.append(...some);
  await writer.finish();
  await write(store, [{ type: 'restart', base: lastEntry, membership }]);
  await write(store, [{ type: 'noteCommitted', index: lastEntry.index }]);
}

/** Bound: so many are in memory, and written with one sync. */
async function* gathered(
  chunks: AsyncIterable<Uint8Array>,
): AsyncGenerator<readonly Uint8Array[], void, undefined> {
  let some: Uint8Array[] = [];
  for await (const chunk of chunks) {
    some.push(chunk.slice());
    if (some.length < RESTORED_CHUNKS_AT_ONCE) continue;
    yield some;
    some = [];
  }
  if (some.length > 0) yield some;
}
