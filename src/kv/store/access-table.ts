/**
 * Who may do what (AC1–AC4): roles with rights by key prefix, and the callers that have them. It is a part of the store of its own, and
 * no keys: what is no key can be neither read, watched, exported nor overwritten by those who may write keys. Of a token it
 * has the hash alone. It decides nothing of a request: `key-rights.ts` does.
 */
import { assert, unreachable } from '../../core/assert.ts';
import {
  type AccessChange,
  type Caller,
  type CallerKind,
  RIGHTS_ALL,
  ROOT,
} from '../commands/access-changes.ts';
import type { RefusalCode } from '../commands/results.ts';
import { type KeyText, keyBytes, keyText } from '../keys/key-order.ts';
import { ACCESS_CALLERS_MAX, ACCESS_GRANTS_MAX } from '../limits.ts';
import { KeyRights } from './key-rights.ts';

interface AccessRefusal {
  readonly code: RefusalCode;
  readonly message: string;
}

/** What makes an empty table such as it was. */
export interface AccessCopy {
  readonly revision: number;
  readonly isOn: boolean;
  readonly changes: readonly AccessChange[];
}

type Role = ReadonlyMap<KeyText, number>;

export class AccessTable {
  /** How often it was changed: what was looked up before is good for as long as this is the same. */
  #revision = 0;
  #isOn = false;
  #grants = 0;
  readonly #roles = new Map<string, Map<KeyText, number>>();
  readonly #callers = new Map<string, Caller>();

  get revision(): number {
    return this.#revision;
  }

  /** False: everybody may do everything. */
  get isOn(): boolean {
    return this.#isOn;
  }

  get roles(): ReadonlyMap<string, Role> {
    return this.#roles;
  }

  callers(): Iterable<Caller> {
    return this.#callers.values();
  }

  /** `null`: there is none of that name. */
  caller(kind: CallerKind, name: string): Caller | null {
    return this.#callers.get(placeOf(kind, name)) ?? null;
  }

