/**
 * Whether a visitor may do what it asks for (AC2): looked up in what this member has applied. While access is off, each question is one look at a
 * flag. What a visitor was found to be counts until access is changed.
 */
import { unreachable } from '../../core/assert.ts';
import { RaftError } from '../../core/errors.ts';
import { type Caller, RIGHT, type Right } from '../../kv/commands/access-changes.ts';
import type { KvCommand, TxnOperation } from '../../kv/commands/commands.ts';
import { boundsOf, boundsOfKey, type KeyText, keyText } from '../../kv/keys/key-order.ts';
import type { KeySelector } from '../../kv/keys/key-selector.ts';
import type { AccessView, KvStateMachine } from '../../kv/kv-state-machine.ts';
import type { KeyRights } from '../../kv/store/key-rights.ts';
import type { Freshness } from './rights-freshness.ts';
import type { Visitor } from './visitor.ts';

type Guarded = Pick<KvStateMachine, 'access' | 'leases'>;

interface GuardOptions {
  readonly freshness: Freshness;
  /** This member lets in everybody, so that a lost token can be replaced. */
  readonly isIgnored: boolean;
}

export class AccessGuard {
  readonly #kv: Guarded;
  readonly #isIgnored: boolean;
  /** Whoever is to change something is asked after this member has caught up. */
  readonly freshness: Freshness;

  constructor(kv: Guarded, { freshness, isIgnored }: GuardOptions) {
    this.#kv = kv;
    this.#isIgnored = isIgnored;
    this.freshness = freshness;
  }

  get isOn(): boolean {
    return this.#kv.access.isOn && !this.#isIgnored;
  }

  /** Throws `RAFT_UNAUTHENTICATED` for whoever nobody knows. */
  admit(visitor: Visitor): void {
    if (this.isOn) this.#rightsOf(visitor);
  }

  /** Throws as `admit`, or `RAFT_FORBIDDEN`. Whoever may administer may look inside as well. */
  mayAct(visitor: Visitor, right: 'inspect' | 'admin'): void {
    if (!this.isOn) return;
    const rights = this.#rightsOf(visitor);
    if (rights.has(RIGHT[right]) || rights.has(RIGHT.admin)) return;
    throw forbidden(visitor, `has no right to ${right}`);
  }

  /** The same. */
  mayRead(visitor: Visitor, selector: KeySelector): void {
    if (this.isOn) requireKeys(visitor, this.#rightsOf(visitor), selector, 'read');
  }

  /** The same, of all keys that are bound to a lease. */
  mayReadLease(visitor: Visitor, lease: number): void {
    if (this.isOn) this.#requireLease(visitor, this.#rightsOf(visitor), lease, 'read');
  }

  /** The same, to have a session: whoever may write nothing has no use for one, and takes no place of others. */
  mayWriteSomewhere(visitor: Visitor): void {
    if (this.isOn) requireSomeKey(visitor, this.#rightsOf(visitor));
  }

  /** The same. What a command tells of keys has to be readable as well: a condition, a compare, what was there before. */
  mayDo(visitor: Visitor, command: KvCommand): void {
    if (!this.isOn) return;
    const rights = this.#rightsOf(visitor);
    switch (command.type) {
      case 'put':
      case 'delete':
        if (command.condition !== undefined) requireKeys(visitor, rights, command, 'read');
        return this.#requireOperations(visitor, rights, [command]);
      case 'txn':
        for (const compare of command.compare) {
          requireKeys(visitor, rights, { key: compare.key }, 'read');
        }
        return this.#requireOperations(visitor, rights, [...command.success, ...command.failure]);
      case 'grant':
        return requireSomeKey(visitor, rights);
      case 'renew':
        requireSomeKey(visitor, rights);
        for (const lease of command.leases) this.#requireShare(visitor, rights, lease);
        return;
      case 'revoke':
        return this.#requireLease(visitor, rights, command.lease, 'write');
      case 'compact':
      case 'expire':
      case 'access':
        return this.mayAct(visitor, 'admin');
      default:
        return unreachable(command);
    }
  }

  #requireOperations(
    visitor: Visitor,
    rights: KeyRights,
    operations: readonly TxnOperation[],
  ): void {
    for (const operation of operations) requireOperation(visitor, rights, operation);
    // Each once, however many keys a transaction binds to it.
    const leases = new Set(operations.map((operation) => this.#newLeaseOf(operation)));
    for (const lease of leases) {
      if (lease !== null) this.#requireLease(visitor, rights, lease, 'write');
    }
  }

  /** `null`: it binds its key to none, or to that which it is bound to already. */
  #newLeaseOf(operation: TxnOperation): number | null {
    if (operation.type !== 'put' || operation.lease === undefined) return null;
    return this.#keysOf(operation.lease).has(keyText(operation.key)) ? null : operation.lease;
  }

  /** Of all keys that are bound to it: who binds another could else keep its holder from ending it. */
  #requireLease(visitor: Visitor, rights: KeyRights, lease: number, right: Right): void {
    for (const key of this.#keysOf(lease)) {
      if (!rights.covers(boundsOfKey(key), RIGHT[right])) throw unfit(visitor, right, lease);
    }
  }

  /** Of one key that is bound to it, or there is none: who renews it keeps its keys. */
  #requireShare(visitor: Visitor, rights: KeyRights, lease: number): void {
    const keys = this.#keysOf(lease);
    if (keys.size === 0) return;
    for (const key of keys) if (rights.covers(boundsOfKey(key), RIGHT.write)) return;
    throw unfit(visitor, 'write', lease);
  }

