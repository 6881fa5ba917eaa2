/**
 * `certs`: an authority and a certificate for each member and each client, to try TLS with (TL1). For development: the
 * key of the authority lies beside all others, and nothing is ever revoked.
 */
import { mkdir, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { memberUri, userUri } from '../../core/member-uri.ts';
import type { NodeId } from '../../core/types.ts';
import { isAccessName } from '../../kv/commands/access-changes.ts';
import type { Issued, Period } from '../certificates/issuing.ts';
import { command } from '../command.ts';
import { CliFailure, usageFailure } from '../failures/cli-failure.ts';
import { EXIT } from '../failures/exit-codes.ts';
import { DEVELOPMENT_DAYS } from '../limits.ts';

const LOOPBACK = ['localhost', '127.0.0.1', '::1'] as const;
const AUTHORITY = 'authority';
const MS_PER_DAY = 86_400_000;
/** A clock that is a little behind takes it, too. */
const BACKDATED_MS = 3_600_000;
const OWNER_ONLY = 0o600;
const EVERYBODY = 0o644;

export const certsCommand = command({
  name: 'certs',
  usage: '--out DIR --members ID=HOST,… [--clients NAME,…]',
  summary: `For development only: make an authority, and certificates of it for each member and each client. They end after ${DEVELOPMENT_DAYS} days, and the key of the authority lies beside them. Where it matters, take those of an authority of your own.`,
  options: ['out', 'members', 'clients'],
  required: ['out', 'members'],
  run: async ({ values: { clients, members, out } }, { write, writeError }) => {
    const directory = resolve(out);
    checkNames(members, clients);
    const now = Date.now();
    const period = {
      from: new Date(now - BACKDATED_MS),
      to: new Date(now + DEVELOPMENT_DAYS * MS_PER_DAY),
    };
    await writeAll(directory, await filesFor({ clients, members }, period));
    writeError(WARNING);
    write(whatNext(out, [...members.keys()], clients));
    return EXIT.clean;
  },
});

interface Named {
  readonly members: ReadonlyMap<NodeId, string>;
  readonly clients: readonly string[];
}

/** Their files lie side by side. */
function checkNames(members: ReadonlyMap<NodeId, string>, clients: readonly string[]): void {
  const unfit = clients.find((name) => !isAccessName(name));
  if (unfit !== undefined) {
    throw usageFailure(`--clients names ${unfit}, which is the name of no user.`);
  }
  const all = [AUTHORITY, ...clients, ...members.keys()];
  const taken = all.find((name, at) => all.indexOf(name) < at);
  if (taken === undefined) return;
  throw usageFailure(`${taken} names two, and ${taken}.pem can be that of one: rename the other.`);
}

interface File {
  readonly name: string;
  readonly text: string;
  readonly mode: number;
}

async function filesFor({ clients, members }: Named, period: Period): Promise<readonly File[]> {
  const { issue, makeAuthority } = await import('../certificates/issuing.ts');
  const authority = makeAuthority('development authority of raftchart', period);
  const files = pairOf(AUTHORITY, authority);
  for (const [id, host] of members) {
    const altNames = [...new Set([host, ...LOOPBACK, memberUri(id)])];
    files.push(...pairOf(id, issue(authority, { name: id, period, altNames })));
  }
  for (const name of clients) {
    files.push(...pairOf(name, issue(authority, { name, period, altNames: [userUri(name)] })));
  }
  return files;
}

function pairOf(name: string, { cert, key }: Issued): File[] {
  return [
    { name: `${name}.pem`, text: cert, mode: EVERYBODY },
    { name: `${name}.key`, text: key, mode: OWNER_ONLY },
  ];
}

/** Whatever is there stays: others may trust it already. Of what is new all is there, or nothing. */
async function writeAll(directory: string, files: readonly File[]): Promise<void> {
  const begun: string[] = [];
  try {
    await mkdir(directory, { recursive: true });
    for (const { name, text, mode } of files) {
      const handle = await open(join(directory, name), 'wx', mode);
      begun.push(join(directory, name));
      await handle.writeFile(text).finally(() => handle.close());
    }
  } catch (error) {
    for (const path of begun) await rm(path, { force: true });
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST') {
      throw usageFailure(`${directory} holds certificates already: give --out another directory.`);
    }
    const why = error instanceof Error ? error.message : String(error);
    throw new CliFailure(EXIT.storageFailed, `Nothing can be written to ${directory}: ${why}.`);
  }
}

const WARNING = `FOR DEVELOPMENT ONLY. Whoever can read the authority's key is every member. These certificates end after ${DEVELOPMENT_DAYS} days.\n`;

function whatNext(out: string, ids: readonly string[], clients: readonly string[]): string {
  const at = (name: string): string => join(out, name);
  return [
    `${at('authority.pem')}: what all trust, with its key ${at('authority.key')}`,
    ...ids.map((id) => `${at(`${id}.pem`)}: the member ${id}, with its key ${at(`${id}.key`)}`),
    ...clients.map(
      (name) => `${at(`${name}.pem`)}: the client ${name}, with its key ${at(`${name}.key`)}`,
    ),
    '',
  ].join('\n');
}
