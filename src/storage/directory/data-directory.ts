/**
 * Opening a data directory, in an order that a crash may end anywhere (docs/formats.md; ST5–ST8, ST10, ST11, ID1): look at
 * the names; take the lock, which is LevelDB's; read who the directory is; finish its creation or prove it; count this
 * start. Nothing is written before the proof is complete.
 */
import { InvariantViolation } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { NodeIdentity } from '../../core/identity.ts';
import type { LogStoreOwner } from '../../ports/log-store.ts';
import type { StoredSnapshot } from '../../ports/snapshot-store.ts';
import {
  type Database,
  DatabaseDamaged,
  DatabaseLocked,
  DatabaseMissing,
  type OpenOptions,
  writeDurably,
} from '../disk/database.ts';
import { meetingOf } from '../log/meeting.ts';
import { bootIdentity } from '../records/identity-file.ts';
import { putRecord, RECORD_KIND } from '../records/record.ts';
import { SlotFile } from '../records/slot-file.ts';
import type { Acknowledged, HardStateCopy, StoreState } from '../records/stored-values.ts';
import {
  damagedPart,
  type FoundDirectory,
  inUse,
  missing,
  noNode,
  notEmpty,
  olderThanSnapshots,
  PART,
  type Part,
  snapshotMissing,
  unusable,
} from '../refusals.ts';
import { type ProvenSnapshots, proveSnapshots } from '../snapshots/snapshot-proof.ts';
import { requireAgreement, requireFit, requireOwn, withCopy } from './agreement.ts';
import { createDirectory } from './directory-creation.ts';
import {
  type DirectoryAccess,
  readIdentity,
  readSlotParts,
  type SlotParts,
  writeIdentity,
} from './directory-parts.ts';
import { type ProvenDatabase, proveDatabase } from './start-up-proof.ts';

export interface OpenedDirectory {
  readonly identity: NodeIdentity;
  readonly isNew: boolean;
  readonly proven: ProvenDatabase;
  readonly database: Database;
  readonly slotFiles: SlotFiles;
  readonly snapshots: OpenedSnapshots;
}

export interface OpenedSnapshots {
  readonly database: Database;
  readonly proven: ProvenSnapshots;
  /** The newest whole one. */
  readonly newest: StoredSnapshot | null;
  /** The log and it make one history, or its installation is to be finished (SN4). */
  readonly meeting: 'met' | 'unfinished';
}

interface SlotFiles {
  readonly hardState: SlotFile<HardStateCopy>;
  readonly acknowledged: SlotFile<Acknowledged>;
}

/** Rejects with a refusal; then no record has been changed and the lock is free again. */
export async function openDirectory(
  access: DirectoryAccess,
  owner: LogStoreOwner,
): Promise<OpenedDirectory> {
  const { directory, files } = access;
  let found: FoundDirectory = 'unseen';
  try {
    const isUnfinished = await survey(access, owner);
    found = isUnfinished ? 'unfinished' : 'used';
    if (isUnfinished && access.isLooking === true) throw noNode(directory);
    if (isUnfinished) await files.makeDirectory(directory);
    const [log, snapshots] = [handleOf(access, PART.log), handleOf(access, PART.snapshots)];
    if (!isUnfinished) {
      await log.database.beginToLook?.();
      // While the log is opened, which is mostly waiting.
      void snapshots.database.beginToLook?.();
    }
    const database = await openPart(access, log, { createIfMissing: isUnfinished });
    // Most of that is waiting, while the log is proven.
    const doWithout = isUnfinished ? undefined : snapshots.database.beginToOpen?.();
    try {
      return await openLocked(access, owner, { database, snapshots });
    } catch (error) {
      if (doWithout !== undefined) await Promise.allSettled([doWithout()]);
      await Promise.allSettled([database.close()]);
      throw error;
    }
  } catch (error) {
    const isOurs = error instanceof RaftError || error instanceof InvariantViolation;
    throw isOurs ? error : unusable(directory, error, found);
  }
}

/** By reading only: true if the directory is new, or its creation was never finished (ST6, ST11). */
async function survey(access: DirectoryAccess, owner: LogStoreOwner): Promise<boolean> {
  const { directory, files } = access;
  const names = (await files.list(directory)) ?? [];
  if (names.includes(PART.identity)) return (await readOwnIdentity(access, owner))?.boots === 0;
  const later: readonly string[] = [PART.hardState, PART.acknowledged, PART.snapshots];
  if (names.some((name) => later.includes(name))) {
    throw missing(directory, PART.identity);
  }
  const promises = access.isFounded === true ? [PART.founding, PART.foundingDraft] : [];
  const remains: readonly string[] = [PART.log, PART.identityDraft, ...promises];
  const stranger = names.find((name) => !remains.includes(name));
  if (stranger !== undefined) throw notEmpty(directory, stranger);
  return true;
}

/** A database of the directory, not open yet. */
interface PartHandle {
  readonly part: Part;
  readonly database: Database;
}

function handleOf({ database, directory }: DirectoryAccess, part: Part): PartHandle {
  return { part, database: database(`${directory}/${part}`) };
}

