/** Members and strangers that are refused, as the operators of both ends see it. */
import { cp, mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { cleanUp } from '../clean-up.ts';
import {
  ANY_PORTS,
  type CliProcess,
  endAll,
  logLines,
  serveLine,
  startCli,
} from '../cli/cli-process.ts';
import { freePorts } from '../free-ports.ts';
import { eventually, type Member, ProcessCluster } from './process-cluster.ts';

let cluster: ProcessCluster;

async function start(size: number): Promise<void> {
  cluster = await ProcessCluster.start(size);
  cleanUp(() => cluster[Symbol.asyncDispose]());
  cleanUp(endAll);
}

type Lines = ReturnType<typeof logLines>;

const begun = (log: string): Lines => logLines(log, 'peer').filter(({ isOver }) => !isOver);
const over = (log: string): Lines => logLines(log, 'peer').filter(({ isOver }) => isOver);

/** One line, with at least these fields; `reason` may have more words. */
function expectOne(
  lines: Lines,
  { reason = '', ...fields }: Readonly<Record<string, string>>,
): void {
  const line = { ...fields, reason: expect.stringContaining(reason) };
  expect(lines).toEqual([expect.objectContaining(line)]);
}

/** How many calls a member has refused. */
async function refusals({ url }: Member): Promise<number> {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^raftchart_refusals_total (\d+)$/m.exec(text)?.[1]);
}

/** Lets the refused call again and again: what is said once has to stay said once. */
async function refusedOften(member: Member): Promise<void> {
  const before = await refusals(member);
  await eventually(20_000, 'more refusals', async () => (await refusals(member)) > before + 3);
}

async function hasOpenLink({ url }: Member, { id }: Member): Promise<boolean> {
  const { links } = await (await fetch(`${url}/status`)).json();
  return links.some(
    (link: { peer: string; state: string }) => link.peer === id && link.state === 'open',
  );
}

/** Waits until both others have accepted its present start: only who has met it knows an older one. */
async function met(member: Member): Promise<void> {
  await cluster.converged();
  await eventually(20_000, `both to meet ${member.id}`, async () => {
    const others = cluster.members.filter((each) => each !== member);
    const haveMet = await Promise.all(others.map((other) => hasOpenLink(other, member)));
    return haveMet.every((each) => each);
  });
}

async function forget(member: Member, how: 'wiped' | 'restored'): Promise<void> {
  const backup = `${member.dataDir}-backup`;
  if (how === 'restored') await cp(member.dataDir, backup, { recursive: true });
  for (let restart = 0; restart < 2; restart += 1) {
    cluster.run(member.id);
    await met(member);
    await cluster.kill(member.id);
  }
  await rename(member.dataDir, `${member.dataDir}-newest`);
  if (how === 'restored') await rename(backup, member.dataDir);
}

describe('a member that has forgotten', () => {
  it.each([
    ['wiped', 'n1', 'another data directory'],
    ['wiped', 'n3', 'another data directory'],
    ['restored', 'n1', 'older copy'],
    ['restored', 'n3', 'older copy'],
  ] as const)(
    '[OP3] [ID1] [A8] a %s %s is one line on each end, in status and /readyz, and no vote, until it is repaired',
    async (how, id, words) => {
      await start(3);
      const member = cluster.member(id);
      const others = cluster.members.filter((each) => each !== member);
      await met(member);
      await cluster.kill(id);
      await forget(member, how);
      cluster.run(id);
      await eventually(20_000, 'both to refuse it', async () => begun(cluster.log(id)).length >= 2);
      for (const other of others) await refusedOften(other);
      for (const other of others) {
        const theirs = begun(cluster.log(other.id)).filter(({ peer }) => peer === id);
        expectOne(theirs, { level: 'warn', problem: 'refused', reason: words });
        const own = begun(cluster.log(id)).filter(({ peer }) => peer === other.id);
        expectOne(own, { level: 'warn', problem: 'refuses', reason: words });
      }
      expect((await cluster.status(id))?.role).toMatch(/follower|preCandidate/);
      if (how === 'wiped') expect(await cluster.status(id)).toMatchObject({ term: 0 });
      const readiness = await fetch(`${member.url}/readyz`);
      expect(readiness.status).toBe(503);
      expect((await readiness.json()).reason).toContain(words);
      expect((await fetch(`${member.url}/livez`)).status).toBe(200);
      for (const { url } of cluster.members) {
        const { links } = await (await fetch(`${url}/status`)).json();
        const refused = links.filter(({ state }: { state: string }) => state === 'refused');
        expect(refused.length).toBe(url === member.url ? 2 : 1);
      }
      await cluster.kill(id);
      await rm(member.dataDir, { recursive: true });
      await rename(`${member.dataDir}-newest`, member.dataDir);
      cluster.run(id);
      await cluster.converged();
      for (const other of others) {
        const ends = (): Lines => over(cluster.log(other.id));
        await eventually(20_000, 'it to be over', async () => ends().length > 0);
        expectOne(ends(), { level: 'info', peer: id, problem: 'refused' });
      }
    },
  );

  it('[OP3] [A10] a copy that runs beside its original is told of on both ends, and its end as well', async () => {
    await start(3);
    await cluster.converged();
    const original = cluster.member('n1');
    await cluster.kill('n1');
    const copied = `${original.dataDir}-copy`;
    await cp(original.dataDir, copied, { recursive: true });
    cluster.run('n1');
    await cluster.converged();
    const peers = cluster.members.map((each) => `${each.id}=${each.peerAddress}`).join(',');
    const copy = startCli(serveLine('n1', copied, '--peers', peers, ...ANY_PORTS));
    await copy.until((_, errors) => begun(errors).length >= 2);
    for (const other of ['n2', 'n3']) {
      await refusedOften(cluster.member(other));
      const theirs = begun(cluster.log(other)).filter(({ problem }) => problem === 'refused');
      expectOne(theirs, { peer: 'n1', reason: 'n1' });
      const mine = begun(copy.errors()).filter(({ peer }) => peer === other);
      expectOne(mine, { problem: 'refuses' });
    }
    copy.kill('SIGKILL');
    await copy.ended;
    for (const other of ['n2', 'n3']) {
      await eventually(30_000, 'it to be over', async () => over(cluster.log(other)).length === 1);
    }
  });
});

