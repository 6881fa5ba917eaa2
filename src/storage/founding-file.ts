/**
 * `founding.json`: what a node that founds a cluster by number has promised (FO1, FO11), in its data directory before there is
 * anything else in it, and ever after. While it is open the lock of the directory is held, which is that of the log: two
 * processes upon one directory could promise it twice.
 */
import { crc32 } from '../core/bytes/checksum.ts';
import { RaftError } from '../core/errors.ts';
import { type FoundingState, foundingStateIn, NOTHING_FOUNDED } from '../core/founding.ts';
import type { NodeId } from '../core/types.ts';
import { type DirectoryAccess, readIdentity } from './directory/directory-parts.ts';
import { DatabaseLocked } from './disk/database.ts';
import { aCounter, aNodeId, aText, objectOf } from './records/proofs.ts';
import { parseJson } from './records/record.ts';
import {
  damagedFounding,
  foundingOfAnother,
  inUse,
  newerFormat,
  notEmpty,
  PART,
  unusable,
  writeFailed,
} from './refusals.ts';

const FORMAT = 1;

export interface HeldFounding {
  readonly nodeId: NodeId;
  readonly incarnation: string;
  readonly state: FoundingState;
}

/** The directory is this process's until it is closed. */
export interface OpenedFounding extends HeldFounding {
  /** Durable when it resolves. Rejects with a `RaftError`; then nothing more may be written. */
  write(state: FoundingState): Promise<void>;
  close(): Promise<void>;
}

/** By reading only. `null`: the directory has none. Rejects with a refusal if it cannot be believed. */
export async function readFounding(
  { directory, files }: Pick<DirectoryAccess, 'directory' | 'files'>,
  nodeId: NodeId,
): Promise<HeldFounding | null> {
  const bytes = await files
    .read(`${directory}/${PART.founding}`)
    .catch((error: unknown) => Promise.reject(unusable(directory, error, 'unseen')));
  if (bytes === null) return null;
  const held = heldIn(directory, bytes);
  if (held.nodeId !== nodeId) throw foundingOfAnother(directory, held.nodeId, nodeId);
  return held;
}

/** Whether a node has run on the directory: then nothing is left to be founded on it. */
export async function hasRun(access: DirectoryAccess): Promise<boolean> {
  return ((await readIdentity(access))?.boots ?? 0) > 0;
}

/** Makes the directory if it is missing. Rejects with a refusal. */
export async function openFounding(
  access: DirectoryAccess,
  nodeId: NodeId,
): Promise<OpenedFounding> {
  const { directory, files } = access;
  const log = access.database(`${directory}/${PART.log}`);
  try {
    requireOwnNames(directory, (await files.list(directory)) ?? []);
    await files.makeDirectory(directory);
    await log.open({ createIfMissing: true });
  } catch (error) {
    if (error instanceof RaftError) throw error;
    if (error instanceof DatabaseLocked) throw inUse(directory, error);
    throw unusable(directory, error, 'unfinished');
  }
  try {
    const incarnation = access.randomWord();
    const found = await readFounding(access, nodeId);
    const held = found ?? { nodeId, incarnation, state: NOTHING_FOUNDED };
    let last = Promise.resolve();
    const write = (state: FoundingState): Promise<void> => {
      last = writeFounding(access, { ...held, state });
      return last;
    };
    // Whoever has the lock next finds what is written now.
    const close = (): Promise<void> => last.catch(() => {}).then(() => log.close());
    return { ...held, write, close };
  } catch (error) {
    await log.close();
    throw error;
  }
}

/** What a start that was never finished left is as good as nothing (ST11). */
function requireOwnNames(directory: string, names: readonly string[]): void {
  const own: readonly string[] = Object.values(PART);
  const stranger = names.find((name) => !own.includes(name));
  if (stranger !== undefined) throw notEmpty(directory, stranger);
}

async function writeFounding(
  { directory, files }: DirectoryAccess,
  held: HeldFounding,
): Promise<void> {
  const draft = `${directory}/${PART.foundingDraft}`;
  try {
    await files.write(draft, new TextEncoder().encode(foundingText(held)));
    await files.rename(draft, `${directory}/${PART.founding}`);
    await files.syncDirectory(directory);
  } catch (error) {
    throw writeFailed(directory, error);
  }
}

const aHead = objectOf({ format: aCounter });
const anOwner = objectOf({ nodeId: aNodeId, incarnation: aText });

/** It has to be, byte for byte, what `foundingText` writes. */
function heldIn(directory: string, bytes: Uint8Array): HeldFounding {
  const value = parseJson(bytes);
  const { format = 0 } = aHead(value) ?? {};
  if (format > FORMAT) throw newerFormat(`${directory}/${PART.founding}`, format);
  const owner = anOwner(value);
  const state = value instanceof Object ? foundingStateIn(Reflect.get(value, 'state')) : null;
  if (owner === undefined || state === null) throw damagedFounding(directory);
  const held = { ...owner, state };
  if (foundingText(held) !== new TextDecoder().decode(bytes)) throw damagedFounding(directory);
  return held;
}

function foundingText({ incarnation, nodeId, state }: HeldFounding): string {
  const content = { format: FORMAT, nodeId, incarnation, state };
  const checksum = crc32(new TextEncoder().encode(JSON.stringify(content)));
  return `${JSON.stringify({ ...content, checksum }, null, 2)}\n`;
}
