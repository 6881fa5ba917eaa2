/**
 * The table of sessions as it stands in front of a snapshot of the machine inside (§6.3, I2): parts of a length and a
 * CRC-32 each, the same for equal tables, which say themselves where they end, so that it matters to nobody how a
 * snapshot is cut into chunks. Little-endian, version 1, or 2 if a command has needed more than the machine's first
 * version: builds that know only 1 could not follow it, and so they refuse it (UP5):
 *
 *   part     u32 length, u32 CRC-32 of its bytes, bytes
 *   first    u8 magic 0x53, u8 version, u64 time of the log, u64 swept at, u32 sessions, from version 2 on
 *            u32 version of the machine in use; then a part for each of them
 *   session  16 id, u8 closed, u32 ttl, u64 not after, u64 expires at, u64 low-water mark, u64 newest, u32 commands
 *   command  u64 sequence, u32 bytes of its answer and one (0: let go), the answer
 */
import { crc32 } from '../core/bytes/checksum.ts';
import { readCounter, writeCounter } from '../core/bytes/counter-bytes.ts';
import { viewOf } from '../core/bytes/view-of.ts';
import { RaftError } from '../core/errors.ts';
import { SESSION_ID_BYTES } from '../core/session.ts';
import { isCounter } from '../core/types.ts';
import { FIRST_MACHINE_VERSION } from '../core/versions.ts';
import { PART_BYTES_MAX, type SessionBounds } from './limits.ts';
import { Session } from './session.ts';
import { SessionTable } from './session-table.ts';

const MAGIC = 0x53;
const VERSION = { first: 1, machineInUse: 2 } as const;
const PART_HEADER_BYTES = 8;
const FIRST_BYTES = { [VERSION.first]: 22, [VERSION.machineInUse]: 26 } as const;
const SESSION_BYTES = 57;
const COMMAND_BYTES = 12;

/** What the first part says. */
interface TableHead {
  readonly timeMs: number;
  readonly sweptAtMs: number;
  readonly sessions: number;
  readonly versionInUse: number;
}

export function encodeHead({ timeMs, sweptAtMs, sessions, versionInUse }: TableHead): Uint8Array {
  const isFirst = versionInUse === FIRST_MACHINE_VERSION;
  const version = isFirst ? VERSION.first : VERSION.machineInUse;
  const { body, part, view } = partOf(FIRST_BYTES[version]);
  view.setUint8(0, MAGIC);
  view.setUint8(1, version);
  writeCounter(view, 2, timeMs);
  writeCounter(view, 10, sweptAtMs);
  view.setUint32(18, sessions, true);
  if (!isFirst) view.setUint32(22, versionInUse, true);
  return sealed(part, body);
}

export function encodeSession(session: Session): Uint8Array {
  const { birth, done } = session;
  const length = SESSION_BYTES + done.size * COMMAND_BYTES + session.answerBytes;
  const { body, part, view } = partOf(length);
  for (let at = 0; at < SESSION_ID_BYTES; at += 1) body[at] = birth.key.charCodeAt(at);
  view.setUint8(16, Number(session.isClosed));
  view.setUint32(17, birth.ttlMs, true);
  writeCounter(view, 21, birth.notAfterMs);
  writeCounter(view, 29, session.expiresAtMs);
  writeCounter(view, 37, session.lowWater);
  writeCounter(view, 45, session.newest);
  view.setUint32(53, done.size, true);
  let at = SESSION_BYTES;
  for (const [sequence, answer] of done) {
    writeCounter(view, at, sequence);
    view.setUint32(at + 8, answer === null ? 0 : answer.length + 1, true);
    if (answer !== null) body.set(answer, at + COMMAND_BYTES);
    at += COMMAND_BYTES + (answer?.length ?? 0);
  }
  return sealed(part, body);
}

/** Bytes that come in pieces, whatever their size. */
export interface ByteSource {
  /** Exactly so many; `null`: there are fewer. */
  take(count: number): Promise<Uint8Array | null>;
}

/** Throws `RAFT_LOG_REFUSED` unless it is a table as it was written, to the last bit. */
export async function readTable(
  source: ByteSource,
  bounds: Partial<SessionBounds> = {},
): Promise<SessionTable> {
  const table = new SessionTable(bounds);
  const { sessions, versionInUse, ...times } = decodeHead(await readPart(source));
  table.versionInUse = versionInUse;
  table.adoptTimes(times);
  require(sessions <= table.bounds.sessionsMax, 'it counts more sessions than there may be');
  const keys: string[] = [];
  for (let left = sessions; left > 0; left -= 1) {
    const session = decodeSession(await readPart(source));
    require(table.find(session.birth.key) === null, 'it names a session twice');
    keys.push(session.birth.key);
    table.adopt(session);
  }
  const isInOrder = table.inOrder().every(({ birth }, at) => birth.key === keys[at]);
  require(isInOrder, 'its sessions are not in order');
  return table;
}

