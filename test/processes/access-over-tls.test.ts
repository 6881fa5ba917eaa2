/** Users by their certificates on three real processes that speak TLS, and who tries to be one of them. Needs the built files. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { cleanUp, closing } from '../clean-up.ts';
import {
  type CliProcess,
  endAll,
  leading,
  logLines,
  runCliProcess,
  serveLine,
  startCli,
  urlOf,
} from '../cli/cli-process.ts';
import { scratch } from '../cli/scratch.ts';
import { freePorts } from '../free-ports.ts';

const IDS = ['n1', 'n2', 'n3'] as const;
const DENIED = 77;
const UNREACHABLE = 69;

/** Where a file of these certificates is. */
type At = (name: string) => string;

/** Of an authority of its own, as `certs` makes it. */
async function certificates(...clients: readonly string[]): Promise<At> {
  const out = join(scratch(), 'certs');
  const members = IDS.map((id) => `${id}=localhost`).join(',');
  const line = ['certs', '--out', out, '--members', members, '--clients', clients.join(',')];
  expect((await runCliProcess(line)).code).toBe(0);
  return (name) => join(out, name);
}

interface Place {
  readonly peers: string;
  readonly peerListen: string;
}

/** A member as `owner`: whose certificate and key it has. */
function started(
  id: string,
  owner: string,
  { at, peerListen, peers }: Place & { readonly at: At },
): CliProcess {
  const own = (port: string): string[] => [
    ...[`--${port}-cert`, at(`${owner}.pem`)],
    ...[`--${port}-key`, at(`${owner}.key`)],
  ];
  return startCli(
    serveLine(
      id,
      scratch(),
      '--peers',
      peers,
      ...['--listen', '127.0.0.1:0'],
      ...[
        ...['--peer-listen', peerListen],
        ...[...own('tls'), '--tls-client-ca', at('authority.pem')],
        ...[...own('peer-tls'), '--peer-tls-ca', at('authority.pem')],
      ],
    ),
  );
}

const showing = (name: string, of: At): string[] => [
  ...['--cert', of(`${name}.pem`)],
  ...['--key', of(`${name}.key`)],
];

interface Guarded {
  readonly urls: readonly string[];
  readonly root: string;
  /** Done with the right to everything. */
  readonly act: (...argv: readonly string[]) => Promise<void>;
  readonly logs: () => string;
}

/** Three members with access on, and a user `billing` who may write below `builds/`. */
async function guarded(at: At): Promise<Guarded> {
  const ports = await freePorts(IDS.length);
  const peers = IDS.map((id, place) => `${id}=127.0.0.1:${ports[place]}`).join(',');
  const nodes = IDS.map((id, place) =>
    started(id, id, { at, peers, peerListen: `127.0.0.1:${ports[place]}` }),
  );
  await Promise.any(nodes.map(leading));
  const urls = await Promise.all(nodes.map(urlOf));
  const all = ['--endpoints', urls.join(','), '--cacert', at('authority.pem')];
  const file = join(scratch(), 'root');
  const on = async (): Promise<string> =>
    (await runCliProcess(['access', 'on', ...all, ...showing('stranger', at)])).output.trim();
  // Members that have just met have to say first that they know it.
  let root = '';
  await expect
    .poll(async () => {
      root = await on();
      return root;
    })
    .toMatch(/^root\./);
  writeFileSync(file, root);
  const act = async (...argv: readonly string[]): Promise<void> => {
    const line = [...argv, ...all, '--token-file', file, ...showing('stranger', at)];
    const { code, errors } = await runCliProcess(line);
    expect([code, errors], argv.join(' ')).toEqual([0, '']);
  };
  await act('role', 'grant', 'builder', 'builds/', 'read,write');
  await act('user', 'create', 'billing', '--role', 'builder');
  return { urls, root, act, logs: () => nodes.map((node) => node.errors()).join('') };
}