async function openPart(
  { directory }: DirectoryAccess,
  { part, database }: PartHandle,
  options: OpenOptions,
): Promise<Database> {
  try {
    await database.open(options);
    return database;
  } catch (error) {
    if (error instanceof DatabaseLocked) throw inUse(directory, error);
    if (error instanceof DatabaseMissing) throw missing(directory, part);
    if (error instanceof DatabaseDamaged) throw damagedPart(directory, part, error.message);
    throw error;
  }
}

interface Handles {
  /** That of the log, open: whoever has it has the lock. */
  readonly database: Database;
  readonly snapshots: PartHandle;
}

async function openLocked(
  access: DirectoryAccess,
  owner: LogStoreOwner,
  { database, snapshots: handle }: Handles,
): Promise<OpenedDirectory> {
  const { directory } = access;
  const found = await readOwnIdentity(access, owner);
  const isNew = found === null || found.boots === 0;
  let proven = await proveDatabase(directory, database);
  let identity = found;
  if (isNew) {
    identity = await createDirectory(access, owner, { database, identity: found, proven });
    proven = await proveDatabase(directory, database);
  }
  if (identity === null || proven === null) throw damagedPart(directory, PART.log, 'it is empty');
  const slots = await readSlotParts(access);
  const hardState = slots.hardState.value;
  const acknowledged = slots.acknowledged.value;
  requireAgreement({ directory, identity, database: proven, hardState, acknowledged });
  proven = { ...proven, state: withCopy(proven.state, hardState) };
  requireFit(directory, { ...proven, membership: proven.membership?.value ?? null }, owner);
  const snapshots = await openSnapshots(access, identity, { handle, log: proven });
  try {
    const slotFiles = await openSlotFiles(access, slots);
    try {
      return await countStart(access, { identity, isNew, proven, database, slotFiles, snapshots });
    } catch (error) {
      await closeSlotFiles(slotFiles);
      throw error;
    }
  } catch (error) {
    await Promise.allSettled([snapshots.database.close()]);
    throw error;
  }
}

/** SN4: a directory from before there were snapshots gets a place for them; an emptied one is missed by the log. */
async function openSnapshots(
  access: DirectoryAccess,
  { incarnation }: NodeIdentity,
  { handle, log: { shape, state } }: { readonly handle: PartHandle; readonly log: ProvenDatabase },
): Promise<OpenedSnapshots> {
  const { directory } = access;
  const database = await openPart(access, handle, { createIfMissing: true });
  try {
    const proven = await proveSnapshots(directory, database, incarnation);
    const newest = proven.whole.at(-1)?.snapshot ?? null;
    // What a crash leaves of an installation has every write of the log that was on disk before.
    const isOlder = proven.whole.some(({ logSequence }) => logSequence > state.sequence);
    if (isOlder) throw olderThanSnapshots(directory);
    const meeting = meetingOf(shape, newest);
    if (meeting === 'apart') throw snapshotMissing(directory, shape.base, newest);
    return { database, proven, newest, meeting };
  } catch (error) {
    await Promise.allSettled([database.close()]);
    throw error;
  }
}

async function readOwnIdentity(
  access: DirectoryAccess,
  owner: LogStoreOwner,
): Promise<NodeIdentity | null> {
  const identity = await readIdentity(access);
  if (identity !== null) requireOwn(access.directory, identity, owner);
  return identity;
}

async function openSlotFiles({ files }: DirectoryAccess, slots: SlotParts): Promise<SlotFiles> {
  const hardState = await files.open(slots.hardState.path);
  try {
    const acknowledged = await files.open(slots.acknowledged.path);
    return {
      hardState: new SlotFile(hardState, slots.hardState),
      acknowledged: new SlotFile(acknowledged, slots.acknowledged),
    };
  } catch (error) {
    await hardState.close();
    throw error;
  }
}

/** Closes both, whatever happens to the first. Rejects with the first failure. */
export async function closeSlotFiles({ hardState, acknowledged }: SlotFiles): Promise<void> {
  try {
    await hardState.close();
  } finally {
    await acknowledged.close();
  }
}

/**
 * ID1: one boot more, durable before anyone hears of it. The database counts first, so that the two counts differ by one
 * at most; the name of the identity that was read may be one that a killed start gave it and no disk holds yet, so it
 * is made durable before that. Both small files are written as well: a damaged slot heals here.
 */
async function countStart(
  access: DirectoryAccess,
  opened: OpenedDirectory,
): Promise<OpenedDirectory> {
  if (access.isLooking === true) return opened;
  const { database, proven, slotFiles } = opened;
  const identity = bootIdentity(opened.identity, access.randomWord());
  const { incarnation, boots } = identity;
  const state: StoreState = { ...proven.state, sequence: proven.state.sequence + 1, boots };
  const { sequence, hardState, last } = state;
  await access.files.syncDirectory(access.directory);
  await writeDurably(database, [putRecord(RECORD_KIND.state, state)]);
  await slotFiles.hardState.writeDurably({ incarnation, sequence, hardState, isAlone: false });
  await slotFiles.acknowledged.writeDurably({ incarnation, sequence, last });
  await writeIdentity(access, identity);
  return { ...opened, identity, proven: { ...proven, state } };
}
