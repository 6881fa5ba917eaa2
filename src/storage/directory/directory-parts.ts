/**
 * The parts of a data directory beside the database, read and written: `identity.json` and the two slot
 * files. Each is refused in its own words when it is missing, damaged or of a newer format (ST6, ST8).
 */
import type { NodeIdentity } from '../../core/identity.ts';
import type { Database } from '../disk/database.ts';
import type { Files } from '../disk/files.ts';
import { decodeIdentity, encodeIdentity } from '../records/identity-file.ts';
import type { RecordFormat, RecordKind } from '../records/record.ts';
import { decodeSlots, encodeSlots, type Sequenced } from '../records/slot-file.ts';
import {
  ACKNOWLEDGED,
  type Acknowledged,
  HARD_STATE_COPY,
  type HardStateCopy,
  type StoreState,
} from '../records/stored-values.ts';
import { damagedPart, missing, newerFormat, PART, type Part } from '../refusals.ts';
import type { GrowthBounds } from '../snapshots/growing-draft.ts';
import type { RandomWord } from './random-word.ts';

export interface DirectoryAccess {
  readonly directory: string;
  readonly files: Files;
  /** Makes the handle of the database at a path; opens nothing. */
  readonly database: (path: string) => Database;
  readonly randomWord: RandomWord;
  /** Only looks, for a node that is stopped: the start is not counted, nothing is finished and nothing swept (RC1). */
  readonly isLooking?: boolean;
  /** FO11: what it promised while it founded may lie there before anything else does. */
  readonly isFounded?: boolean;
  /** `GROWTH_BOUNDS` unless given. */
  readonly growthBounds?: GrowthBounds;
}

interface SlotPart<Value> {
  readonly path: string;
  readonly kind: RecordKind;
  /** The slot to write next. */
  readonly next: 0 | 1;
  readonly value: Value;
}

export interface SlotParts {
  readonly hardState: SlotPart<HardStateCopy>;
  readonly acknowledged: SlotPart<Acknowledged>;
}

/** `null` if there is no such file. */
export async function readIdentity(access: DirectoryAccess): Promise<NodeIdentity | null> {
  const { directory, files } = access;
  const path = `${directory}/${PART.identity}`;
  const bytes = await files.read(path);
  if (bytes === null) return null;
  const parsed = decodeIdentity(bytes);
  if (parsed.type === 'newer') throw newerFormat(path, parsed.format);
  if (parsed.type === 'damaged') {
    throw damagedPart(directory, PART.identity, 'it is not what was written into it');
  }
  return parsed.identity;
}

/** Durable when it resolves; a crash leaves the old one or the new one. */
export async function writeIdentity(
  { directory, files }: DirectoryAccess,
  identity: NodeIdentity,
): Promise<void> {
  const draft = `${directory}/${PART.identityDraft}`;
  await files.write(draft, encodeIdentity(identity));
  await files.rename(draft, `${directory}/${PART.identity}`);
  await files.syncDirectory(directory);
}

export async function readSlotParts(access: DirectoryAccess): Promise<SlotParts> {
  return {
    hardState: await readSlots(access, PART.hardState, HARD_STATE_COPY),
    acknowledged: await readSlots(access, PART.acknowledged, ACKNOWLEDGED),
  };
}

/** Makes both slot files anew. Durable when it resolves. */
export async function createSlotParts(
  { directory, files }: DirectoryAccess,
  incarnation: string,
  { sequence, hardState, last }: StoreState,
): Promise<void> {
  const copy = encodeSlots(HARD_STATE_COPY, {
    ...{ incarnation, sequence, hardState },
    isAlone: false,
  });
  const marker = encodeSlots(ACKNOWLEDGED, { incarnation, sequence, last });
  await files.write(`${directory}/${PART.hardState}`, copy);
  await files.write(`${directory}/${PART.acknowledged}`, marker);
  await files.syncDirectory(directory);
}

async function readSlots<Value extends Sequenced>(
  { directory, files }: DirectoryAccess,
  part: Part,
  format: RecordFormat<Value>,
): Promise<SlotPart<Value>> {
  const path = `${directory}/${part}`;
  const bytes = await files.read(path);
  if (bytes === null) throw missing(directory, part);
  const { newest, next } = decodeSlots(format, bytes);
  if (newest.type === 'newer') throw newerFormat(path, newest.version);
  if (newest.type === 'damaged') throw damagedPart(directory, part, newest.why);
  return { path, kind: format.kind, next, value: newest.value };
}
