/** What a change of access, or of members, is called in the log, and what it is about (AC6): the same over either protocol. */
import { unreachable } from '../../core/assert.ts';
import type { MembershipChange } from '../../core/membership-change.ts';
import { type AccessChange, RIGHT, RIGHT_NAMES, ROOT } from '../../kv/commands/access-changes.ts';
import type { ActName, Deed } from './audit.ts';

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export function deedOfAccess(change: AccessChange): Deed {
  switch (change.type) {
    case 'turnOn':
      return { act: 'access on', about: { name: ROOT } };
    case 'turnOff':
      return { act: 'access off', about: null };
    case 'grantRole': {
      const { prefix, rights, role } = change;
      const granted = RIGHT_NAMES.filter((right) => (rights & RIGHT[right]) !== 0);
      return { act: 'role grant', about: { role, ...prefixField(prefix), rights: granted } };
    }
    case 'revokeRole':
      return { act: 'role revoke', about: { role: change.role, ...prefixField(change.prefix) } };
    case 'deleteRole':
      return { act: 'role revoke', about: { role: change.role } };
    case 'addCaller': {
      const { kind, name, roles } = change.caller;
      return { act: `${kind} create`, about: { name, roles } };
    }
    case 'removeCaller':
      return { act: `${change.kind} revoke`, about: { name: change.name } };
    default:
      return unreachable(change);
  }
}

/** As the HTTP API shows bytes; without Node, since clients are served in simulations too. */
function prefixField(prefix: Uint8Array): object {
  try {
    return { prefix: utf8.decode(prefix) };
  } catch {
    return {
      prefix: null,
      prefixBase64: btoa(Array.from(prefix, (byte) => String.fromCharCode(byte)).join('')),
    };
  }
}

export function deedOfMembers({ add, promote, remove }: MembershipChange): Deed {
  const about = {
    ...(Object.keys(add).length > 0 && { add }),
    ...(promote.length > 0 && { promote }),
    ...(remove.length > 0 && { remove }),
  };
  return { act: memberAct({ add, promote, remove }), about };
}

function memberAct({ add, promote, remove }: MembershipChange): ActName {
  const isNew = promote.every((id) => Object.hasOwn(add, id));
  const [adds, removes] = [Object.keys(add).length > 0, remove.length > 0];
  if (adds && isNew) return removes ? 'member replace' : 'member add';
  if (adds) return 'member change';
  if (promote.length === 0) return removes ? 'member remove' : 'member change';
  return removes ? 'member change' : 'member promote';
}