  rightsOf({ roles }: Caller): KeyRights {
    return new KeyRights(roles.flatMap((role) => [...this.#grantsOf(role)]));
  }

  /** `null`: it was done. Otherwise nothing was changed. */
  change(change: AccessChange): AccessRefusal | null {
    const refusal = this.#refusalOf(change);
    if (refusal !== null) return refusal;
    this.#carryOut(change);
    this.#revision += 1;
    return null;
  }

  /** As it stands. */
  copy(): AccessCopy {
    return { revision: this.#revision, isOn: this.#isOn, changes: this.#changes() };
  }

  #changes(): readonly AccessChange[] {
    const grants = [...this.#roles].flatMap(([role, prefixes]) =>
      [...prefixes].map(([prefix, rights]): AccessChange => {
        return { type: 'grantRole', role, prefix: keyBytes(prefix), rights };
      }),
    );
    const callers = [...this.#callers.values()].map((caller): AccessChange => {
      return { type: 'addCaller', caller };
    });
    return [...grants, ...callers];
  }

  /** As it was in a snapshot, after its changes. */
  restore(revision: number, isOn: boolean): void {
    this.#revision = revision;
    this.#isOn = isOn;
  }

  #grantsOf(role: string): Iterable<readonly [KeyText, number]> {
    return role === ROOT
      ? [[keyText(new Uint8Array(0)), RIGHTS_ALL]]
      : (this.#roles.get(role) ?? []);
  }

  #refusalOf(change: AccessChange): AccessRefusal | null {
    switch (change.type) {
      case 'turnOn':
        return this.#refusalToTurnOn();
      case 'turnOff':
        return this.#isOn ? null : conflict('Access is off already. Nothing was changed.');
      case 'grantRole':
        return this.#refusalToGrant(change.role, keyText(change.prefix));
      case 'revokeRole': {
        const isThere = this.#roles.get(change.role)?.has(keyText(change.prefix)) === true;
        return isThere ? null : notFound(`The role ${change.role} has no right to that prefix.`);
      }
      case 'deleteRole':
        return this.#roles.has(change.role) ? null : notFound(`There is no role ${change.role}.`);
      case 'addCaller':
        return this.#refusalToAdd(change.caller);
      case 'removeCaller':
        return this.#refusalToRemove(change.kind, change.name);
      default:
        return unreachable(change);
    }
  }

  #refusalToTurnOn(): AccessRefusal | null {
    if (this.#isOn) return conflict('Access is on already. Nothing was changed.');
    return this.caller('token', ROOT) === null ? this.#refusalOfMore() : null;
  }

  /** Bound: also what a snapshot has is counted, so nothing may pass it in another way. */
  #refusalOfMore(): AccessRefusal | null {
    if (this.#callers.size < ACCESS_CALLERS_MAX) return null;
    return tooMany(`${ACCESS_CALLERS_MAX} tokens and users are kept. Revoke some.`);
  }

  #refusalToGrant(role: string, prefix: KeyText): AccessRefusal | null {
    if (role === ROOT) return conflict(`The role ${ROOT} has every right, and is not changed.`);
    const isNew = this.#roles.get(role)?.has(prefix) !== true;
    if (!isNew || this.#grants < ACCESS_GRANTS_MAX) return null;
    return tooMany(`${ACCESS_GRANTS_MAX} rights of roles are kept. Revoke some.`);
  }

  #refusalToAdd({ kind, name, roles }: Caller): AccessRefusal | null {
    if (this.caller(kind, name) !== null) {
      return conflict(`There is a ${kind} ${name} already. Revoke it first, or take another name.`);
    }
    const unknown = roles.find((role) => role !== ROOT && !this.#roles.has(role));
    if (unknown !== undefined)
      return notFound(`There is no role ${unknown}. Grant it a right first.`);
    return this.#refusalOfMore();
  }

  /** AC4 */
  #refusalToRemove(kind: CallerKind, name: string): AccessRefusal | null {
    const caller = this.caller(kind, name);
    if (caller === null) return notFound(`There is no ${kind} ${name}.`);
    const others = [...this.#callers.values()].filter((each) => each !== caller);
    if (!this.#isOn || !isRoot(caller) || others.some(isRoot)) return null;
    return conflict(
      `${name} is the last with the role ${ROOT}: nobody could change anything any more.`,
    );
  }

  #carryOut(change: AccessChange): void {
    switch (change.type) {
      case 'turnOn':
        this.#isOn = true;
        return this.#add({ kind: 'token', name: ROOT, roles: [ROOT], hash: change.hash });
      case 'turnOff':
        this.#isOn = false;
        return;
      case 'grantRole':
        return this.#grant(change.role, keyText(change.prefix), change.rights);
      case 'revokeRole':
        return this.#revoke(change.role, keyText(change.prefix));
      case 'deleteRole':
        return this.#deleteRole(change.role);
      case 'addCaller':
        return this.#add(change.caller);
      case 'removeCaller':
        this.#callers.delete(placeOf(change.kind, change.name));
        return;
      default:
        unreachable(change);
    }
  }

  #grant(role: string, prefix: KeyText, rights: number): void {
    const prefixes = this.#roles.get(role) ?? new Map<KeyText, number>();
    if (!prefixes.has(prefix)) this.#grants += 1;
    prefixes.set(prefix, rights);
    this.#roles.set(role, prefixes);
  }

  /** With its last right a role is gone. */
  #revoke(role: string, prefix: KeyText): void {
    const prefixes = this.#roles.get(role);
    if (prefixes?.size === 1) return this.#deleteRole(role);
    prefixes?.delete(prefix);
    this.#grants -= 1;
  }

  /** Whoever had it has it no more, also if another is given its name. */
  #deleteRole(role: string): void {
    this.#grants -= this.#roles.get(role)?.size ?? 0;
    assert(this.#grants >= 0, 'AC3: no right goes twice');
    this.#roles.delete(role);
    for (const [place, caller] of this.#callers) {
      if (!caller.roles.includes(role)) continue;
      this.#callers.set(place, { ...caller, roles: caller.roles.filter((each) => each !== role) });
    }
  }

  #add(caller: Caller): void {
    // The change may be a view of its entry.
    const hash = caller.hash === null ? null : new Uint8Array(caller.hash);
    this.#callers.set(placeOf(caller.kind, caller.name), { ...caller, hash });
  }
}

function isRoot({ roles }: Caller): boolean {
  return roles.includes(ROOT);
}

function placeOf(kind: CallerKind, name: string): string {
  return `${kind} ${name}`;
}

function conflict(message: string): AccessRefusal {
  return { code: 'RAFT_CONFLICT', message };
}

function notFound(message: string): AccessRefusal {
  return { code: 'RAFT_NOT_FOUND', message };
}

function tooMany(message: string): AccessRefusal {
  return { code: 'RAFT_OVERLOADED', message };
}
