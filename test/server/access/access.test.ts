/** Access at the two doors of a server: what each visitor gets over HTTP and over the client protocol, and what the log says of it. */
import { describe, expect, it } from 'vitest';
import { localApi, served } from '../local-server.ts';
import { ask, client, FORBIDDEN, guarded, PUT, UNAUTHENTICATED } from './guarded.ts';

describe('over HTTP', () => {
  it('[AC2] while access is off, everybody may do everything', async () => {
    const local = localApi();
    expect((await ask(local, null, PUT)).status).toBe(200);
    expect((await ask(local, 'nobody.knows', ['GET', '/kv?prefix='])).status).toBe(200);
    expect((await ask(local, null, ['GET', '/access'])).body).toMatchObject({ isOn: false });
  });

  it('[AC2] who shows nothing that is known gets 401 and a challenge, whatever is asked, but for probes', async () => {
    const local = await guarded(localApi());
    const { root } = local.tokens;
    for (const token of [
      null,
      'root',
      'root.',
      `${root}x`,
      root.replace('root', 'writer'),
      `x${root}`,
      '?',
    ]) {
      for (const asked of [
        PUT,
        ['GET', '/kv/a/x'],
        ['GET', '/kv?prefix='],
        ['DELETE', '/kv/a/x'],
        ['POST', '/txn', {}],
        ['GET', '/watch?prefix='],
        ['POST', '/lease', { ttlMs: 1_000 }],
        ['GET', '/lease'],
        ['POST', '/sessions'],
        ['GET', '/status'],
        ['GET', '/members'],
        ['POST', '/members', {}],
        ['POST', '/transfer'],
        ['POST', '/compact', { revision: 1 }],
        ['POST', '/snapshot'],
        ['GET', '/backup'],
        ['GET', '/inspect'],
        ['GET', '/ui/'],
        ['GET', '/access'],
        ['POST', '/access/off'],
        ['POST', '/access/tokens', { name: 'x', roles: ['root'] }],
      ] as const) {
        const { code, status } = await ask(local, token, asked);
        expect([status, code], `${token} ${asked[1]}`).toEqual([401, 'RAFT_UNAUTHENTICATED']);
      }
    }
    for (const path of ['/livez', '/readyz', '/metrics']) {
      expect((await ask(local, null, ['GET', path])).status, path).toBe(200);
    }
    const challenge = async (path: string): Promise<string | null> =>
      (await local.send(path)).headers.get('www-authenticate');
    expect(await challenge('/kv/a')).toBe('Bearer realm="raftchart"');
    expect(await challenge('/ui/')).toBe('Basic realm="raftchart"');
    expect(local.replica.machine.keyCount).toBe(0);
  });

  it('[AC2] a right ends where its prefix does, for all that reads and all that writes', async () => {
    const local = await guarded(localApi());
    const { root, writer, blind } = local.tokens;
    for (const key of ['a/x', 'a', 'a0', 'shared/x', 'b'])
      await ask(local, root, ['PUT', `/kv/${key}`, 'v']);
    const put = (key: string) => ({ op: 'put', key, value: 'v' });
    const compare = (key: string) => ({ key, target: 'version', op: '=', value: 1 });
    for (const [token, asked, status] of [
      [writer, PUT, 200],
      [writer, ['GET', '/kv/a/x'], 200],
      [writer, ['GET', '/kv/shared/x'], 200],
      [writer, ['GET', '/kv?prefix=a/'], 200],
      [writer, ['GET', '/kv?start=a/b&end=a/c'], 200],
      [writer, ['GET', '/kv/a'], 403],
      [writer, ['GET', '/kv/a0'], 403],
      [writer, ['GET', '/kv?prefix=a'], 403],
      [writer, ['GET', '/kv?prefix='], 403],
      [writer, ['GET', '/kv?start=a/'], 403],
      [writer, ['GET', '/kv?start=a/&end=a0%00'], 403],
      [writer, ['PUT', '/kv/shared/x', 'v'], 403],
      [writer, ['DELETE', '/kv/b'], 403],
      [writer, ['GET', '/watch?prefix=a'], 403],
      [writer, ['POST', '/txn', { success: [put('a/y'), put('b')] }], 403],
      [
        writer,
        ['POST', '/txn', { success: [put('a/y')], failure: [{ op: 'delete', prefix: '' }] }],
        403,
      ],
      [writer, ['POST', '/txn', { success: [put('a/y'), { op: 'range', prefix: '' }] }], 403],
      [writer, ['POST', '/txn', { compare: [compare('b')], success: [put('a/y')] }], 403],
      [writer, ['POST', '/txn', { compare: [compare('shared/x')], success: [put('a/y')] }], 200],
      [blind, ['PUT', '/kv/a/z', 'v'], 200],
      [blind, ['GET', '/kv/a/z'], 403],
      [blind, ['POST', '/txn', { success: [{ ...put('a/z'), returnPrevious: true }] }], 403],
      [blind, ['POST', '/txn', { compare: [compare('a/z')], success: [put('a/z')] }], 403],
      [root, ['GET', '/kv?prefix='], 200],
    ] as const) {
      expect((await ask(local, token, asked)).status, JSON.stringify(asked)).toBe(status);
    }
    const headers = { authorization: `Bearer ${blind}`, 'if-none-match': '*' };
    expect((await local.send('/kv/a/z', { method: 'PUT', headers, body: 'v' })).status).toBe(403);
    expect(local.replica.machine.get(new TextEncoder().encode('b'))?.version).toBe(1);
  });

  it('[AC2] a lease is ended, and its keys told, by who may do so with each of its keys', async () => {
    const local = await guarded(localApi());
    const { root, writer } = local.tokens;
    await ask(local, writer, ['POST', '/lease', { ttlMs: 60_000 }]);
    await ask(local, writer, ['PUT', '/kv/a/x?lease=1', 'v']);
    expect((await ask(local, writer, ['GET', '/lease/1'])).status).toBe(200);
    await ask(local, root, ['PUT', '/kv/b?lease=1', 'v']);
    expect((await ask(local, writer, ['GET', '/lease/1'])).status).toBe(403);
    expect((await ask(local, writer, ['DELETE', '/lease/1'])).status).toBe(403);
    expect((await ask(local, writer, ['POST', '/lease/renew', { leases: [1] }])).status).toBe(200);
    expect((await ask(local, root, ['DELETE', '/lease/1'])).body).toMatchObject({ deleted: 2 });
  });

  it('[AC2] nobody gets in the way of a lease that holds keys of others: bound to, renewed', async () => {
    const local = await guarded(localApi());
    const { blind, root, writer } = local.tokens;
    const grant = { role: 'other', prefix: 'b/', rights: ['write'] };
    await ask(local, root, ['POST', '/access/roles', grant]);
    const made = await ask(local, root, [
      'POST',
      '/access/tokens',
      { name: 'other', roles: ['other'] },
    ]);
    const other = String(made.body.token);
    const bind = { op: 'put', key: 'b/x', value: 'v', lease: 1 };
    const renew = ['POST', '/lease/renew', { leases: [1] }] as const;
    await ask(local, writer, ['POST', '/lease', { ttlMs: 60_000 }]);
    for (const [token, asked, status] of [
      [writer, ['PUT', '/kv/a/x?lease=1', 'v'], 200],
      [blind, ['PUT', '/kv/a/y?lease=1', 'v'], 200],
      [writer, renew, 200],
      [blind, renew, 200],
      [other, ['PUT', '/kv/b/x?lease=1', 'v'], 403],
      [other, ['POST', '/txn', { success: [bind] }], 403],
      [other, ['POST', '/txn', { success: [], failure: [bind] }], 403],
      [other, renew, 403],
      [other, ['POST', '/lease/renew', { leases: [2] }], 200],
      [other, ['PUT', '/kv/b/x', 'v'], 200],
      [root, ['PUT', '/kv/b/x?lease=1', 'v'], 200],
      // It is bound already, so that nothing is new.
      [other, ['PUT', '/kv/b/x?lease=1', 'w'], 200],
      [other, renew, 200],
      [writer, ['PUT', '/kv/a/z?lease=1', 'v'], 403],
      [root, ['DELETE', '/lease/1'], 200],
    ] as const) {
      const found = (await ask(local, token, asked)).status;
      expect(found, `${token?.split('.')[0]} ${JSON.stringify(asked)}`).toBe(status);
    }
  });

  it('[AC2] a session is opened by who may write', async () => {
    const local = await guarded(localApi());
    const { root, writer } = local.tokens;
    const grant = { role: 'reader', prefix: '', rights: ['read', 'inspect'] };
    await ask(local, root, ['POST', '/access/roles', grant]);
    const made = await ask(local, root, [
      'POST',
      '/access/tokens',
      { name: 'eye', roles: ['reader'] },
    ]);
    expect((await ask(local, String(made.body.token), ['POST', '/sessions'])).status).toBe(403);
    expect((await ask(local, writer, ['POST', '/sessions'])).status).toBe(200);
  });

  it('[AC3] is changed and shown at /access alone, and no hash is shown', async () => {
    const local = await guarded(localApi());
    const { root } = local.tokens;
    const shown = await ask(local, root, ['GET', '/access']);
    expect(shown.body).toEqual({
      isOn: true,
      accessRevision: 6,
      roles: [
        {
          name: 'writer',
          grants: [
            { prefix: 'a/', rights: ['read', 'write'] },
            { prefix: 'shared/', rights: ['read'] },
          ],
        },
        { name: 'blind', grants: [{ prefix: 'a/', rights: ['write'] }] },
      ],
      tokens: [
        { name: 'root', roles: ['root'] },
        { name: 'writer', roles: ['writer'] },
        { name: 'blind', roles: ['blind'] },
      ],
      users: [],
    });
    for (const path of ['/kv?prefix=', '/kv?prefix=&encoding=base64', '/kv?start=%00&end=%ff']) {
      expect((await ask(local, root, ['GET', path])).body).toMatchObject({ kvs: [] });
    }
  });

  it('[AC4] a prefix is the bytes that were meant: of no unknown encoding', async () => {
    const local = await guarded(localApi());
    const grant = (encoding: string) =>
      ask(local, local.tokens.root, [
        'POST',
        '/access/roles',
        { role: 'writer', prefix: '/wA=', rights: ['read'], encoding },
      ]);
    expect([(await grant('hex')).status, (await grant('base64')).status]).toEqual([400, 200]);
    const asked = ['GET', '/kv?start=/wAA&end=/wAB&encoding=base64'] as const;
    expect((await ask(local, local.tokens.writer, asked)).status).toBe(200);
    const beyond = ['GET', '/kv?start=/wAA&end=/wIA&encoding=base64'] as const;
    expect((await ask(local, local.tokens.writer, beyond)).status).toBe(403);
  });

  it('[AC4] access that is off again forgets nothing, and its last administrator cannot be revoked', async () => {
    const local = await guarded(localApi());
    const { root, writer } = local.tokens;
    expect((await ask(local, root, ['DELETE', '/access/tokens/root'])).status).toBe(409);
    expect((await ask(local, root, ['POST', '/access/off'])).status).toBe(200);
    expect((await ask(local, null, ['PUT', '/kv/b', 'v'])).status).toBe(200);
    const again = String((await ask(local, null, ['POST', '/access/on'])).body.token);
    expect((await ask(local, writer, PUT)).status).toBe(200);
    expect((await ask(local, root, PUT)).status).toBe(401);
    expect((await ask(local, again, PUT)).status).toBe(200);
  });

  it('[AC5] takes the token as a password too, as browsers send it', async () => {
    const { send, tokens } = await guarded(localApi());
    const basic = (text: string) => ({ headers: { authorization: `Basic ${btoa(text)}` } });
    expect((await send('/status', basic(`anybody:${tokens.writer}`))).status).toBe(200);
    expect((await send('/status', basic(`writer:${tokens.writer}x`))).status).toBe(401);
  });

  it('[AC6] each administrative act leaves a line: who, what, from where, what it got, and no secret', async () => {
    const local = await guarded(localApi());
    const { root, writer } = local.tokens;
    const before = local.acts.length;
    await ask(local, writer, ['POST', '/members', { remove: ['n1'] }]);
    await ask(local, null, ['POST', '/transfer', { to: 'n1' }]);
    await ask(local, root, PUT);
    await ask(local, root, ['POST', '/compact', { revision: 2 }]);
    await ask(local, root, ['POST', '/compact', { revision: 99 }]);
    await ask(local, root, ['DELETE', '/access/tokens/blind']);
    const line = { from: 'a test' };
    expect(local.acts.slice(before)).toEqual([
      {
        ...line,
        act: 'member change',
        about: null,
        who: 'token writer',
        outcome: 'RAFT_FORBIDDEN',
      },
      { ...line, act: 'transfer', about: null, who: 'nobody', outcome: 'RAFT_UNAUTHENTICATED' },
      { ...line, act: 'compact', about: { revision: 2 }, who: 'token root', outcome: 'done' },
      {
        ...line,
        act: 'compact',
        about: { revision: 99 },
        who: 'token root',
        outcome: 'RAFT_FUTURE_REVISION',
      },
      {
        ...line,
        act: 'token revoke',
        about: { name: 'blind' },
        who: 'token root',
        outcome: 'done',
      },
    ]);
    const all = JSON.stringify(local.acts);
    for (const token of Object.values(local.tokens)) expect(all).not.toContain(token.split('.')[1]);
  });

  it('[AC2] [AC6] the head of an answer is told to nobody who may not have the rest', async () => {
    const local = await guarded(localApi());
    const { root, writer } = local.tokens;
    expect((await ask(local, writer, ['HEAD', '/access'])).status).toBe(403);
    expect((await ask(local, writer, ['HEAD', '/kv/b'])).status).toBe(403);
    expect((await ask(local, root, ['HEAD', '/access'])).status).toBe(200);
    expect(local.acts.slice(-2).map(({ act, outcome }) => [act, outcome])).toEqual([
      ['access status', 'RAFT_FORBIDDEN'],
      ['access status', 'done'],
    ]);
  });

  it('[AC7] whoever looks inside sees nothing more once that right is gone', async () => {
    const local = await guarded(localApi({ inspection: { peers: new Map() } }));
    const { root } = local.tokens;
    await ask(local, root, [
      'POST',
      '/access/roles',
      { role: 'looker', prefix: '', rights: ['inspect'] },
    ]);
    const made = await ask(local, root, [
      'POST',
      '/access/tokens',
      { name: 'eye', roles: ['looker'] },
    ]);
    const headers = { authorization: `Bearer ${made.body.token}` };
    const { body } = await local.send('/inspect', { headers });
    const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
    const [observer] = local.replica.observers.keys();
    const record = { sequence: 1, atMs: 1, type: 'missed', count: 1 } as const;
    observer?.(record as never);
    expect((await reader?.read())?.value).toContain('"sequence":1');
    await ask(local, root, ['DELETE', '/access/tokens/eye']);
    observer?.({ ...record, sequence: 2 } as never);
    expect(await reader?.read()).toEqual({ done: true, value: undefined });
    expect(local.replica.observers.size).toBe(0);
  });

  it('[AC7] a watch that stands is told nothing more once its right is gone', async () => {
    const local = await guarded(await served());
    const { root, writer } = local.tokens;
    const headers = { authorization: `Bearer ${writer}` };
    const stream = await local.send('/watch?prefix=a/&from=1', { headers });
    const reader = stream.body?.pipeThrough(new TextDecoderStream()).getReader();
    let heard = '';
    const until = async (text: string): Promise<void> => {
      while (!heard.includes(text)) {
        const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
        if (done) throw new Error(`it ended: ${heard}`);
        heard += value;
      }
    };
    await ask(local, root, ['PUT', '/kv/a/1', 'one']);
    await until('"one"');
    await ask(local, root, ['DELETE', '/access/roles/writer?prefix=a/']);
    await ask(local, root, ['PUT', '/kv/a/2', 'two']);
    await until('RAFT_FORBIDDEN');
    expect(heard).not.toContain('"two"');
  });
});

