/** Data directories that have been used, parts of them in the place of others, and what opening one finds. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { RaftError } from '../../../src/core/errors.ts';
import type {
  LogOperation,
  LogStore,
  LogStoreOwner,
  RecoveredLog,
} from '../../../src/ports/log-store.ts';
import type { Files } from '../../../src/storage/disk/files.ts';
import { nodeFiles } from '../../../src/storage/disk/node-files.ts';
import { encodeRecord, RECORD_KIND } from '../../../src/storage/records/record.ts';
import { decodeSlots } from '../../../src/storage/records/slot-file.ts';
import { ACKNOWLEDGED, type Acknowledged } from '../../../src/storage/records/stored-values.ts';
import { PART } from '../../../src/storage/refusals.ts';
import {
  append,
  hard,
  OWNER,
  peer,
  run,
  truncate,
  write,
} from '../../../src/testing/contracts/log-operations.ts';
import { during, fingerprint, storeIn, type Workspace } from '../data-directories.ts';

/** A directory that has been used: two starts, a vote, entries, a truncation, a peer. */
export async function used(workspace: Workspace, owner = OWNER): Promise<string> {
  const directory = workspace.fresh();
  await session(directory, owner, 1);
  await session(directory, owner, 2);
  return directory;
}

export async function session(directory: string, owner: typeof OWNER, term: number): Promise<void> {
  const deed = async (store: LogStore, { log }: RecoveredLog): Promise<void> => {
    const first = log.lastIndex + 1;
    await write(store, [hard(term, 'n2'), append(run(term, first, ['a', 'b', 'c']))]);
    await write(store, [truncate(first + 1), append(run(term, first + 1, ['B', 'C', 'D']))]);
    await store.rememberPeer(peer('n2', term));
  };
  await during(directory, deed, owner);
}

/** What opening the directory finds. */
export function recoveredFrom(directory: string): Promise<RecoveredLog> {
  return during(directory, async (_, recovered) => recovered);
}

/** Puts these parts of another directory in the place of this one's. */
export function replaceParts(directory: string, from: string, ...parts: readonly string[]): void {
  for (const part of parts) {
    rmSync(join(directory, part), { recursive: true });
    cpSync(join(from, part), join(directory, part), { recursive: true });
  }
}

/** Writes on through this, and returns a copy of the directory as it was before. */
export async function overtaken(
  workspace: Workspace,
  directory: string,
  ...operations: readonly LogOperation[]
): Promise<string> {
  return during(directory, async (store) => {
    const older = workspace.copy(directory);
    await write(store, operations);
    return older;
  });
}

export async function refusalOf(
  directory: string,
  { owner = OWNER, files = nodeFiles }: { owner?: LogStoreOwner; files?: Files } = {},
): Promise<RaftError> {
  await using store = storeIn(directory, { files });
  const error = await store.open(owner).catch((reason: unknown) => reason);
  if (error instanceof RaftError) return error;
  throw new Error(`the directory was not refused: ${error}`);
}

/** Refused, twice, with nothing touched that was there. */
export async function refusedUntouched(directory: string, owner = OWNER): Promise<RaftError> {
  const before = fingerprint(directory);
  await refusalOf(directory, { owner });
  const refusal = await refusalOf(directory, { owner });
  expect(fingerprint(directory)).toBe(before);
  return refusal;
}

/** Puts a second copy of the hard state into the directory. */
export function writeHardState(
  directory: string,
  sequence: number,
  hardState: { readonly term: number; readonly votedFor: string | null },
  isAlone = false,
): void {
  const { incarnation } = JSON.parse(readFileSync(join(directory, PART.identity), 'utf8'));
  const record = encodeRecord(RECORD_KIND.hardState, { incarnation, sequence, hardState, isAlone });
  writeSlots(join(directory, PART.hardState), record);
}

export function acknowledgedIn(directory: string): Acknowledged {
  const { newest } = decodeSlots(ACKNOWLEDGED, readFileSync(join(directory, PART.acknowledged)));
  if (newest.type !== 'value') throw new Error('the marker cannot be read');
  return newest.value;
}

/** Puts a record into both slots of a slot file. */
export function writeSlots(path: string, record: Uint8Array): void {
  const bytes = Buffer.alloc(8192);
  for (const slot of [0, 4096]) {
    bytes.writeUInt32LE(record.length, slot);
    bytes.set(record, slot + 4);
  }
  writeFileSync(path, bytes);
}