  #keysOf(lease: number): ReadonlySet<KeyText> {
    return this.#kv.leases.get(lease)?.keys ?? NO_KEYS;
  }

  #rightsOf(visitor: Visitor): KeyRights {
    const { access } = this.#kv;
    const { found } = visitor;
    if (found !== null && found.accessRevision === access.revision) return found.rights;
    const rights = access.rightsOf(callerOf(access, visitor));
    visitor.found = { accessRevision: access.revision, rights };
    return rights;
  }
}

/** A token that is shown counts alone: who shows a wrong one is not taken for somebody else. */
function callerOf(access: AccessView, visitor: Visitor): Caller {
  const { token, user } = visitor.credentials;
  if (token !== null) {
    const caller = access.caller('token', token.name);
    // Compared in any case, so that it does not show in the time whether there is such a name.
    const isRight = token.isOf(caller?.hash ?? null);
    if (caller !== null && isRight) return caller;
    throw unauthenticated(
      'The token that was shown is not known here: it is wrong, or was revoked.',
    );
  }
  if (user === null) throw unauthenticated(NOTHING_SHOWN);
  const caller = access.caller('user', user);
  if (caller !== null) return caller;
  throw unauthenticated(`The certificate that was shown names ${user}, and there is no such user.`);
}

const NOTHING_SHOWN =
  'This cluster serves those whom it knows: show a token (--token-file, RAFTCHART_TOKEN, or Authorization: Bearer) or the certificate of a user.';

const NO_KEYS: ReadonlySet<KeyText> = new Set();

function requireOperation(visitor: Visitor, rights: KeyRights, operation: TxnOperation): void {
  const isRead = operation.type === 'range';
  if (!isRead) requireKeys(visitor, rights, operation, 'write');
  if (isRead || operation.returnPrevious === true) requireKeys(visitor, rights, operation, 'read');
}

function requireSomeKey(visitor: Visitor, rights: KeyRights): void {
  if (rights.hasSomewhere(RIGHT.write)) return;
  throw forbidden(visitor, 'has no right to write any key, and so no use for this');
}

function requireKeys(
  visitor: Visitor,
  rights: KeyRights,
  selector: KeySelector,
  right: Right,
): void {
  if (rights.covers(boundsOf(selector), RIGHT[right])) return;
  throw forbidden(visitor, `has no right to ${right} all of the keys that it asks for`);
}

function unfit(visitor: Visitor, right: Right, lease: number): RaftError {
  return forbidden(visitor, `has no right to ${right} what is bound to lease ${lease}`);
}

function forbidden(visitor: Visitor, why: string): RaftError {
  return new RaftError(
    'RAFT_FORBIDDEN',
    `${visitor.name} ${why}. Nothing was done; an administrator can grant it: raftchart role grant.`,
  );
}

function unauthenticated(why: string): RaftError {
  return new RaftError('RAFT_UNAUTHENTICATED', `${why} Nothing was done.`);
}
