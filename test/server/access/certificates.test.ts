/** Who a certificate says calls: over real TLS, at the client port. */
import { expect, it } from 'vitest';
import { issue } from '../../../src/cli/certificates/issuing.ts';
import { connect } from '../../../src/client/index.ts';
import type { ClientTls } from '../../../src/ports/tls.ts';
import { fixedTls } from '../../../src/wire/tls-material.ts';
import { certificate, FOREIGN, hours, memberCertificate, OURS } from '../../certificates.ts';
import { closing } from '../../clean-up.ts';
import { served } from '../local-server.ts';

const named = (...users: readonly string[]): ClientTls =>
  certificate({ altNames: users.map((user) => `raftchart://client/${user}`) });

/** Its common name is this, and it has no URI. */
function commonly(name: string): ClientTls {
  const issued = issue(OURS, { name, period: hours(-1, 1), altNames: ['127.0.0.1'] });
  return { ...issued, ca: OURS.cert };
}

it('[AC5] a certificate is the user that it names, and no other', async () => {
  const local = await served({ tls: fixedTls({ ...certificate(), ca: OURS.cert }) });
  const change = (body: object): Promise<void> =>
    local.commit({ type: 'access', change: body as never });
  const prefix = new TextEncoder().encode('a/');
  await change({ type: 'grantRole', role: 'writer', prefix, rights: 3 });
  for (const name of ['billing', 'plain', 'n1']) {
    const caller = { kind: 'user', name, roles: ['writer'], hash: null };
    if (name !== 'n1') await change({ type: 'addCaller', caller });
  }
  await change({ type: 'turnOn', hash: new Uint8Array(32) });
  const put = async (tls: ClientTls, key = 'a/x'): Promise<string> => {
    const kv = closing(connect({ endpoints: [local.url], tls, dialRoundsMax: 1 }));
    return kv.put(key, 'v').then(
      () => 'done',
      ({ code }) => code,
    );
  };
  expect(await put(named('billing'))).toBe('done');
  expect(await put(named('billing'), 'b')).toBe('RAFT_FORBIDDEN');
  expect(await put(commonly('plain'))).toBe('done');
  for (const [tls, why] of [
    [named('stranger'), 'there is no such user'],
    [named('billing', 'plain'), 'two names are none'],
    [
      certificate({ altNames: ['raftchart://client/billing/', '127.0.0.1'] }),
      'a name that goes on',
    ],
    [certificate({ altNames: ['https://example.org/raftchart://client/billing'] }), 'another URI'],
    [memberCertificate('n1'), 'that of a member'],
    [commonly('Billing'), 'another name'],
  ] as const) {
    expect(await put(tls), why).toBe('RAFT_UNAUTHENTICATED');
  }
  const altNames = ['raftchart://client/billing'];
  for (const tls of [
    certificate({ authority: FOREIGN, altNames }),
    certificate({ period: hours(-2, -1), altNames }),
  ]) {
    expect(await put(tls)).toBe('RAFT_UNREACHABLE');
  }
  const { acts } = local;
  expect(acts).toEqual([]);
});
