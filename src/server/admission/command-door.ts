/**
 * The door of the log: what passes here is a command that the store understands and that keeps the
 * server's bounds (SV10). The bytes that were checked are the bytes that are proposed.
 */
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import type { SessionCall } from '../../core/session.ts';
import { encodeCommand } from '../../kv/commands/command-codec.ts';
import type { KvCommand, TxnOperation } from '../../kv/commands/commands.ts';
import { OPENING_AHEAD_MS_MAX, type ServerLimits } from '../limits.ts';
import { checkCommandBytes, checkKey, checkSelector, checkValue } from './size-checks.ts';

/** Throws `RAFT_BAD_REQUEST` or `RAFT_TOO_LARGE`; then nothing was proposed. */
export function encodeChecked(command: KvCommand, limits: ServerLimits): Uint8Array {
  checkCommand(command, limits);
  const bytes = encodeCommand(command);
  checkCommandBytes(bytes.length, limits);
  return bytes;
}

/**
 * Bound: a session is remembered for as long as the first write of it may come, so that may not be far ahead of the
 * clock of this server. Nor behind it, but that the log decides (SE6).
 */
export function checkOpening({ opening }: SessionCall, timeMs: () => number): void {
  if (opening === null || opening.notAfterMs <= timeMs() + OPENING_AHEAD_MS_MAX) return;
  throw new RaftError(
    'RAFT_SESSION_EXPIRED',
    'The clock of this client is far ahead of that of the server: the session was not opened, and nothing was done.',
  );
}

export function checkCommand(command: KvCommand, limits: ServerLimits): void {
  switch (command.type) {
    case 'put':
    case 'delete':
      checkOperation(command, limits);
      break;
    case 'txn':
      for (const { key } of command.compare) checkKey(key, limits);
      for (const operation of command.success) checkOperation(operation, limits);
      for (const operation of command.failure) checkOperation(operation, limits);
      break;
    case 'compact':
    case 'grant':
    case 'renew':
    case 'revoke':
      break;
    case 'expire':
      throw new RaftError('RAFT_BAD_REQUEST', NOT_EXPIRED);
    case 'access':
      throw new RaftError('RAFT_BAD_REQUEST', NOT_HERE);
    default:
      unreachable(command);
  }
}

function checkOperation(operation: TxnOperation, limits: ServerLimits): void {
  if (operation.type === 'put') {
    checkKey(operation.key, limits);
    checkValue(operation.value, limits);
  } else {
    checkSelector(operation, limits);
  }
}

const NOT_EXPIRED =
  'Leases expire by the time of the leader alone. To end one, revoke it. Nothing was done.';

/** AC3: those that change it answer for themselves, and leave a line in the log. */
const NOT_HERE = 'Who may do what is changed at /access alone. Nothing was done.';
