/**
 * Commands as bytes: what clients send, what the log keeps for ever. Every command has exactly one
 * encoding and everything else is refused (KV10), so what decodes here encodes to the same bytes again.
 *
 *   u8 version (2, 3 for leases, 4 for access), u8 kind, then    block: u32 length, bytes   counter: u64   all little-endian
 *   put      u8 flags (1 previous, 2 lease), block key, block value, counter lease where flagged, condition
 *   delete   u8 flags (1 previous), selector, condition
 *   txn      u8 n, n compares, u8 n, n operations (success), u8 n, n operations (failure)
 *   compact  counter revision
 *   grant, renew, revoke, expire: see `lease-codec.ts`; access: see `access-changes.ts`
 * condition  u8 (0 none, 1 modRevision and its counter, 2 absent, 3 present)
 * selector   u8 mask (1 key, 2 prefix, 4 start, 8 end), a block for each bit, in that order
 * compare    block key, u8 target, u8 operator, then a block for `value`, else a counter
 * operation  u8 kind, then put and delete as above without condition; range: u8 flags (1 keysOnly,
 *            2 countOnly, 4 limit, 8 revision), selector, u32 limit, counter revision, where flagged
 */
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { type KeySelector, SELECTOR_PARTS, selectorOf } from '../keys/key-selector.ts';
import { readAccessChange, writeAccessChange } from './access-changes.ts';
import { ByteReader } from './byte-reader.ts';
import { type ByteWriter, encoded } from './byte-writer.ts';
import { faultInCommand } from './command-check.ts';
import {
  COMPARE_OPERATORS,
  COMPARE_TARGETS,
  type Compare,
  type DeleteOperation,
  type KeyCondition,
  type KvCommand,
  type PutOperation,
  type RangeOperation,
  type TxnCommand,
  type TxnOperation,
} from './commands.ts';
import { LEASE_KINDS, needsLeases, readLeaseCommand, writeLeaseCommand } from './lease-codec.ts';

/**
 * The first byte of every new command that has nothing to do with leases. Version 1 had the same layout and bounded no change
 * (KV23): it is found in older logs and carried out as it was then. Version 3 is of commands that speak of leases, and of no
 * others, and version 4 of who may do what: so clusters that use neither can go back to a build that knows neither. A replica that meets any other in its log
 * must stop (KV9).
 */
export const COMMAND_VERSION = 2;
export const LEASE_COMMAND_VERSION = 3;
export const ACCESS_COMMAND_VERSION = 4;
const UNBOUNDED_VERSION = 1;
/**
 * The version of the store as a state machine: raised with each version of commands that is added, so that none of it is
 * proposed before every member knows it (UP2). The first knows commands of versions 1 and 2, the second leases, the third access.
 */
export const STORE_VERSION = 3;
const STORE_VERSIONS: ReadonlyMap<number, number> = new Map([
  [UNBOUNDED_VERSION, 1],
  [COMMAND_VERSION, 1],
  [LEASE_COMMAND_VERSION, 2],
  [ACCESS_COMMAND_VERSION, 3],
]);

const COMMAND_KINDS = ['put', 'delete', 'txn', 'compact', ...LEASE_KINDS, 'access'] as const;
const OPERATION_KINDS = ['put', 'delete', 'range'] as const;
const CONDITIONS = ['none', 'modRevision', 'absent', 'present'] as const;
const PUT = { previous: 1, lease: 2, all: 3 } as const;
const PREVIOUS = 1;
const SELECTOR = { key: 1, prefix: 2, start: 4, end: 8, all: 15 } as const;
const RANGE = { keysOnly: 1, countOnly: 2, limit: 4, revision: 8, all: 15 } as const;

/** Throws `RAFT_BAD_REQUEST` for a command that the store would refuse whatever it holds. */
export function encodeCommand(command: KvCommand): Uint8Array {
  refuseFaulty(command);
  return encoded(writeCommand, command, { isShort: true });
}

/**
 * Total and strict: throws `RAFT_BAD_REQUEST` for anything that `encodeCommand` would not have made.
 * Keys and values are views into `bytes`.
 */
export function decodeCommand(bytes: Uint8Array): KvCommand {
  const reader = new ByteReader(bytes, 'command');
  const version = reader.u8();
  if (!isKnownVersion(version) || version === UNBOUNDED_VERSION) {
    reader.fail(`its version is ${version}, not ${COMMAND_VERSION} to ${ACCESS_COMMAND_VERSION}`);
  }
  return readWhole(reader, version);
}

