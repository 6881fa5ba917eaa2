/**
 * What the commands of leases mean (LE1–LE5). Whatever ends a lease takes its keys with it, in one revision, in the order of
 * the leases that are named and of the bytes of the keys, on every replica alike.
 */
import { unreachable } from '../../core/assert.ts';
import type { ExpireCommand, LeaseCommand, TxnOperation } from '../commands/commands.ts';
import type {
  ExpireResult,
  GrantResult,
  LeaseResult,
  Refused,
  RevokeResult,
} from '../commands/results.ts';
import { type KeyText, keyText } from '../keys/key-order.ts';
import { CHANGED_KEYS_MAX, LEASE_KEYS_MAX, LEASES_MAX } from '../limits.ts';
import type { Lease } from '../store/lease-table.ts';
import type { MvccStore } from '../store/mvcc-store.ts';
import { refused } from './refused.ts';

export function executeLease(store: MvccStore, command: LeaseCommand): LeaseResult | Refused {
  const { leases, revision } = store;
  switch (command.type) {
    case 'grant':
      return grant(store, command.ttlMs);
    case 'renew': {
      const ttlsMs = command.leases.map((lease) => leases.renew(lease)?.ttlMs ?? 0);
      return { type: 'renew', revision, ttlsMs };
    }
    case 'revoke':
      return revoke(store, command.lease);
    case 'expire':
      return expire(store, command);
    default:
      return unreachable(command);
  }
}

/** Why these puts cannot be bound to the leases that they name; `null`: they can. Keys that the same command takes away count. */
export function refusalToBind(
  store: MvccStore,
  operations: readonly TxnOperation[],
): Refused | null {
  const added = new Map<number, number>();
  for (const operation of operations) {
    if (operation.type !== 'put' || operation.lease === undefined) continue;
    const lease = store.leases.get(operation.lease);
    if (lease === null) return unknown(store, operation.lease);
    if (lease.keys.has(keyText(operation.key))) continue;
    const keys = (added.get(lease.id) ?? 0) + 1;
    added.set(lease.id, keys);
    if (lease.keys.size + keys > LEASE_KEYS_MAX)
      return refused(store, 'RAFT_TOO_LARGE', TOO_MANY_KEYS);
  }
  return null;
}

const TOO_MANY_KEYS = `At most ${LEASE_KEYS_MAX} keys are bound to one lease, since they go in one revision. Nothing was changed; grant another.`;
const TOO_MANY_LEASES = `There are ${LEASES_MAX} leases already, and no more are granted. Revoke some, or try again once some have ended.`;

function grant(store: MvccStore, ttlMs: number): GrantResult | Refused {
  if (store.leases.size >= LEASES_MAX) return refused(store, 'RAFT_OVERLOADED', TOO_MANY_LEASES);
  const { id: lease } = store.leases.grant(ttlMs);
  return { type: 'grant', revision: store.revision, lease, ttlMs };
}

function revoke(store: MvccStore, id: number): RevokeResult | Refused {
  const lease = store.leases.get(id);
  if (lease === null) return unknown(store, id);
  const deleted = end(store, lease);
  return { type: 'revoke', revision: store.commit(), deleted };
}

/** Bound: as many keys as one delete takes; leases beyond that stay for the next command. The first one always goes. */
function expire(store: MvccStore, command: ExpireCommand): ExpireResult {
  const leases: number[] = [];
  let deleted = 0;
  for (const { lease: id, renewals } of command.leases) {
    const lease = store.leases.get(id);
    if (lease === null || lease.renewals !== renewals) continue;
    if (leases.length > 0 && deleted + lease.keys.size > CHANGED_KEYS_MAX) break;
    deleted += end(store, lease);
    leases.push(id);
  }
  return { type: 'expire', revision: store.commit(), deleted, leases };
}

/** How many keys went. */
function end(store: MvccStore, { id, keys }: Lease): number {
  const bound: KeyText[] = [...keys].sort();
  for (const key of bound) store.delete(key);
  store.leases.end(id);
  return bound.length;
}

function unknown(store: MvccStore, lease: number): Refused {
  const text = `There is no lease ${lease}: it has ended, or was never granted. Nothing was changed; grant another.`;
  return refused(store, 'RAFT_LEASE_EXPIRED', text);
}