it('[AC5] [AC6] a certificate is its user at each member, and nothing that others have is', async () => {
  cleanUp(endAll);
  const at = await certificates('billing', 'stranger');
  const elsewhere = await certificates('billing');
  const { act, logs, root, urls } = await guarded(at);
  const [, secret = ''] = root.split('.');
  const put = async (url: string, key: string, shown: readonly string[], wrong?: string) => {
    const line = ['put', key, 'v', '--endpoints', url, '--cacert', at('authority.pem'), ...shown];
    const environment = wrong === undefined ? {} : { RAFTCHART_TOKEN: wrong };
    return (await runCliProcess([...line, '--timeout-ms', '5000'], environment)).code;
  };
  for (const url of urls) {
    await expect.poll(() => put(url, 'builds/1', showing('billing', at))).toBe(0);
    const got = await Promise.all([
      put(url, 'builds', showing('billing', at)),
      put(url, 'builds/1', showing('stranger', at)),
      put(url, 'builds/1', showing('n1', at)),
      put(url, 'builds/1', showing('billing', at), `root.${secret.slice(0, -2)}`),
      put(url, 'builds/1', showing('billing', elsewhere)),
      put(url, 'builds/1', []),
    ]);
    expect(got).toEqual([DENIED, DENIED, DENIED, DENIED, UNREACHABLE, UNREACHABLE]);
  }
  await act('user', 'revoke', 'billing');
  for (const url of urls) {
    await expect.poll(() => put(url, 'builds/1', showing('billing', at))).toBe(DENIED);
  }
  const told = logLines(logs(), 'audit');
  expect(told.map(({ about, act: what, outcome, who }) => [what, about, who, outcome])).toEqual(
    expect.arrayContaining([
      ['access on', { name: 'root' }, 'user stranger', 'done'],
      [
        'role grant',
        { role: 'builder', prefix: 'builds/', rights: ['read', 'write'] },
        'token root',
        'done',
      ],
      ['user create', { name: 'billing', roles: ['builder'] }, 'token root', 'done'],
      ['user revoke', { name: 'billing' }, 'token root', 'done'],
    ]),
  );
  expect(logs()).not.toContain(secret);
  for (const name of ['n1', 'billing']) {
    expect(logs()).not.toContain(readFileSync(at(`${name}.key`), 'utf8').split('\n')[1]);
  }
});

it('[TL6] a process with the name of a member and the certificate of another, or of a user, is taken for nobody', async () => {
  cleanUp(endAll);
  const at = await certificates('billing');
  const ports = await freePorts(IDS.length);
  const peers = IDS.map((id, place) => `${id}=127.0.0.1:${ports[place]}`).join(',');
  const place = (index: number): Place => ({ peers, peerListen: `127.0.0.1:${ports[index]}` });
  const [n2, n3] = [
    started('n2', 'n2', { at, ...place(1) }),
    started('n3', 'n3', { at, ...place(2) }),
  ];
  await Promise.any([n2, n3].map(leading));
  for (const owner of ['n2', 'billing']) {
    const thief = started('n1', owner, { at, ...place(0) });
    const refusals = (errors: string) =>
      logLines(errors, 'peer').filter(({ problem }) => problem === 'refuses');
    await thief.until((_, errors) => refusals(errors).length === 2);
    expect(refusals(thief.errors()).map(({ reason }) => reason)).toEqual(
      Array(2).fill(expect.stringContaining('the certificate shown is not that of n1')),
    );
    thief.kill('SIGKILL');
    await thief.ended;
  }
  // Whose name it is finds its place free.
  const n1 = started('n1', 'n1', { at, ...place(0) });
  await n1.until((_, errors) => logLines(errors, 'role').some(({ leader }) => leader !== null));
});

it('[CG9] a client goes on by the certificates that it has at members that it was not given', async () => {
  cleanUp(endAll);
  const at = await certificates('app');
  const ports = await freePorts(IDS.length);
  const peers = IDS.map((id, place) => `${id}=127.0.0.1:${ports[place]}`).join(',');
  const nodes = IDS.map((id, place) =>
    started(id, id, { at, peers, peerListen: `127.0.0.1:${ports[place]}` }),
  );
  const [given = '', ...others] = await Promise.all(nodes.map(urlOf));
  const [ca, cert, key] = ['authority.pem', 'app.pem', 'app.key'].map((name) =>
    readFileSync(at(name), 'utf8'),
  );
  const options = { endpoints: [given], tls: { ca: `${ca}`, cert: `${cert}`, key: `${key}` } };
  const first = closing(connect(options));
  const known = async () => Object.values(Object((await first.status()).clientUrls)).sort();
  await expect.poll(known).toEqual([given, ...others].sort());
  const kv = closing(connect(options));
  await kv.put('a', '1');
  nodes[0]?.kill('SIGKILL');
  await nodes[0]?.ended;
  expect(await kv.put('b', '2', { timeoutMs: 20_000 })).toMatchObject({ revision: 3 });
  expect(kv.connectedTo).not.toBe('n1');
});