/** As `decodeCommand`, for what the log holds: also commands of an older version. */
export function decodeCommitted(bytes: Uint8Array): KvCommand {
  const reader = new ByteReader(bytes, 'command');
  const version = reader.u8();
  if (!isKnownVersion(version)) reader.fail(`its version ${version} is not known`);
  return readWhole(reader, version);
}

/** KV23: false for commands of a version that knew no bound. */
export function isBounded(bytes: Uint8Array): boolean {
  return bytes[0] !== UNBOUNDED_VERSION;
}

export function isKnownVersion(version: number): boolean {
  return STORE_VERSIONS.has(version);
}

/** UP2: what a member needs to carry out this command. Of a version that this program does not know: more than it has. */
export function storeVersionOf(bytes: Uint8Array): number {
  const [version = COMMAND_VERSION] = bytes;
  return STORE_VERSIONS.get(version) ?? STORE_VERSION + 1;
}

function readWhole(reader: ByteReader, version: number): KvCommand {
  const command = readCommand(reader);
  reader.end();
  if (Math.max(version, COMMAND_VERSION) !== versionFor(command)) {
    reader.fail(`it is not of version ${version}`);
  }
  refuseFaulty(command);
  return command;
}

function refuseFaulty(command: KvCommand): void {
  const fault = faultInCommand(command);
  if (fault !== null) throw new RaftError('RAFT_BAD_REQUEST', fault);
}

function versionFor(command: KvCommand): number {
  if (command.type === 'access') return ACCESS_COMMAND_VERSION;
  return needsLeases(command) ? LEASE_COMMAND_VERSION : COMMAND_VERSION;
}

function writeCommand(writer: ByteWriter, command: KvCommand): ByteWriter {
  writer.u8(versionFor(command));
  writer.u8(COMMAND_KINDS.indexOf(command.type));
  switch (command.type) {
    case 'put':
      return writeCondition(writePut(writer, command), command.condition);
    case 'delete':
      return writeCondition(writeDelete(writer, command), command.condition);
    case 'txn':
      writeList(writer, command.compare, writeCompare);
      writeList(writer, command.success, writeOperation);
      return writeList(writer, command.failure, writeOperation);
    case 'compact':
      return writer.counter(command.revision);
    case 'grant':
    case 'renew':
    case 'revoke':
    case 'expire':
      return writeLeaseCommand(writer, command);
    case 'access':
      return writeAccessChange(writer, command.change);
    default:
      return unreachable(command);
  }
}

function readCommand(reader: ByteReader): KvCommand {
  const kind = reader.choice(COMMAND_KINDS, 'its kind');
  switch (kind) {
    case 'put':
      return withCondition(readPut(reader), readCondition(reader));
    case 'delete':
      return withCondition(readDelete(reader), readCondition(reader));
    case 'txn':
      return readTxn(reader);
    case 'compact':
      return { type: 'compact', revision: reader.counter() };
    case 'grant':
    case 'renew':
    case 'revoke':
    case 'expire':
      return readLeaseCommand(reader, kind);
    case 'access':
      return { type: kind, change: readAccessChange(reader) };
    default:
      return unreachable(kind);
  }
}

function readTxn(reader: ByteReader): TxnCommand {
  const compare = readList(reader, readCompare);
  const success = readList(reader, readOperation);
  return { type: 'txn', compare, success, failure: readList(reader, readOperation) };
}

function writeList<Item>(
  writer: ByteWriter,
  items: readonly Item[],
  write: (writer: ByteWriter, item: Item) => ByteWriter,
): ByteWriter {
  writer.u8(items.length);
  for (const item of items) write(writer, item);
  return writer;
}

/** A count is one byte, so that a few bytes cannot ask for a long list. */
function readList<Item>(reader: ByteReader, read: (reader: ByteReader) => Item): Item[] {
  const items: Item[] = [];
  for (let left = reader.u8(); left > 0; left -= 1) items.push(read(reader));
  return items;
}

function writeOperation(writer: ByteWriter, operation: TxnOperation): ByteWriter {
  writer.u8(OPERATION_KINDS.indexOf(operation.type));
  switch (operation.type) {
    case 'put':
      return writePut(writer, operation);
    case 'delete':
      return writeDelete(writer, operation);
    case 'range':
      return writeRange(writer, operation);
    default:
      return unreachable(operation);
  }
}

function readOperation(reader: ByteReader): TxnOperation {
  const kind = reader.choice(OPERATION_KINDS, 'the kind of an operation');
  switch (kind) {
    case 'put':
      return readPut(reader);
    case 'delete':
      return readDelete(reader);
    case 'range':
      return readRange(reader);
    default:
      return unreachable(kind);
  }
}

