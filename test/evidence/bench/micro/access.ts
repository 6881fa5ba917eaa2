/** What access costs each request: whether who asks may do it, while it is off and while it is on. */

import type { KvCommand } from '../../../../src/kv/commands/commands.ts';
import { AccessTable } from '../../../../src/kv/store/access-table.ts';
import { LeaseTable } from '../../../../src/kv/store/lease-table.ts';
import { AccessGuard } from '../../../../src/server/access/access-guard.ts';
import { newToken, tokenIn } from '../../../../src/server/access/credentials.ts';
import { ALWAYS_FRESH } from '../../../../src/server/access/rights-freshness.ts';
import { Visitor } from '../../../../src/server/access/visitor.ts';
import type { Measured } from './measured.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const COMMAND: KvCommand = {
  type: 'put',
  key: bytes('service-0042/orders/4711'),
  value: bytes('v'),
};

interface Stage {
  readonly guard: AccessGuard;
  readonly authorization: string;
}

/** A hundred services with a prefix each, of two lengths, and one role that has a right to all of them. */
function stage(isOn: boolean): Stage {
  const access = new AccessTable();
  const { hash, token } = newToken('busy');
  for (let at = 0; at < 100; at += 1) {
    const prefix = bytes(`service-${String(at).padStart(at % 2 === 0 ? 4 : 5, '0')}/`);
    access.change({ type: 'grantRole', role: 'busy', prefix, rights: 3 });
  }
  access.change({
    type: 'addCaller',
    caller: { kind: 'token', name: 'busy', roles: ['busy'], hash },
  });
  if (isOn) access.change({ type: 'turnOn', hash });
  const parts = { access, leases: new LeaseTable() };
  const guard = new AccessGuard(parts, { freshness: ALWAYS_FRESH, isIgnored: false });
  return { guard, authorization: `Bearer ${token}` };
}

function asked(name: string, isOn: boolean, shows: 'once' | 'anew'): () => Measured {
  return () => {
    const { authorization, guard } = stage(isOn);
    const made = (): Visitor =>
      new Visitor(() => ({ token: tokenIn(authorization), user: null, from: 'a bench' }));
    const standing = made();
    const call = (): void => guard.mayDo(shows === 'once' ? standing : made(), COMMAND);
    return { name, call };
  };
}

export const ACCESS: readonly (() => Measured)[] = [
  asked('access: a put, while it is off', false, 'once'),
  asked('access: a put over a connection that stands, 100 prefixes', true, 'once'),
  asked('access: a put with a token that was not seen before, 100 prefixes', true, 'anew'),
];
