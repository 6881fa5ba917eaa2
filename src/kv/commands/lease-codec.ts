/**
 * The commands of leases as bytes, the part of `command-codec.ts` that came with version 3:
 *
 *   grant    counter ttl in milliseconds
 *   renew    u32 n, n counters: the leases
 *   revoke   counter lease
 *   expire   u32 n, n times counter lease, counter renewals that were seen of it
 */
import { unreachable } from '../../core/assert.ts';
import { LEASES_IN_COMMAND_MAX } from '../limits.ts';
import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';
import type { KvCommand, LeaseCommand, LeaseSeen, TxnOperation } from './commands.ts';

/** In the order in which the bytes of a command number them, behind those of earlier versions. */
export const LEASE_KINDS = [
  'grant',
  'renew',
  'revoke',
  'expire',
] as const satisfies readonly LeaseCommand['type'][];

/** Whether members that know nothing of leases could not carry it out. */
export function needsLeases(command: KvCommand): boolean {
  switch (command.type) {
    case 'put':
      return isBound(command);
    case 'txn':
      return command.success.some(isBound) || command.failure.some(isBound);
    case 'delete':
    case 'compact':
    case 'access':
      return false;
    case 'grant':
    case 'renew':
    case 'revoke':
    case 'expire':
      return true;
    default:
      return unreachable(command);
  }
}

export function writeLeaseCommand(writer: ByteWriter, command: LeaseCommand): ByteWriter {
  switch (command.type) {
    case 'grant':
      return writer.counter(command.ttlMs);
    case 'renew':
      writer.u32(command.leases.length);
      for (const lease of command.leases) writer.counter(lease);
      return writer;
    case 'revoke':
      return writer.counter(command.lease);
    case 'expire':
      writer.u32(command.leases.length);
      for (const { lease, renewals } of command.leases) writer.counter(lease).counter(renewals);
      return writer;
    default:
      return unreachable(command);
  }
}

export function readLeaseCommand(reader: ByteReader, kind: LeaseCommand['type']): LeaseCommand {
  switch (kind) {
    case 'grant':
      return { type: kind, ttlMs: reader.counter() };
    case 'renew':
      return { type: kind, leases: readMany(reader, () => reader.counter()) };
    case 'revoke':
      return { type: kind, lease: reader.counter() };
    case 'expire':
      return { type: kind, leases: readMany(reader, () => readSeen(reader)) };
    default:
      return unreachable(kind);
  }
}

function readSeen(reader: ByteReader): LeaseSeen {
  const lease = reader.counter();
  return { lease, renewals: reader.counter() };
}

/** A few bytes cannot ask for a long list. */
function readMany<Item>(reader: ByteReader, read: () => Item): Item[] {
  const count = reader.u32();
  if (count > LEASES_IN_COMMAND_MAX) reader.fail('it names too many leases');
  return Array.from({ length: count }, read);
}

function isBound(operation: TxnOperation): boolean {
  return operation.type === 'put' && operation.lease !== undefined;
}