describe('over the client protocol', () => {
  it('[AC2] [AC5] each request gets what its token may, and none is carried out otherwise', async () => {
    const local = await guarded(await served());
    const { blind, root, writer } = local.tokens;
    for (const kv of [client(local), client(local, 'nobody.knows'), client(local, () => 'a b')]) {
      await expect(kv.put('a/x', 'v')).rejects.toEqual(UNAUTHENTICATED);
      await expect(kv.get('a/x')).rejects.toEqual(UNAUTHENTICATED);
      await expect(kv.grantLease({ ttlMs: 1_000 })).rejects.toEqual(UNAUTHENTICATED);
      await expect(kv.compact(1)).rejects.toEqual(UNAUTHENTICATED);
    }
    const kv = client(local, () => writer);
    await kv.put('a/x', 'v');
    expect(new TextDecoder().decode((await kv.get('a/x'))?.value)).toBe('v');
    await expect(kv.put('a', 'v')).rejects.toEqual(FORBIDDEN);
    await expect(kv.get('b')).rejects.toEqual(FORBIDDEN);
    await expect(kv.get('b', { consistency: 'local' })).rejects.toEqual(FORBIDDEN);
    await expect(kv.delete({ prefix: '' })).rejects.toEqual(FORBIDDEN);
    await expect(kv.compact(2)).rejects.toEqual(FORBIDDEN);
    await expect(client(local, blind).put('a/x', 'v', { returnPrevious: true })).rejects.toEqual(
      FORBIDDEN,
    );
    await client(local, root).put('b', 'v');
    await client(local, root).compact(2);
    const compactions = local.acts.filter(({ act }) => act === 'compact');
    expect(compactions.map(({ who, outcome }) => [who, outcome])).toEqual([
      ...Array(3).fill([expect.stringMatching(/nobody|token/), 'RAFT_UNAUTHENTICATED']),
      ['token writer', 'RAFT_FORBIDDEN'],
      ['token root', 'done'],
    ]);
  });

  it('[AC3] [AC6] no command of a client changes access, and each that would leaves a line', async () => {
    const local = await served();
    const { encodeCommand } = await import('../../../src/kv/commands/command-codec.ts');
    const { checkedCommand } = await import('../../../src/server/client-port/submit-door.ts');
    const { nobody } = await import('../../../src/server/access/visitor.ts');
    const command = encodeCommand({ type: 'access', change: { type: 'turnOff' } });
    const request = { type: 'submit', id: 1, timeoutMs: 1_000, command, session: null } as const;
    const parts = { ...local.context, visitor: nobody() };
    expect(() => checkedCommand(request, parts, () => 0)).toThrow('/access alone');
    expect(local.acts).toEqual([
      { act: 'access off', about: null, who: 'nobody', from: 'here', outcome: 'RAFT_BAD_REQUEST' },
    ]);
  });

  it('[AC7] a connection that stands has the rights of now: granted, revoked, and after its token is gone none', async () => {
    const local = await guarded(await served());
    const { root, writer } = local.tokens;
    const kv = client(local, writer);
    await kv.put('a/x', 'v');
    await expect(kv.put('b/x', 'v')).rejects.toEqual(FORBIDDEN);
    await ask(local, root, [
      'POST',
      '/access/roles',
      { role: 'writer', prefix: 'b/', rights: ['write'] },
    ]);
    await kv.put('b/x', 'v');
    const watch = kv.watch({ prefix: 'a/' });
    await watch.started();
    const told = watch[Symbol.asyncIterator]().next();
    await ask(local, root, ['DELETE', '/access/tokens/writer']);
    await ask(local, root, PUT);
    await expect(told).rejects.toEqual(UNAUTHENTICATED);
    await expect(kv.put('a/x', 'v')).rejects.toEqual(UNAUTHENTICATED);
  });
});