function writePut(writer: ByteWriter, operation: PutOperation): ByteWriter {
  const { key, value, lease, returnPrevious } = operation;
  writer.u8((returnPrevious === true ? PUT.previous : 0) | (lease === undefined ? 0 : PUT.lease));
  writer.block(key).block(value);
  return lease === undefined ? writer : writer.counter(lease);
}

function readPut(reader: ByteReader): PutOperation {
  const flags = reader.bits(PUT.all);
  const key = reader.block();
  const value = reader.block();
  if (flags === 0) return { type: 'put', key, value };
  return {
    type: 'put',
    key,
    value,
    ...((flags & PUT.lease) !== 0 && { lease: reader.counter() }),
    ...((flags & PUT.previous) !== 0 && { returnPrevious: true }),
  };
}

function writeDelete(writer: ByteWriter, operation: DeleteOperation): ByteWriter {
  writer.u8(operation.returnPrevious === true ? PREVIOUS : 0);
  return writeSelector(writer, operation);
}

function readDelete(reader: ByteReader): DeleteOperation {
  const flags = reader.bits(PREVIOUS);
  const selector = readSelector(reader);
  if (flags === 0) return { type: 'delete', ...selector };
  return { type: 'delete', ...selector, returnPrevious: true };
}

function writeRange(writer: ByteWriter, operation: RangeOperation): ByteWriter {
  const { keysOnly, countOnly, limit, revision } = operation;
  writer.u8(
    (keysOnly === true ? RANGE.keysOnly : 0) |
      (countOnly === true ? RANGE.countOnly : 0) |
      (limit === undefined ? 0 : RANGE.limit) |
      (revision === undefined ? 0 : RANGE.revision),
  );
  writeSelector(writer, operation);
  if (limit !== undefined) writer.u32(limit);
  return revision === undefined ? writer : writer.counter(revision);
}

function readRange(reader: ByteReader): RangeOperation {
  const flags = reader.bits(RANGE.all);
  return {
    type: 'range',
    ...readSelector(reader),
    ...((flags & RANGE.limit) !== 0 && { limit: reader.u32() }),
    ...((flags & RANGE.revision) !== 0 && { revision: reader.counter() }),
    ...((flags & RANGE.keysOnly) !== 0 && { keysOnly: true }),
    ...((flags & RANGE.countOnly) !== 0 && { countOnly: true }),
  };
}

function writeSelector(writer: ByteWriter, selector: KeySelector): ByteWriter {
  const { key, prefix, start, end } = selector;
  writer.u8(
    SELECTOR_PARTS.reduce((mask, part) => (selector[part] ? mask | SELECTOR[part] : mask), 0),
  );
  for (const part of [key, prefix, start, end]) if (part !== undefined) writer.block(part);
  return writer;
}

function readSelector(reader: ByteReader): KeySelector {
  const mask = reader.bits(SELECTOR.all);
  return selectorOf((part) => ((mask & SELECTOR[part]) === 0 ? null : reader.block()));
}

function writeCondition(writer: ByteWriter, condition: KeyCondition | undefined): ByteWriter {
  writer.u8(CONDITIONS.indexOf(condition?.type ?? 'none'));
  return condition?.type === 'modRevision' ? writer.counter(condition.modRevision) : writer;
}

function readCondition(reader: ByteReader): KeyCondition | null {
  const type = reader.choice(CONDITIONS, 'its condition');
  if (type === 'none') return null;
  return type === 'modRevision' ? { type, modRevision: reader.counter() } : { type };
}

function withCondition<Operation extends object>(
  operation: Operation,
  condition: KeyCondition | null,
): Operation & { readonly condition?: KeyCondition } {
  return condition === null ? operation : { ...operation, condition };
}

function writeCompare(writer: ByteWriter, compare: Compare): ByteWriter {
  const { key, target, operator, value } = compare;
  writer.block(key).u8(COMPARE_TARGETS.indexOf(target)).u8(COMPARE_OPERATORS.indexOf(operator));
  return typeof value === 'number' ? writer.counter(value) : writer.block(value);
}

function readCompare(reader: ByteReader): Compare {
  const key = reader.block();
  const target = reader.choice(COMPARE_TARGETS, 'the target of a compare');
  const operator = reader.choice(COMPARE_OPERATORS, 'the operator of a compare');
  if (target === 'value') return { key, target, operator, value: reader.block() };
  return { key, target, operator, value: reader.counter() };
}