async function readPart(source: ByteSource): Promise<Uint8Array> {
  const header = await source.take(PART_HEADER_BYTES);
  require(header !== null, 'it was cut');
  const view = viewOf(header);
  const length = view.getUint32(0, true);
  require(length <= PART_BYTES_MAX, 'a part is longer than any may be');
  const body = await source.take(length);
  require(body !== null, 'it was cut');
  require(crc32(body) === view.getUint32(4, true), 'a part fails its checksum');
  return body;
}

function decodeHead(body: Uint8Array): TableHead {
  require(body.length > 1 && body[0] === MAGIC, 'it does not begin as one');
  const version = body[1];
  require(version === VERSION.first ||
    version ===
      VERSION.machineInUse, `its version is ${version}, and this program knows ${VERSION.machineInUse}`);
  require(body.length === FIRST_BYTES[version], 'it does not begin as one');
  const view = viewOf(body);
  const timeMs = counterIn(view, 2);
  const sweptAtMs = counterIn(view, 10);
  require(sweptAtMs <= timeMs, 'its times contradict each other');
  const isFirst = version === VERSION.first;
  const versionInUse = isFirst ? FIRST_MACHINE_VERSION : view.getUint32(22, true);
  require(isFirst || versionInUse > FIRST_MACHINE_VERSION, 'it is not written as one is');
  return { timeMs, sweptAtMs, sessions: view.getUint32(18, true), versionInUse };
}

function decodeSession(body: Uint8Array): Session {
  require(body.length >= SESSION_BYTES, 'a session was cut');
  const view = viewOf(body);
  const key = String.fromCharCode(...body.subarray(0, SESSION_ID_BYTES));
  const birth = { key, ttlMs: view.getUint32(17, true), notAfterMs: counterIn(view, 21) };
  const session = new Session(birth, 0);
  session.expiresAtMs = counterIn(view, 29);
  session.lowWater = counterIn(view, 37);
  const newest = counterIn(view, 45);
  require(session.lowWater <= newest, 'the marks of a session contradict each other');
  const closed = view.getUint8(16);
  require(closed <= 1, 'a session is neither open nor closed');
  session.isClosed = closed === 1;
  readCommands(session, { body, count: view.getUint32(53, true), newest });
  session.newest = newest;
  return session;
}

function readCommands(
  session: Session,
  { body, count, newest }: { readonly body: Uint8Array; readonly count: number; newest: number },
): void {
  const view = viewOf(body);
  let at = SESSION_BYTES;
  for (let left = count; left > 0; left -= 1) {
    require(at + COMMAND_BYTES <= body.length, 'a command was cut');
    const sequence = counterIn(view, at);
    const isKnown = sequence <= session.lowWater || session.done.has(sequence);
    require(sequence <= newest && !isKnown, 'a sequence stands where none may');
    const length = view.getUint32(at + 8, true);
    at += COMMAND_BYTES;
    const end = at + Math.max(0, length - 1);
    require(end <= body.length, 'an answer was cut');
    session.note(sequence, length === 0 ? null : body.slice(at, end));
    at = end;
  }
  require(at === body.length, 'bytes follow its last command');
}

function counterIn(view: DataView, at: number): number {
  const value = readCounter(view, at);
  require(isCounter(value), 'a number is past the limit');
  return value;
}

function partOf(length: number): {
  readonly part: Uint8Array;
  readonly body: Uint8Array;
  readonly view: DataView;
} {
  const part = new Uint8Array(PART_HEADER_BYTES + length);
  const body = part.subarray(PART_HEADER_BYTES);
  return { part, body, view: viewOf(body) };
}

function sealed(part: Uint8Array, body: Uint8Array): Uint8Array {
  const view = viewOf(part);
  view.setUint32(0, body.length, true);
  view.setUint32(4, crc32(body), true);
  return part;
}

function require(isSo: boolean, why: string): asserts isSo {
  if (isSo) return;
  throw new RaftError(
    'RAFT_LOG_REFUSED',
    `the snapshot holds no table of sessions as one was written: ${why}; nothing of it was taken over`,
  );
}
