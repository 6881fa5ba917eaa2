/**
 * Puts to three members that speak TLS with clients and with each other, certificates of both ends checked, and to three that do not,
 * by turns: what the machine does besides in these minutes slows both.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ClientTls } from '../../../src/ports/tls.ts';
import {
  type CliProcess,
  logLines,
  runCliProcess,
  serveLine,
  startCli,
} from '../../cli/cli-process.ts';
import { freePorts } from '../../free-ports.ts';
import { quantile } from '../../processes/quantile.ts';
import { OrdinaryClient } from '../ordinary-client.ts';
import { atLeast, type Finding, told } from './finding.ts';
import { say } from './screen-line.ts';
import type { Sizes } from './sizes.ts';

const GOAL_PERCENT = 70;
const IDS = ['n1', 'n2', 'n3'];
const IN_FLIGHT = [1, 100, 1_000];
const WARM_UP_MS = 4_000;
const ROUNDS = 5;

interface Rivals {
  readonly plain: OrdinaryClient;
  readonly encrypted: OrdinaryClient;
}

export async function measureEncryption({ seconds }: Sizes): Promise<readonly Finding[]> {
  const folder = await mkdtemp(join(tmpdir(), 'raftchart-encryption-'));
  const members: CliProcess[] = [];
  try {
    const material = await certificatesIn(join(folder, 'certificates'));
    const plain = await started(members, join(folder, 'plain'), 'http', () => []);
    const encrypted = await started(members, join(folder, 'encrypted'), 'https', material.flagsOf);
    await using rivals = {
      plain: new OrdinaryClient(plain),
      encrypted: new OrdinaryClient(encrypted, material.client),
      async [Symbol.asyncDispose](): Promise<void> {
        await Promise.all([
          this.plain[Symbol.asyncDispose](),
          this.encrypted[Symbol.asyncDispose](),
        ]);
      },
    };
    const findings: Finding[] = [];
    for (const inFlight of IN_FLIGHT) {
      findings.push(...(await compared(rivals, inFlight, (1_000 * seconds) / ROUNDS)));
    }
    return findings;
  } finally {
    for (const member of members) member.kill('SIGTERM');
    await Promise.all(members.map(({ ended }) => ended));
    await rm(folder, { recursive: true, force: true });
  }
}

/** The ratio is the median of those of the rounds. */
async function compared(
  { encrypted, plain }: Rivals,
  inFlight: number,
  forMs: number,
): Promise<readonly Finding[]> {
  say(`puts with ${inFlight} in flight, with TLS and without`);
  await plain.work(inFlight, pause(WARM_UP_MS));
  await encrypted.work(inFlight, pause(WARM_UP_MS));
  const rounds: { readonly plain: number; readonly encrypted: number }[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const [first, second] = round % 2 === 0 ? [plain, encrypted] : [encrypted, plain];
    const [one, other] = [
      await rateOf(first, inFlight, forMs),
      await rateOf(second, inFlight, forMs),
    ];
    rounds.push(
      first === plain ? { plain: one, encrypted: other } : { plain: other, encrypted: one },
    );
  }
  const median = (figures: readonly number[]): number => quantile(figures, 0.5);
  const ratio = median(rounds.map((round) => round.encrypted / round.plain));
  return [
    told(
      `${inFlight} in flight: puts a second without TLS`,
      median(rounds.map((each) => each.plain)),
    ),
    told(
      `${inFlight} in flight: with TLS on both ports`,
      median(rounds.map((each) => each.encrypted)),
    ),
    atLeast(GOAL_PERCENT, [`${inFlight} in flight: that is`, 100 * ratio, '%']),
  ];
}

async function rateOf(client: OrdinaryClient, inFlight: number, forMs: number): Promise<number> {
  const { answered, failures } = await client.work(inFlight, pause(forMs));
  if (failures.length > 0) throw new Error(`a put failed: ${failures[0]}`);
  return answered / (forMs / 1_000);
}

interface Material {
  readonly client: ClientTls;
  readonly flagsOf: (id: string) => readonly string[];
}

/** As `raftchart certs` makes them. */
async function certificatesIn(folder: string): Promise<Material> {
  const hosts = IDS.map((id) => `${id}=127.0.0.1`).join(',');
  const { code, errors } = await runCliProcess(['certs', '--out', folder, '--members', hosts]);
  if (code !== 0) throw new Error(errors);
  const at = (name: string): string => join(folder, name);
  const read = (name: string): Promise<string> => readFile(at(name), 'utf8');
  return {
    client: {
      ca: await read('authority.pem'),
      cert: await read('client.pem'),
      key: await read('client.key'),
    },
    flagsOf: (id) => {
      const pair = [at(`${id}.pem`), at(`${id}.key`), at('authority.pem')] as const;
      const [cert, key, ca] = pair;
      return [
        ...['--tls-cert', cert, '--tls-key', key, '--tls-client-ca', ca],
        ...['--peer-tls-cert', cert, '--peer-tls-key', key, '--peer-tls-ca', ca],
      ];
    },
  };
}

/** Returns where the members serve clients, once one of them leads. */
async function started(
  members: CliProcess[],
  folder: string,
  scheme: string,
  flagsOf: (id: string) => readonly string[],
): Promise<readonly string[]> {
  const ports = await freePorts(IDS.length * 2);
  const peerAt = (at: number): string => `127.0.0.1:${ports[IDS.length + at]}`;
  const peers = IDS.map((id, at) => `${id}=${peerAt(at)}`).join(',');
  const own = IDS.map((id, at) => {
    const place = ['--listen', `127.0.0.1:${ports[at]}`, '--peer-listen', peerAt(at)];
    return startCli(serveLine(id, join(folder, id), ...place, '--peers', peers, ...flagsOf(id)));
  });
  members.push(...own);
  await Promise.race(own.map(hasLed));
  return IDS.map((_, at) => `${scheme}://127.0.0.1:${ports[at]}`);
}

function hasLed(member: CliProcess): Promise<true> {
  return member.until((_, errors) =>
    logLines(errors, 'role').some(({ role }) => role === 'leader'),
  );
}