it('[OP3] [A11] another cluster, no member, another version: one line on each end, and one when they are gone', async () => {
  await start(1);
  const n1 = cluster.member('n1');
  const { clusterId } = await (await fetch(`${n1.url}/status`)).json();
  const newer = await newerProgram();
  const strangers = [
    await stranger('n00', n1, {}),
    await stranger('n01', n1, { more: ['--cluster-id', clusterId] }),
    await stranger('n02', n1, { more: ['--cluster-id', clusterId], program: newer }),
  ];
  for (const each of strangers) await each.until((_, errors) => begun(errors).length >= 1);
  await eventually(20_000, 'three refusals', async () => begun(cluster.log('n1')).length >= 3);
  for (let round = 0; round < 4; round += 1) await refusedOften(n1);
  const told = begun(cluster.log('n1'));
  expect(told.map(({ peer, problem }) => `${peer} ${problem}`).sort()).toEqual([
    'n00 refused',
    'n01 refused',
    'null refused',
  ]);
  const words = ['cluster', 'not a member', 'protocol 9'];
  for (const [at, each] of strangers.entries()) {
    const reason = words[at] ?? 'a stranger too many';
    expectOne(begun(each.errors()), { peer: 'n1', problem: 'refuses', reason });
    expect(told.some((line) => String(line.reason).includes(reason))).toBe(true);
    each.kill('SIGKILL');
    await each.ended;
  }
  await eventually(30_000, 'all to be over', async () => over(cluster.log('n1')).length === 3);
});

interface StrangerOptions {
  readonly more?: readonly string[];
  readonly program?: string;
}

/** A node that believes to form a cluster with `n1`, and calls it, since its name is the smaller one. */
async function stranger(
  id: string,
  n1: Member,
  { more = [], program }: StrangerOptions,
): Promise<CliProcess> {
  const directory = await mkdtemp(join(n1.dataDir, '..', `${id}-`));
  const [port] = await freePorts(1);
  const own = `127.0.0.1:${port}`;
  const peers = ['--peer-listen', own, '--peers', `${id}=${own},n1=${n1.peerAddress}`];
  const line = serveLine(id, join(directory, 'data'), '--listen', '127.0.0.1:0', ...peers, ...more);
  return startCli(line, program === undefined ? {} : { program });
}

/** The program as it is built, but that it speaks protocol 9. */
async function newerProgram(): Promise<string> {
  const root = fileURLToPath(new URL('../../', import.meta.url));
  await mkdir(join(root, '.raftchart'), { recursive: true });
  const directory = await mkdtemp(join(root, '.raftchart', 'newer-'));
  cleanUp(() => rm(directory, { recursive: true, force: true }));
  await cp(join(root, 'package.json'), join(directory, 'package.json'));
  for (const part of ['src', 'machines']) {
    await cp(join(root, 'dist', part), join(directory, 'dist', part), { recursive: true });
  }
  const file = join(directory, 'dist/src/core/hello.js');
  const source = await readFile(file, 'utf8');
  const newer = source.replace(/(PROTOCOL_VERSION = )\d+/g, (_, start) => `${start}9`);
  expect(newer).not.toBe(source);
  await writeFile(file, newer);
  return join(directory, 'dist/src/cli/main.js');
}
