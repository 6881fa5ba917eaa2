/** What administrative acts are called, and what is told of them: one vocabulary, the same for each way to ask. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { MembershipChange } from '../../../src/core/membership-change.ts';
import { nodeId } from '../../../src/core/types.ts';
import { type AccessChange, RIGHT } from '../../../src/kv/commands/access-changes.ts';
import { ACTS } from '../../../src/server/operations/audit.ts';
import { deedOfAccess, deedOfMembers } from '../../../src/server/operations/deeds.ts';
import { localApi } from '../local-server.ts';

const NO_CHANGE = { add: {}, promote: [], remove: [] };
const hash = new Uint8Array(32).fill(7);
const prefix = new TextEncoder().encode('builds/');

describe('[AC6] an act', () => {
  it.each<readonly [string, Partial<MembershipChange>]>([
    ['member add', { add: { n4: 'a:1' } }],
    ['member add', { add: { n4: 'a:1' }, promote: [nodeId('n4')] }],
    ['member promote', { promote: [nodeId('n4')] }],
    ['member remove', { remove: [nodeId('n1'), nodeId('n2')] }],
    ['member replace', { add: { n4: 'a:1' }, promote: [nodeId('n4')], remove: [nodeId('n2')] }],
    ['member change', { add: { n4: 'a:1' }, promote: [nodeId('n3')] }],
    ['member change', { promote: [nodeId('n4')], remove: [nodeId('n2')] }],
    ['member change', {}],
  ])('[AC6] on members is called %s: %o', (act, change) => {
    expect(deedOfMembers({ ...NO_CHANGE, ...change })).toEqual({ act, about: change });
  });

  it.each<readonly [string, AccessChange, object | null]>([
    ['access on', { type: 'turnOn', hash }, { name: 'root' }],
    ['access off', { type: 'turnOff' }, null],
    [
      'role grant',
      { type: 'grantRole', role: 'ci', prefix, rights: RIGHT.read | RIGHT.admin },
      { role: 'ci', prefix: 'builds/', rights: ['read', 'admin'] },
    ],
    [
      'role revoke',
      { type: 'revokeRole', role: 'ci', prefix: Uint8Array.of(0xff) },
      { role: 'ci', prefix: null, prefixBase64: '/w==' },
    ],
    ['role revoke', { type: 'deleteRole', role: 'ci' }, { role: 'ci' }],
    [
      'token create',
      { type: 'addCaller', caller: { kind: 'token', name: 'ci', roles: ['a', 'b'], hash } },
      { name: 'ci', roles: ['a', 'b'] },
    ],
    ['user revoke', { type: 'removeCaller', kind: 'user', name: 'ops' }, { name: 'ops' }],
  ])('[AC6] on access is called %s, without a hash', (act, change, about) => {
    expect(deedOfAccess(change)).toEqual({ act, about });
  });

  it('[AC6] asked for by HTTP is called as its command is, with the fields of its request', async () => {
    const local = localApi();
    const post = (path: string, body: object): Promise<Response> =>
      local.send(path, { method: 'POST', body: JSON.stringify(body) });
    await post('/access/roles', { role: 'ci', prefix: 'a', rights: ['read'] });
    await local.send('/access/roles/ci?prefix=a', { method: 'DELETE' });
    await post('/access/users', { name: 'ops', roles: ['ci'] });
    await post('/members', { id: 'n4', peerAddress: 'a:1' });
    await local.send('/members/n4', { method: 'DELETE' });
    await post('/transfer', {});
    await post('/compact', { revision: 0 });
    await local.send('/snapshot', { method: 'POST' });
    expect(local.acts.map(({ act, about }) => [act, about])).toEqual([
      ['role grant', { role: 'ci', prefix: 'a', rights: ['read'] }],
      ['role revoke', { role: 'ci', prefix: 'a' }],
      ['user create', { name: 'ops', roles: ['ci'] }],
      ['member add', { add: { n4: 'a:1' } }],
      ['member remove', { remove: ['n4'] }],
      ['transfer', { to: null }],
      ['compact', null],
      ['snapshot', null],
    ]);
  });

  it('[AC6] stands in the table of docs/OPERATING.md, and nothing else does', () => {
    const page = readFileSync(new URL('../../../docs/OPERATING.md', import.meta.url), 'utf8');
    const table = page.slice(page.indexOf('| `act` |')).split('\n\n', 1)[0] ?? '';
    const named = table.split('\n').flatMap((row) => row.split('|')[1]?.match(/`([^`]+)`/g) ?? []);
    expect(
      named
        .map((name) => name.slice(1, -1))
        .slice(1)
        .toSorted(),
    ).toEqual([...ACTS].toSorted());
  });
});
