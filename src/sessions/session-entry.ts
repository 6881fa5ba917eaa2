/**
 * Entries of sessions as bytes of the log (little-endian), version 1:
 *
 *   0  u8  version        open     18 u32 ttl, 22 eight bytes of salt; no id, that comes from the entry's index
 *   1  u8  operation      command  18 u64 sequence, 26 u64 acknowledged through, 34 the machine's own command
 *   2  id, 16 bytes       opening  the same, but 34 u32 ttl, 38 u64 not after, 46 the machine's own command
 *
 * Written by members after a check; read by every replica, which believes nothing of it: bytes that are no entry are
 * refused alike everywhere, and only a version that this program does not know halts it, as others know it (SE10).
 */
import { readCounter, writeCounter } from '../core/bytes/counter-bytes.ts';
import { shortBytes } from '../core/bytes/short-bytes.ts';
import { viewOf } from '../core/bytes/view-of.ts';
import { RaftError } from '../core/errors.ts';
import {
  faultInSessionCall,
  faultInSessionOperation,
  SALT_BYTES,
  SESSION_ID_BYTES,
  type SessionCall,
  type SessionOperation,
} from '../core/session.ts';

export type SessionEntry =
  | SessionOperation
  | {
      readonly type: 'command';
      readonly call: SessionCall;
      /** The machine's own. A view. */
      readonly data: Uint8Array;
    };

const VERSION = 1;
const OPERATION = { open: 0, renew: 1, close: 2, command: 3, opening: 4 } as const;
const ID_AT = 2;
const BODY_AT = ID_AT + SESSION_ID_BYTES;
const OPEN_BYTES = BODY_AT + 4 + SALT_BYTES;
const COMMAND_AT = BODY_AT + 16;
const OPENING_COMMAND_AT = COMMAND_AT + 12;
/** What a command takes more in a session, at most. */
export const SESSION_HEADER_BYTES_MAX: number = OPENING_COMMAND_AT;

export function encodeSessionOperation(operation: SessionOperation): Uint8Array {
  const isOpening = operation.type === 'open';
  const { bytes, view } = entryOf(isOpening ? OPEN_BYTES : BODY_AT, operation.type);
  if (isOpening) {
    view.setUint32(BODY_AT, operation.ttlMs, true);
    bytes.set(operation.salt, BODY_AT + 4);
  } else bytes.set(operation.session, ID_AT);
  return bytes;
}

export function encodeSessionCommand(call: SessionCall, data: Uint8Array): Uint8Array {
  const { opening, sequence, acknowledgedThrough } = call;
  const commandAt = opening === null ? COMMAND_AT : OPENING_COMMAND_AT;
  const operation = opening === null ? 'command' : 'opening';
  const { bytes, view } = entryOf(commandAt + data.length, operation);
  bytes.set(call.session, ID_AT);
  writeCounter(view, BODY_AT, sequence);
  writeCounter(view, BODY_AT + 8, acknowledgedThrough);
  if (opening !== null) {
    view.setUint32(COMMAND_AT, opening.ttlMs, true);
    writeCounter(view, COMMAND_AT + 4, opening.notAfterMs);
  }
  bytes.set(data, commandAt);
  return bytes;
}

/** `null`: the bytes are no entry of a session. Throws for a version that this program does not know. */
export function decodeSessionEntry(bytes: Uint8Array): SessionEntry | null {
  const version = bytes[0];
  const operation = bytes[1];
  if (version !== undefined && version > VERSION) throw unknownVersion(version);
  if (version !== VERSION || bytes.length < BODY_AT) return null;
  switch (operation) {
    case OPERATION.open:
      return readOpen(bytes);
    case OPERATION.renew:
      return bytes.length === BODY_AT ? { type: 'renew', session: idIn(bytes) } : null;
    case OPERATION.close:
      return bytes.length === BODY_AT ? { type: 'close', session: idIn(bytes) } : null;
    case OPERATION.command:
      return readCommand(bytes, COMMAND_AT);
    case OPERATION.opening:
      return readCommand(bytes, OPENING_COMMAND_AT);
    default:
      return null;
  }
}

/** The machine's own command in an entry that this program knows; `null`: there is none. */
export function commandIn(bytes: Uint8Array): Uint8Array | null {
  const [version, operation] = bytes;
  if (version !== VERSION) return null;
  if (operation === OPERATION.command) return bytes.subarray(COMMAND_AT);
  return operation === OPERATION.opening ? bytes.subarray(OPENING_COMMAND_AT) : null;
}

function readOpen(bytes: Uint8Array): SessionEntry | null {
  if (bytes.length !== OPEN_BYTES) return null;
  const ttlMs = viewOf(bytes).getUint32(BODY_AT, true);
  const open = { type: 'open', ttlMs, salt: bytes.subarray(BODY_AT + 4) } as const;
  return faultInSessionOperation(open) === null ? open : null;
}

function readCommand(bytes: Uint8Array, commandAt: number): SessionEntry | null {
  if (bytes.length < commandAt) return null;
  const view = viewOf(bytes);
  const call: SessionCall = {
    session: idIn(bytes),
    sequence: readCounter(view, BODY_AT),
    acknowledgedThrough: readCounter(view, BODY_AT + 8),
    opening:
      commandAt === COMMAND_AT
        ? null
        : {
            ttlMs: view.getUint32(COMMAND_AT, true),
            notAfterMs: readCounter(view, COMMAND_AT + 4),
          },
  };
  if (faultInSessionCall(call) !== null) return null;
  return { type: 'command', call, data: bytes.subarray(commandAt) };
}

function entryOf(
  length: number,
  operation: keyof typeof OPERATION,
): { readonly bytes: Uint8Array; readonly view: DataView } {
  const bytes = shortBytes(length);
  bytes[0] = VERSION;
  bytes[1] = OPERATION[operation];
  return { bytes, view: viewOf(bytes) };
}

function idIn(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(ID_AT, BODY_AT);
}

function unknownVersion(version: number): RaftError {
  return new RaftError(
    'RAFT_STATE_MACHINE_FAILED',
    `the log holds an entry of a session of version ${version}; this program knows ${VERSION}: update this node`,
  );
}
